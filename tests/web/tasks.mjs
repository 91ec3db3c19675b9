// What the checks of the tasks share: teaching in the page beside the native program, runs that are interrupted.
import { ask, compare, equal, train } from './native.mjs';
import { ready } from './runs.mjs';

export const WAYS = [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }];

/** Runs in the page: a new adapter learns, and answers inputs by its method `call`; as a list, loaded again, from a source. */
export async function learn({ create, call, examples, options, inputs, asked = {} }) {
  const { backbone } = window;
  const adapter = await backbone.createAdapter(create);
  const steps = [];
  let validation;
  for await (const progress of adapter.train(examples, options)) {
    if (progress.validation === undefined) steps.push([progress.loss]);
    else if (progress.validation.best || validation === undefined) validation = progress.validation;
  }
  const answers = await adapter[call](inputs, asked);
  const blob = await adapter.export();
  const loaded = await backbone.loadAdapter(blob, { task: create.task });
  const again = [await loaded[call](inputs, asked), []];
  const source = async function* () { yield* inputs; };
  for await (const answer of loaded[call](source(), asked)) again[1].push(answer);
  const file = [...new Uint8Array(await blob.arrayBuffer())];
  return { steps, validation, answers, again, info: adapter.info, file, digest: await window.digest(adapter) };
}

/**
 * Teaches in the page, on every device, and natively: the same losses and metrics within bounds. `row` makes rows of the
 * program's files of examples and inputs, `words` are the program's options; `check` compares the page's answers with the
 * program's lines for the same adapter. Returns what came out natively and a note.
 */
export async function asNative({ page, server, program }, task) {
  const { create, call, examples, options, inputs, asked, row, words = [], check, metric } = task;
  const kebab = (name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const settings = Object.entries(options).filter(([, value]) => typeof value === 'number').flatMap(([key, value]) => [kebab(key), value]);
  const labels = create.labels === undefined ? [] : ['--labels', create.labels.join(',')];
  const native = await train(program, examples.map(row), ['--task', create.task, '--dev', 'EXAMPLES', ...settings, ...labels, ...words]);
  const notes = [];
  for (const way of WAYS) {
    await ready(page, server, way);
    const found = await page.evaluate(learn, { create, call, examples, options: { ...options, validation: examples }, inputs, asked });
    equal('what it is for', found.info.task, create.task);
    const worst = compare('losses', found.steps, native.steps.map((step) => [step.loss]), 1e-3);
    // Of several heads, those beside the first are under their names.
    const { best, loss, predictions, slots, ...metrics } = found.validation;
    equal('predictions', [predictions.length, best], [examples.length, true]);
    if (slots !== undefined) {
      equal('predictions of slots', slots.predictions.length, examples.length);
      compare('slots', [[slots.f1]], [[native.found.dev.slots.f1]], 0.02);
    }
    const dev = slots === undefined ? native.found.dev : native.found.dev.intent;
    // Where thresholds are chosen, the program measures with them.
    for (const [name, value] of Object.entries(options.chooseThresholds === undefined ? metrics : {})) {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      compare(name, [[value]], [[dev[snake]]], 0.02);
    }
    equal('the file says', Object.keys(found.info.metrics.dev), [metric, 'loss']);
    for (const again of found.again) equal('loaded again', again, found.answers);
    const whole = (_, part) => (typeof part === 'string' ? part.toWellFormed() : part);
    const rows = inputs.map((input) => JSON.stringify(row(input), whole));
    const lines = await ask(program, ['predict', '--format', 'jsonl', ...(task.predict ?? [])], rows, found.file);
    check(found, lines, native);
    const warnings = (all) => all.map((one) => (one.warnings ?? one.slots?.warnings ?? []).map((warning) => warning.type));
    equal('warnings', warnings(found.answers), warnings(lines));
    notes.push(`${way.device} ${worst.toExponential(1)}`);
    await page.reload();
  }
  return `${native.steps.length} steps; largest difference of losses: ${notes.join(', ')}`;
}

/** A run whose page is killed goes on after its last save, to the same bytes. */
export async function goesOn({ page, server }, { create, call, examples, options, inputs }) {
  for (const way of WAYS.slice(0, 2)) {
    await ready(page, server, way);
    const run = { ...options, validation: 0.25 };
    const whole = await page.evaluate(learn, { create, call, examples, options: run, inputs: inputs.slice(0, 1) });
    page.evaluate(async ({ create, examples, run }) => {
      const adapter = await window.backbone.createAdapter(create);
      for await (const { step } of adapter.train(examples, { ...run, saveAs: 'run', saveEvery: 0 })) {
        if (step >= 4) await window.holdOnceSaved(4);
      }
    }, { create, examples, run }).catch(() => undefined);
    await page.waitForFunction(() => window.holding, null, { timeout: 120_000 });
    await page.reload();
    await ready(page, server, way);
    const found = await page.evaluate(async (task) => {
      const [saved] = await window.graftwork.savedRuns();
      const other = task === 'regression' ? 'text-classification' : 'regression';
      const refused = await window.failure(() => window.backbone.resume('run', { task: other }));
      const { adapter, training } = await window.backbone.resume('run', { task });
      const steps = [];
      for await (const progress of training) if (progress.validation === undefined) steps.push([progress.loss]);
      const left = (await window.graftwork.savedRuns()).length;
      return { saved: [saved.task, saved.step >= 4, refused, left], step: saved.step, steps, digest: await window.digest(adapter) };
    }, create.task);
    equal('saved', found.saved, [create.task, true, 'wrong-task', 0]);
    equal('steps', found.steps, whole.steps.slice(found.step));
    equal('bytes', found.digest, whole.digest);
    await page.reload();
  }
}

/** Runs in the page: what wrong use of a new adapter says. `examples` are trained on, `calls` are methods and arguments. */
export function refusals(page, { create, examples, calls, options = {} }) {
  return page.evaluate(async ({ create, examples, calls, options }) => {
    const { backbone, failure } = window;
    const adapter = await backbone.createAdapter(create);
    const texts = await backbone.createAdapter({ labels: ['ham', 'spam', 'other'] });
    const blob = await texts.export();
    const found = { 'loaded for this task': await failure(() => backbone.loadAdapter(blob, { task: create.task })) };
    const train = async (rows, options) => {
      for await (const step of adapter.train(rows, { maxSteps: 1, ...options })) void step;
    };
    for (const [name, rows] of Object.entries(examples)) found[name] = await failure(() => train(rows));
    for (const [name, [rows, some]] of Object.entries(options)) found[name] = await failure(() => train(rows, some));
    for (const [name, [method, ...args]] of Object.entries(calls)) {
      found[name] = await failure(() => adapter[method](...args));
    }
    const [method, ...args] = Object.values(calls).at(-1);
    found['of another task'] = await failure(() => texts[method](...args));
    return found;
  }, { create, examples, calls, options });
}
