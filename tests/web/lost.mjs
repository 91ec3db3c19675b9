// The GPU goes away, by `GPUDevice.destroy()`, while something is in progress.
import { messages } from './golden.mjs';
import { hooked } from './inside.mjs';
import { equal } from './native.mjs';

const TRAIN = { epochs: 2, batchSize: 8, validation: 0.25, dropout: 0.1, lr: 0.01 };

/** Runs in the page: loads, and keeps what the tests look at. */
async function load({ options, examples }) {
  window.events = [];
  window.texts = examples.map((example) => example.text);
  window.examples = examples;
  const onDevice = ({ state, device }) => window.events.push(`${state} ${device}`);
  window.backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', { device: 'gpu', onDevice, ...options });
  window.create = (seed) => window.backbone.createAdapter({ labels: ['ham', 'spam'], seed });
  window.trained = async (options, onStep) => {
    const adapter = await window.create(7);
    const steps = [];
    for await (const { step, validation } of adapter.train(window.examples, options)) {
      steps.push(validation === undefined ? step : `${step} ${validation.accuracy}`);
      onStep?.(step);
    }
    const result = { steps, digest: await window.digest(adapter) };
    adapter.dispose();
    return result;
  };
  return window.backbone.info.device;
}

/** In the page, without a worker. */
async function start(page, options = {}) {
  const [way, examples] = [{ worker: false, ...options }, await messages(24)];
  let device;
  await hooked(page, way, 'hooks.js', async () => (device = await page.evaluate(load, { options: way, examples })));
  return device;
}

export const checks = {
  async 'a lost GPU is set up again'({ page }) {
    await start(page);
    const found = await page.evaluate(async (options) => {
      const { gpu, backbone, texts, events } = window;
      const [a, b] = [await window.create(1), await window.create(2)];
      const answers = () => Promise.all([a.classify(texts), b.classify(texts), backbone.embed(texts.slice(0, 3))]);
      const plain = JSON.stringify(await answers());
      const whole = await window.trained(options);
      const before = await backbone.memory();
      const same = {};
      const check = async (name, work, expected) => {
        const devices = gpu.devices.length;
        const answer = JSON.stringify(await work());
        same[name] = [answer === JSON.stringify(expected), gpu.devices.length - devices];
      };

      gpu.devices.at(-1).destroy();
      await check('between calls', answers, JSON.parse(plain));
      gpu.fuse = 2;
      await check('during calls', answers, JSON.parse(plain));
      gpu.devices.at(-1).destroy();
      const late = await window.create(1);
      await check('a new adapter', () => late.classify(texts), JSON.parse(plain)[0]);
      late.dispose();
      const digest = await window.digest(a);
      gpu.devices.at(-1).destroy();
      // An export needs no device, so the loss shows afterwards.
      await check('export', async () => [await window.digest(a), ...(await answers())], [digest, ...JSON.parse(plain)]);
      for (const fuse of [1, 8]) {
        gpu.fuse = fuse;
        await check(`training, readback ${fuse}`, () => window.trained(options), whole);
      }
      gpu.fuse = 6;
      gpu.hangs = true;
      await check('a readback that never comes', () => window.trained(options), whole);
      gpu.hangs = false;
      gpu.fuse = 4;
      const both = async () => (await Promise.all([window.trained(options), answers()]))[0];
      await check('training and calls', both, whole);
      const after = await backbone.memory();
      const lost = gpu.devices.length - 1;
      const unlike = events.filter((event, i) => event !== (i % 2 === 0 ? 'lost gpu' : 'recovered gpu'));
      backbone.dispose();
      return { same, before, after, lost, events: events.length, unlike, steps: whole.steps.length };
    }, TRAIN);
    for (const [name, same] of Object.entries(found.same)) equal(name, same, [true, 1]);
    equal('events', [found.events, found.unlike], [2 * found.lost, []]);
    const buffers = ({ gpuBuffers, gpuUsedBytes }) => [gpuBuffers, gpuUsedBytes];
    equal('buffers', buffers(found.after), buffers(found.before));
    return `${found.lost} losses, ${found.steps} reports each run, ${found.after.gpuBuffers} buffers`;
  },

  async 'a lost GPU in a worker'({ page }) {
    const examples = await messages(24);
    const worker = await hooked(page, {}, 'hooks.js', () => page.evaluate(load, { options: {}, examples }));
    const run = () => page.evaluate((options) => window.trained(options), TRAIN);
    const whole = await run();
    for (const fuse of [1, 8]) {
      await worker.evaluate((fuse) => (globalThis.gpu.fuse = fuse), fuse);
      equal(`training, readback ${fuse}`, await run(), whole);
    }
    await worker.evaluate(() => globalThis.gpu.devices.at(-1).destroy());
    const answered = await page.evaluate(async () => (await (await window.create(1)).classify(window.texts)).length);
    equal('answers', answered, 24);
    equal('losses', await worker.evaluate(() => globalThis.gpu.devices.length - 1), 3);
    equal('events', await page.evaluate(() => window.events.length), 6);
  },

  async 'the GPU process crashes'({ page }) {
    await page.evaluate(load, { options: {}, examples: await messages(24) });
    const options = { ...TRAIN, epochs: 10 };
    const whole = await page.evaluate((options) => window.trained(options), options);
    await page.evaluate((options) => {
      window.again = window.trained(options, (step) => (window.reached = step));
      window.again.catch(() => undefined);
    }, options);
    await page.waitForFunction(() => window.reached >= 3, null, { timeout: 120_000 });
    const session = await page.context().browser().newBrowserCDPSession();
    // There is no answer from a process that has crashed.
    session.send('Browser.crashGpuProcess').catch(() => undefined);
    equal('training', await page.evaluate(() => window.again), whole);
    equal('events', await page.evaluate(() => window.events), ['lost gpu', 'recovered gpu']);
  },

  async 'no GPU comes back'({ page }) {
    await start(page);
    const found = await page.evaluate(async (options) => {
      const { gpu, texts } = window;
      const adapter = await window.create(1);
      const plain = JSON.stringify(await adapter.classify(texts));
      const { requestAdapter } = GPU.prototype;
      GPU.prototype.requestAdapter = async () => null;
      gpu.devices.at(-1).destroy();
      const none = await Promise.all([1, 2].map(() => window.failure(() => adapter.classify(texts))));
      const training = await window.failure(() => window.trained(options));
      GPU.prototype.requestAdapter = requestAdapter;
      const again = JSON.stringify(await adapter.classify(texts)) === plain;
      // Each device is lost at its first readback, with which loading ends, or at its second, in a call.
      const always = [];
      for (const readback of [1, 2]) {
        const before = gpu.devices.length;
        gpu.losesAt = readback;
        always.push([await window.failure(() => adapter.classify(texts)), gpu.devices.length - before]);
        gpu.losesAt = Infinity;
        always.push(JSON.stringify(await adapter.classify(texts)) === plain);
      }
      window.backbone.dispose();
      return { none, training, again, always };
    }, TRAIN);
    // Three losses are enough: of the device that was there, and of two more.
    equal('found', found, {
      none: ['device-lost', 'device-lost'], training: 'device-lost', again: true,
      always: [['device-lost', 2], true, ['device-lost', 2], true],
    });
  },

  async 'the CPU takes over'({ page }) {
    // `auto` takes no software GPU: this one has to look like a real one.
    await page.evaluate(() => Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => ({
      vendor: 'acme', architecture: '', device: '', description: '', isFallbackAdapter: false,
    }) }));
    equal('device', await start(page, { device: 'auto' }), 'gpu');
    const found = await page.evaluate(async (options) => {
      const { gpu, backbone, texts, events } = window;
      const adapter = await window.create(1);
      const plain = await adapter.classify(texts);
      const whole = await window.trained(options);
      GPU.prototype.requestAdapter = async () => null;
      gpu.fuse = 6;
      const after = await window.trained(options);
      const answers = await adapter.classify(texts);
      const memory = await backbone.memory();
      const device = backbone.info.device;
      const worst = Math.max(...answers.map((answer, i) => Math.abs(answer.logits[0] - plain[i].logits[0])));
      backbone.dispose();
      return { whole, after, events, memory, device, worst };
    }, TRAIN);
    equal('events', found.events, ['lost gpu', 'recovered cpu']);
    equal('device', [found.device, found.memory.gpuBuffers], ['cpu', 0]);
    const steps = ({ steps }) => steps.map((step) => parseInt(step, 10));
    equal('steps', steps(found.after), steps(found.whole));
    if (!(found.worst < 1e-4)) throw new Error(`answers differ by ${found.worst}`);
  },
};
