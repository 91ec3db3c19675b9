// Probes in the page: what they learn, forget and answer, and how long an example takes.
import { messages } from './golden.mjs';
import { ask, compare, equal } from './native.mjs';
import { ready } from './runs.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }];
/** Examples that a probe has when one more is timed. */
const SIZES = [10, 100, 1000];

export const checks = {
  async 'probes: learn, forget, answer, export'({ page, server, program }) {
    const examples = await messages(40);
    const texts = (await messages(60)).slice(40).map((row) => row.text);
    let worst = 0;
    for (const way of WAYS) {
      await ready(page, server, way);
      const found = await page.evaluate(probe, { examples, texts });
      equal('labels', found.labels, [...new Set(examples.map((row) => row.label))]);
      equal('one after the other, and forgotten', [found.single, found.forgotten, found.relabelled],
        [found.answers, found.answers, found.answers]);
      equal('loaded again', found.again.map((answer) => answer.label), found.answers.map((answer) => answer.label));
      const scores = (answers) => answers.map((answer) => Object.values(answer.scores));
      compare('as an adapter', scores(found.again), scores(found.answers), 1e-4);
      const native = await ask(program, ['predict'], texts, found.file);
      worst = Math.max(worst, compare('native', scores(found.answers), scores(native), 1e-4));
      compare('distances', found.answers.map((a) => [a.distance]), native.map((line) => [line.distance]), 1e-3);
      equal('early', found.early, ['bad-option', 'bad-option', 'disposed']);
      equal('aborted', [found.aborted, found.kept], ['AbortError', 40]);
      await page.reload();
    }
    return `largest difference from native ${worst.toExponential(1)}`;
  },

  async 'probes: milliseconds an example'({ page, server }) {
    const all = await messages(1200);
    await ready(page, server);
    const found = await page.evaluate(async ({ all, sizes }) => {
      const times = [];
      for (const size of sizes) {
        const probe = await window.backbone.probe();
        await probe.add(all.slice(0, size));
        const own = [];
        for (const example of all.slice(size, size + 15)) {
          const start = performance.now();
          await probe.add([example]);
          own.push(performance.now() - start);
        }
        times.push(own.sort((a, b) => a - b)[7]);
        probe.dispose();
      }
      return times;
    }, { all, sizes: SIZES });
    return `tiny backbone, median of 15: ${SIZES.map((size, i) => `${found[i].toFixed(1)} ms at ${size}`).join(', ')}`;
  },

  async 'probes: long texts and languages'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async () => {
      const { backbone } = window;
      const long = 'I will be back '.repeat(100);
      const texts = [long, 'free phone now', 'мы увидимся завтра в полдень у вокзала'];
      const adapter = await window.create();
      const types = async (options) => (await adapter.classify(texts, options)).map((answer) => answer.warnings.map((w) => w.type));
      const [whole] = await adapter.classify([long], { longTexts: 'windows' });
      const vectors = await Promise.all(['first', 'ends', 'windows'].map((longTexts) => backbone.embed([long], { longTexts, maxLength: 16 })));
      return {
        survey: await backbone.survey(texts), cut: await backbone.survey(texts, { maxLength: 8, longTexts: 'windows' }),
        types: await types(), ends: await types({ longTexts: 'ends' }), warning: (await adapter.classify([long]))[0].warnings[0],
        windows: whole.warnings,
        different: new Set(vectors.map(([vector]) => vector.join())).size,
        refused: await window.failure(() => backbone.survey(['a'], { longTexts: 'x' })),
      };
    });
    const { texts, longer, truncated, uncovered, longest } = found.survey;
    equal('survey', [texts, longer, truncated, uncovered], [3, 1, 1, 1]);
    equal('windows read all but the longest', [found.cut.longer, found.cut.truncated], [2, 1]);
    equal('types', found.types, [['truncated'], [], ['uncovered']]);
    equal('ends', found.ends, found.types);
    equal('how much', found.warning, { type: 'truncated', tokens: longest, read: 128 });
    equal('windows', [found.windows, found.different, found.refused], [[], 3, 'bad-option']);
  },
};

/** Runs in the page. */
async function probe({ examples, texts }) {
  const { backbone } = window;
  const probe = await backbone.probe();
  const early = [await window.failure(() => probe.classify(texts))];
  await probe.add(examples);
  const answers = await probe.classify(texts);
  const single = await backbone.probe();
  for (const example of examples) await single.add([example]);
  const extra = await backbone.probe();
  await extra.add([...examples, { text: 'nothing of the kind', label: 'ham' }]);
  await extra.remove(40);
  const other = await backbone.probe();
  await other.add(examples.map((row, i) => (i === 3 ? { ...row, label: 'other' } : row)));
  await other.relabel(3, examples[3].label);
  const adapter = await probe.toAdapter({ name: 'quick' });
  const again = await adapter.classify(texts);
  const file = [...new Uint8Array(await (await probe.export()).arrayBuffer())];
  early.push(await window.failure(() => probe.remove(40)));
  const abort = new AbortController();
  const leaving = window.failure(() => probe.add(Array(400).fill(examples[0]), { signal: abort.signal }));
  abort.abort();
  const aborted = await leaving;
  const kept = (await probe.relabel(0, examples[0].label)).examples.length;
  const result = {
    labels: [...probe.labels], answers, single: await single.classify(texts), forgotten: await extra.classify(texts),
    relabelled: await other.classify(texts), again, file, early, aborted, kept,
  };
  probe.dispose();
  early.push(await window.failure(() => probe.classify(texts)));
  return result;
}
