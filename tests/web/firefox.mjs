// node firefox.mjs FIREFOX: classify, embed and train once in headless Firefox, on the CPU and on WebGPU where it has
// it, against PyTorch's golden numbers. Run by hand: `npm install --no-save puppeteer-core@25.16.0` in tests/browser and
// a built `web/dist` come first.
import { launchFirefox } from '../browser/firefox.mjs';
import { goldenCurve, goldenLogits } from './golden.mjs';
import { compare, equal } from './native.mjs';
import { serve } from './server.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'cpu', worker: false }, { device: 'gpu' }, { device: 'gpu', worker: false }];

const server = await serve();
const browser = await launchFirefox(process.argv[2]);
try {
  console.log(await browser.version());
  const golden = await goldenLogits();
  const curve = await goldenCurve();
  for (const way of WAYS) {
    const page = await browser.newPage();
    page.on('pageerror', (error) => {
      // Firefox asks for an icon that the test's policy has no source for.
      if (!error.message.includes('/favicon.ico')) console.log(`  page: ${error.message}`);
    });
    page.on('console', (message) => console.log(`  console: ${message.text()}`));
    try {
      await page.goto(server.address);
      await page.waitForFunction('window.ready', { timeout: 60_000 });
      if (way === WAYS[0]) console.log(await page.evaluate(() => window.graftwork.isSupported()));
      const given = { way, texts: golden.map((row) => row.text), examples: curve.examples, options: curve.options };
      const found = await page.evaluate(job, given);
      equal('device', found.device, way.device);
      const logits = compare('logits', found.logits, golden.map((row) => row.logits), 1e-4);
      const losses = compare('losses', found.losses, curve.losses.map((loss) => [loss]), 1e-3);
      equal('loaded again', found.again, found.answers);
      console.log(`${JSON.stringify(way)}: load ${found.ms.load.toFixed(0)} ms, classify ${golden.length} texts `
        + `${found.ms.classify.toFixed(0)} ms, train ${found.losses.length} steps ${found.ms.train.toFixed(0)} ms; `
        + `largest differences: logits ${logits.toExponential(1)}, losses ${losses.toExponential(1)}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`${JSON.stringify(way)}: FAILED: ${error.message}`);
    } finally {
      await page.close();
    }
  }
} finally {
  await browser.close();
  server.close();
}

/** Runs in the page. */
async function job({ way, texts, examples, options }) {
  const names = ['adapter_config.json', 'adapter.safetensors', 'head_config.json', 'model_head.safetensors'];
  const files = async (folder) => Object.fromEntries(await Promise.all(names.map(async (name) => {
    const response = await fetch(`/golden/${folder}/${name}`);
    return [name, await response.arrayBuffer()];
  })));
  const ms = {};
  const timed = async (what, work) => {
    const started = performance.now();
    const result = await work();
    ms[what] = performance.now() - started;
    return result;
  };
  const backbone = await timed('load', () => window.graftwork.Backbone.load('/golden/tiny-bert', way));
  const adapter = await backbone.loadAdapter(await files('tiny-cases/double_seq_bn-flex'));
  const mine = await backbone.loadAdapter(await files('tiny-curve/init'));
  const first = await timed('classify', () => adapter.classify(texts));
  const losses = [];
  await timed('train', async () => {
    for await (const step of mine.train(examples, options)) losses.push([step.loss]);
  });
  const answers = await mine.classify(texts);
  const copy = await backbone.loadAdapter(await mine.export());
  const again = await copy.classify(texts);
  const device = backbone.info.device;
  backbone.dispose();
  return { device, ms, logits: first.map((answer) => answer.logits), losses, answers, again };
}
