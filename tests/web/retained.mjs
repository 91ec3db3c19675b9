// What is left of calls that are over: nothing.
import { counted, heaps } from './inside.mjs';
import { equal } from './native.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'cpu', worker: false }];
/** Bytes that may be left of a call, on average: less than a promise's reaction, and room for what the engine tunes. */
const SPARE = 40;

export const checks = {
  async 'finished calls leave nothing behind'({ page }) {
    const notes = [];
    for (const way of WAYS) {
      await counted(page, way);
      const measure = await heaps(page);
      /** Bytes that stay of each call, after as many to warm up. */
      const left = async (kind, count) => {
        const run = () => page.evaluate(async ({ kind, count }) => {
          const { backbone } = window;
          // One signal for all of them, as an application has it.
          window.signal ??= new AbortController().signal;
          const [short, long] = [['x'], Array(48).fill('some words '.repeat(4))];
          window.adapter ??= await backbone.createAdapter({ labels: ['ham', 'spam'] });
          const calls = {
            small: () => backbone.memory(),
            classify: () => window.adapter.classify(short, { signal: window.signal }),
            large: () => backbone.embed(long, { pooling: 'none', signal: window.signal }),
            failing: () => backbone.embed(short, { pooling: 'unknown' }).catch(() => undefined),
            aborted: async () => {
              const abort = new AbortController();
              const call = backbone.embed(short, { signal: abort.signal }).catch(() => undefined);
              abort.abort();
              return call;
            },
          };
          for (let call = 0; call < count; call += 1) await calls[kind]();
          await backbone.memory();
        }, { kind, count });
        await run();
        const before = await measure();
        await run();
        const after = await measure();
        equal('threads', after.threads, way.worker === false ? 1 : 2);
        return (after.bytes - before.bytes) / count;
      };
      for (const [kind, count] of Object.entries({ small: 4000, classify: 2000, large: 250, failing: 2000, aborted: 2000 })) {
        const bytes = await left(kind, count);
        notes.push(`${kind} ${bytes.toFixed(1)}`);
        // A large result alone has 190,000.
        if (!(bytes < (kind === 'large' ? 400 : SPARE))) {
          throw new Error(`${JSON.stringify(way)}: ${bytes.toFixed(1)} bytes are left of each call (${kind})`);
        }
      }
      await page.evaluate(() => window.backbone.dispose());
      await page.reload();
      await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
    }
    return `bytes a call: ${notes.join(', ')}`;
  },
};
