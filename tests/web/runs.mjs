// What the checks of saved runs share.
import { messages } from './golden.mjs';

/** A run of 18 steps with an evaluation after every third. */
export const TRAIN = { epochs: 6, batchSize: 8, validation: 0.25, dropout: 0.1, lr: 0.01 };
/** Every few steps are saved, so that no test waits for a clock. */
export const AT_ONCE = { saveAs: 'run', saveEvery: 0 };

/** A page that has loaded the tiny backbone, with what the checks call in it. */
export async function ready(page, server, way = { device: 'cpu' }) {
  if (page.url() !== server.address) await page.goto(server.address);
  await page.waitForFunction(() => window.ready, null, { timeout: 120_000 });
  const examples = await messages(32);
  await page.evaluate(async ({ way, examples, train }) => {
    const { Backbone, savedRuns } = window.graftwork;
    const backbone = await Backbone.load('/golden/tiny-bert', way);
    const create = () => backbone.createAdapter({ labels: ['ham', 'spam'], seed: 5, name: 'mine' });
    const note = ({ step, validation }) => (validation === undefined ? step : `${step} ${validation.accuracy}`);
    Object.assign(window, {
      backbone, examples, create,
      /** A run from its start to its end. */
      async whole(options) {
        const adapter = await create();
        const steps = [];
        for await (const progress of adapter.train(examples, { ...train, ...options })) steps.push(note(progress));
        return { steps, digest: await window.digest(adapter), left: (await savedRuns()).length };
      },
      /** Holds still, for ever: what was learned by then is written beside the training, however slow the disk is. */
      async holdOnceSaved(until) {
        while ((await savedRuns())[0].step < until) await new Promise((resolve) => setTimeout(resolve, 20));
        window.holding = true;
        await new Promise(() => {});
      },
      /** A run that holds still once step `until` is saved. */
      async held(options, until) {
        const adapter = await create();
        for await (const { step } of adapter.train(examples, { ...train, ...options })) {
          if (step >= until) await window.holdOnceSaved(until);
        }
      },
      /** A saved run to its end. */
      async resumed(name) {
        const [saved] = await savedRuns();
        const { adapter, training } = await backbone.resume(name);
        const fresh = await (await create()).classify(['free phone']);
        const learned = JSON.stringify(await adapter.classify(['free phone'])) !== JSON.stringify(fresh);
        const steps = [];
        const sane = [];
        for await (const progress of training) {
          steps.push(note(progress));
          const { etaSeconds, tokensPerSecond, loss, savedStep, step } = progress;
          sane.push(etaSeconds >= 0 && tokensPerSecond > 0 && loss > 0 && savedStep <= step);
        }
        const { running, labels, adapter: named, fingerprint, bytes, savedAt } = saved;
        const fits = fingerprint === backbone.info.fingerprint;
        return {
          saved: { step: saved.step, totalSteps: saved.totalSteps },
          shown: [running, labels, named, fits, bytes > 1000, savedAt <= new Date()],
          learned, steps, sane: sane.every(Boolean),
          digest: await window.digest(adapter), left: (await savedRuns()).length,
        };
      },
    });
  }, { way, examples, train: TRAIN });
}

/** Begins a run that holds still, on the page. */
export const hold = async (page, options = AT_ONCE) => {
  page.evaluate((options) => window.held(options, 4), options).catch(() => undefined);
  await page.waitForFunction(() => window.holding, null, { timeout: 120_000 });
};
