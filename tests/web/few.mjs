// Learning from few examples in the page: probes and the recipe, against the native program; calibrated answers.
import { messages } from './golden.mjs';
import { ask, compare, equal, train } from './native.mjs';
import { ready } from './runs.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }];
/** Fewer steps than the recipe's own, so that every stage is short. */
const FEW = { maxSteps: 9, batchSize: 8, dropout: 0.1, lr: 0.03, labels: ['ham', 'spam'], name: 'mine' };
/** Of runs that hold still: their steps are enough that they are not over by then, with the engine two reports ahead. */
const LONG = { ...FEW, lr: 0.003 };
const EXAMPLES = 40;

/** Spam is rare: as many of each label as there are of the rarer. */
async function balanced(count) {
  const all = await messages(1000);
  const of = (label) => all.filter((row) => row.label === label).slice(0, count / 2);
  const [ham, spam] = [of('ham'), of('spam')];
  return ham.flatMap((row, i) => [row, spam[i]]);
}

/** The native run of the recipe. */
function native(program, examples, { maxSteps, batchSize, dropout, lr, labels, name }) {
  return train(program, examples, ['--recipe', 'few-shot', '--max-steps', maxSteps, '--batch-size', batchSize,
    '--dropout', dropout, '--lr', lr, '--labels', labels.join(','), '--name', name]);
}

/** Runs in the page: the recipe from its start to its end. */
async function run({ way, examples, options, texts }) {
  const backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', way);
  const { adapter, training } = await backbone.fewShot(examples, options);
  const steps = [];
  let comparison;
  for await (const progress of training) {
    if (progress.comparison !== undefined) comparison = progress.comparison;
    else steps.push([progress.stage, progress.step, progress.totalSteps, progress.loss]);
  }
  const answers = await adapter.classify(texts);
  const unsure = await adapter.classify(texts, { threshold: 1 });
  const file = [...new Uint8Array(await (await adapter.export()).arrayBuffer())];
  const again = await (await backbone.loadAdapter(new Uint8Array(file))).classify(texts);
  const result = { steps, comparison, answers, again, file, info: adapter.info, sure: unsure.map((answer) => answer.sure) };
  backbone.dispose();
  return result;
}

export const checks = {
  async 'few examples: the recipe, as native'({ page, program }) {
    const examples = await balanced(EXAMPLES);
    const texts = (await messages(60)).slice(40).map((row) => row.text);
    const expected = await native(program, examples, FEW);
    const notes = [];
    for (const way of WAYS) {
      const found = await page.evaluate(run, { way, examples, options: FEW, texts });
      const [kept, metrics] = [expected.found.cross_validation, found.info.metrics.cross_validation];
      equal('steps', found.steps.map((step) => step[1]), expected.steps.map((step) => step.step));
      const worst = compare(`${JSON.stringify(way)}: loss`, found.steps.map((step) => [step[3]]),
        expected.steps.map((step) => [step.loss]), 1e-3);
      equal('stages', [...new Set(found.steps.map((step) => step[0]))], ['cross-validation', 'training'].slice(0, kept.kept === 'adapter' ? 2 : 1));
      equal('what was found', [found.comparison.kept, found.comparison.head.right, found.comparison.adapter.right],
        [kept.kept, kept.head.right, kept.adapter.right]);
      equal('what the file says', metrics, found.comparison);
      const { temperature, heldOut, tradeOffs } = found.info.knowledge;
      compare('temperature', [[Math.log(temperature)]], [[Math.log(expected.found.knowledge.temperature)]], 0.02);
      equal('held out', [heldOut, tradeOffs[0].answered, tradeOffs[0].right], [EXAMPLES, EXAMPLES, kept[kept.kept].right]);
      const lines = await ask(program, ['predict'], texts, found.file);
      equal('labels', found.answers.map((answer) => answer.label), lines.map((line) => line.label));
      const scores = (answers) => answers.map((answer) => Object.values(answer.scores));
      compare('probabilities', scores(found.answers), scores(lines), 1e-4);
      equal('loaded again', found.again, found.answers);
      if (found.sure.some(Boolean)) throw new Error('nothing is certain');
      notes.push(worst.toExponential(1));
    }
    return `${expected.steps.length} steps, kept the ${expected.found.cross_validation.kept}; largest difference of losses ${notes.join(', ')}`;
  },

  async 'few examples: a run goes on after a kill at each stage'({ page, server }) {
    const examples = await balanced(EXAMPLES);
    const notes = [];
    // The software GPU is slow: there a report is a step.
    for (const [way, maxSteps, kills] of [[WAYS[0], 64, [1, 64, 120, 210]], [WAYS[1], 20, [14, 64]]]) {
      const options = { ...LONG, maxSteps };
      await ready(page, server, way);
      const saved = [];
      const whole = await page.evaluate(few, { examples, options });
      if (whole.steps.length < 4 * maxSteps) throw new Error(`no adapter was kept: ${whole.steps.length} steps`);
      for (const until of kills) {
        page.evaluate(few, { examples, options: { ...options, saveAs: 'few', saveEvery: 0 }, until }).catch(() => undefined);
        await page.waitForFunction(() => window.holding, null, { timeout: 120_000 });
        await page.reload();
        await ready(page, server, way);
        const found = await page.evaluate(few, { resume: 'few' });
        equal(`${way.device}, from step ${found.saved}: steps`, found.steps, whole.steps.slice(-found.steps.length));
        equal(`${way.device}: its first step`, found.steps[0]?.[0], found.saved + 1);
        equal(`${way.device}, from step ${found.saved}: bytes`, found.digest, whole.digest);
        equal('nothing is left', found.left, 0);
        saved.push(found.saved);
      }
      // The first are within folds, the last in the training on all examples.
      if (!(saved.at(-1) >= 3 * maxSteps)) throw new Error(`${way.device}: only killed in folds, at ${saved}`);
      notes.push(`${way.device} ${saved.join(', ')}`);
      await page.reload();
    }
    return `from steps: ${notes.join('; ')}`;
  },

  async 'few examples: leaving and aborting'({ page, server }) {
    const examples = await balanced(EXAMPLES);
    await ready(page, server);
    const found = await page.evaluate(async ({ examples, options }) => {
      const { savedRuns } = window.graftwork;
      const backbone = window.backbone;
      const left = await backbone.fewShot(examples, options);
      for await (const { step } of left.training) if (step === 2) break;
      const answers = await left.adapter.classify(['free phone']);
      const abort = new AbortController();
      const aborted = await backbone.fewShot(examples, { ...options, signal: abort.signal, saveAs: 'few' });
      const why = await window.failure(async () => {
        for await (const { step } of aborted.training) if (step === 3) abort.abort();
      });
      const [saved] = await savedRuns();
      const { training } = await backbone.resume('few');
      const rest = [];
      for await (const { step, comparison } of training) if (comparison === undefined) rest.push(step);
      const wrong = (options, texts = examples) => window.failure(async () => {
        const { training } = await backbone.fewShot(texts, options);
        for await (const step of training) void step;
      });
      return {
        answers: answers.length, why, saved: saved.step, first: rest[0], runs: (await savedRuns()).length,
        wrong: [
          await wrong({ epoch: 3 }), await wrong({ labels: ['ham'] }), await wrong({}, examples.slice(0, 1)),
          await wrong({ longTexts: 'some' }), await wrong({}, [{ text: 'a' }]),
          await window.failure(() => left.adapter.classify(['a'], { threshold: 2 })),
          await window.failure(() => left.adapter.classify(['a'], { longTexts: 'x' })),
        ],
      };
    }, { examples, options: FEW });
    equal('ends', [found.answers, found.why, found.first, found.runs], [1, 'AbortError', found.saved + 1, 0]);
    equal('wrong', found.wrong, ['bad-option', 'bad-option', 'bad-option', 'bad-option', 'bad-examples', 'bad-option', 'bad-option']);
  },
};

/** Runs in the page: the recipe, or the rest of it; with `until` it holds still once that step is saved. */
async function few({ examples, options, until, resume }) {
  const { savedRuns } = window.graftwork;
  const [before] = await savedRuns();
  const { adapter, training } = await (resume ? window.backbone.resume(resume) : window.backbone.fewShot(examples, options));
  const steps = [];
  for await (const progress of training) {
    if (progress.comparison === undefined) steps.push([progress.step, progress.loss]);
    if (progress.step >= until) await window.holdOnceSaved(until);
  }
  return { steps, saved: before?.step, digest: await window.digest(adapter), left: (await savedRuns()).length };
}
