// Texts that come one by one: answers in their order, little in memory, an end whenever somebody wants one.
import { messages } from './golden.mjs';
import { equal } from './native.mjs';
import { ready } from './runs.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }];

export const checks = {
  async 'streams: texts of a source, as of a list'({ page, server }) {
    const texts = (await messages(40)).map((row) => row.text);
    const notes = [];
    for (const way of WAYS) {
      await ready(page, server, way);
      const found = await page.evaluate(async (texts) => {
        const adapter = await window.create();
        const tagger = await window.backbone.createAdapter({ task: 'token-classification', entityTypes: ['x'] });
        let [read, closed] = [0, 0];
        const source = async function* (all = texts, wait = 0) {
          try {
            for (const text of all) {
              if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
              read += 1;
              yield text;
            }
          } finally {
            closed += 1;
          }
        };
        const endless = function* () { for (;;) yield* texts; };
        const all = async (answers) => {
          const list = [];
          for await (const answer of answers) list.push(JSON.stringify(answer));
          return list;
        };
        const [list, tags] = [await adapter.classify(texts), await tagger.tag(texts)];
        const same = (found, expected) => found.join() === expected.map((answer) => JSON.stringify(answer)).join();
        const result = {
          same: [same(await all(adapter.classify(source())), list), same(await all(tagger.tag(source())), tags)],
          slow: same(await all(adapter.classify(source(texts.slice(0, 4), 20), { threshold: 0 })), list.slice(0, 4)),
          none: await all(adapter.classify(source([]))),
        };
        // Left early: the source is closed, and little was read ahead.
        read = closed = 0;
        for await (const answer of adapter.classify(source(endless()))) if (answer) break;
        // Its end is not waited for.
        await window.backbone.memory();
        result.left = [read, closed];
        const abort = new AbortController();
        const never = async function* () { yield 'a'; await new Promise(() => {}); };
        const why = new Error('enough');
        result.aborted = await (async () => {
          try {
            for await (const answer of adapter.classify(never(), { signal: abort.signal })) if (answer) abort.abort(why);
          } catch (error) {
            return error === why;
          }
        })();
        const failing = async function* () { yield 'a'; throw new RangeError('the source fails'); };
        const wrong = async function* () { yield 1; };
        result.errors = [
          await window.failure(() => all(adapter.classify(failing()))), await window.failure(() => all(adapter.classify(wrong()))),
          await window.failure(() => all(adapter.tag(source()))), await window.failure(() => all(adapter.classify(source(), { signal: AbortSignal.abort() }))),
        ];
        return result;
      }, texts);
      equal('answers', [found.same, found.slow, found.none], [[true, true], true, []]);
      const [read, closed] = found.left;
      if (!(read <= 1000 && closed === 1)) throw new Error(`left: ${read} texts read, ${closed} sources closed`);
      equal('aborted', found.aborted, true);
      equal('errors', found.errors, ['RangeError', 'bad-option', 'wrong-task', 'AbortError']);
      notes.push(`${way.device}: ${read} texts read for the first answer`);
      await page.reload();
    }
    return notes.join('; ');
  },
};
