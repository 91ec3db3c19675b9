// What every project does on its page: load, classify, train, against PyTorch's numbers.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { goldenCurve, goldenLogits } from '../web/golden.mjs';
import { compare, equal } from '../web/native.mjs';
import { root } from '../web/server.mjs';

const FOLDERS = ['tiny-bert', 'tiny-cases/double_seq_bn-flex', 'tiny-curve/init'];
const STEPS = 3;
const WAYS = [{ device: 'cpu' }, { device: 'cpu', worker: false }];

/** Puts the golden files that the page asks for where a server of somebody else's finds them. */
export async function goldenFiles(folder) {
  for (const name of FOLDERS) await cp(join(root, 'tests/golden', name), join(folder, 'golden', name), { recursive: true });
}

/** Opens the project's page and does it, in a worker and in the page; returns a note. */
export async function runJob(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems = [];
  const scripts = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) problems.push(message.text());
  });
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response);
  });
  try {
    await page.goto(address);
    await page.waitForFunction(() => window.graftwork, null, { timeout: 60_000 });
    const first = (await Promise.all(scripts.map((script) => script.body()))).join('');
    if (/WebAssembly\.instantiate/.test(first)) throw new Error('the page loads the engine before it needs one');

    const golden = await goldenLogits();
    const curve = await goldenCurve();
    const { examples, options } = curve;
    let worst = 0;
    for (const way of WAYS) {
      const found = await page.evaluate(job, { way, texts: golden.map((row) => row.text), examples, options, steps: STEPS });
      equal('support', [found.support.supported, found.support.device], [true, 'cpu']);
      const known = golden.map((row) => row.logits);
      const losses = curve.losses.slice(0, STEPS).map((loss) => [loss]);
      worst = Math.max(worst, compare('logits', found.logits, known, 1e-4), compare('loss', found.losses, losses, 1e-4));
      equal('a bad option', found.code, 'bad-option');
    }
    if (problems.length > 0) throw new Error(problems.join('; '));
    return `${first.length} characters of script at first; largest difference ${worst.toExponential(1)}`;
  } catch (error) {
    throw new Error([error.message, ...problems].join('; '), { cause: error });
  } finally {
    await context.close();
  }
}

/** Runs in the page. */
async function job({ way, texts, examples, options, steps }) {
  const { Backbone, GraftworkError, isSupported } = window.graftwork;
  const names = ['adapter_config.json', 'adapter.safetensors', 'head_config.json', 'model_head.safetensors'];
  const files = async (folder) => Object.fromEntries(await Promise.all(names.map(async (name) => {
    const response = await fetch(`/golden/${folder}/${name}`);
    return [name, await response.arrayBuffer()];
  })));
  const backbone = await Backbone.load('/golden/tiny-bert', way);
  const adapter = await backbone.loadAdapter(await files('tiny-cases/double_seq_bn-flex'));
  const mine = await backbone.loadAdapter(await files('tiny-curve/init'));
  const answers = await adapter.classify(texts);
  const losses = [];
  for await (const step of mine.train(examples, options)) {
    losses.push([step.loss]);
    if (step.step === steps) break;
  }
  const failure = await backbone.embed(['a'], { pooling: 'none at all' }).catch((error) => error);
  backbone.dispose();
  const code = failure instanceof GraftworkError ? failure.code : String(failure);
  return { support: await isSupported(), logits: answers.map((answer) => answer.logits), losses, code };
}
