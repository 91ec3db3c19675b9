// Runs that outlive their page: reloads, crashes, an early end; and pages that are hidden.
import { equal } from './native.mjs';
import { AT_ONCE, TRAIN, hold, ready } from './runs.mjs';

/** What was resumed goes on after the save, and ends as the whole run did. */
function continues(what, found, whole) {
  const { step, totalSteps } = found.saved;
  if (!(step >= 4 && step < totalSteps)) throw new Error(`${what}: saved at step ${step} of ${totalSteps}`);
  equal(`${what}: steps`, found.steps, whole.steps.slice(-found.steps.length));
  equal(`${what}: its first step`, found.steps.find((note) => typeof note === 'number'), step + 1);
  equal(`${what}: shown`, found.shown, [false, ['ham', 'spam'], 'mine', true, true, true]);
  equal(`${what}: found`, [found.learned, found.sane, found.left], [true, true, 0]);
  equal(`${what}: bytes`, found.digest, whole.digest);
}

export const checks = {
  async 'a reloaded page goes on with its run'({ page, server }) {
    const notes = [];
    for (const way of [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }]) {
      await ready(page, server, way);
      const whole = await page.evaluate(() => window.whole());
      const saved = await page.evaluate((options) => window.whole(options), AT_ONCE);
      equal('saving changes nothing', saved, whole);
      await hold(page);
      await page.reload();
      await ready(page, server, way);
      const found = await page.evaluate(() => window.resumed('run'));
      continues(JSON.stringify(way), found, whole);
      notes.push(`${way.device}: from step ${found.saved.step} of ${found.saved.totalSteps}`);
      await page.reload();
    }
    return notes.join('; ');
  },

  async 'a tab that is killed loses nothing'({ page, server }) {
    const other = async () => {
      const tab = await page.context().newPage();
      await ready(tab, server);
      return tab;
    };
    const kills = {
      closed: (tab) => tab.close(),
      crashed: async (tab) => {
        const crashed = tab.waitForEvent('crash');
        tab.goto('chrome://crash').catch(() => undefined);
        await crashed;
        await tab.close();
      },
    };
    const first = await other();
    const whole = await first.evaluate(() => window.whole());
    await first.close();
    for (const [how, kill] of Object.entries(kills)) {
      const victim = await other();
      await hold(victim);
      await kill(victim);
      const next = await other();
      continues(how, await next.evaluate(() => window.resumed('run')), whole);
      await next.close();
    }
  },

  async 'a run that was ended early goes on'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async (train) => {
      const { savedRuns } = window.graftwork;
      const whole = await window.whole();
      const early = async (stop, signal) => {
        const adapter = await window.create();
        let last = 0;
        try {
          // Nothing but the first state would be saved by the clock.
          const options = { ...train, saveAs: 'run', saveEvery: 1000, signal };
          for await (const { step } of adapter.train(window.examples, options)) {
            last = step;
            if (step >= 4 && stop()) break;
          }
        } catch (error) {
          if (error.name !== 'AbortError') throw error;
        }
        const [saved] = await savedRuns();
        return { late: saved.step < last, resumed: await window.resumed('run') };
      };
      const left = await early(() => true);
      const abort = new AbortController();
      const aborted = await early(() => abort.abort(), abort.signal);
      // The claim goes with the adapter.
      await early(() => true);
      return { whole, left, aborted };
    }, TRAIN);
    for (const how of ['left', 'aborted']) {
      equal(`${how}: the end is saved`, found[how].late, false);
      continues(how, found[how].resumed, found.whole);
    }
  },

  async 'hidden tabs'({ page, server }) {
    await ready(page, server, { device: 'cpu', worker: false });
    const found = await page.evaluate(async (train) => {
      const show = (state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      };
      const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
      const whole = await window.whole();

      // Hidden pages' timers run once a second at most, so a run must not wait for any.
      const timer = window.setTimeout;
      let timers = 0;
      window.setTimeout = (...words) => ((timers += 1), timer(...words));
      show('hidden');
      const unseen = await window.whole({ whenHidden: 'continue' });
      window.setTimeout = timer;

      show('visible');
      const adapter = await window.create();
      const steps = [];
      const run = (async () => {
        for await (const { step } of adapter.train(window.examples, { ...train, whenHidden: 'pause' })) {
          steps.push(step);
          if (step === 3) show('hidden');
        }
        return window.digest(adapter);
      })();
      while (steps.at(-1) !== 3) await later(10);
      // What was on its way still comes; then nothing does.
      await later(500);
      const reached = steps.length;
      await later(1000);
      const still = steps.length === reached && steps.at(-1) < 18;
      show('visible');
      const seen = await run;

      show('hidden');
      const abort = new AbortController();
      const aborted = window.failure(async () => {
        const options = { ...train, epochs: 1000, whenHidden: 'pause', signal: abort.signal };
        for await (const step of (await window.create()).train(window.examples, options)) {
          if (step) later(50).then(() => abort.abort());
        }
      });
      return { whole, unseen, timers, still, seen, aborted: await aborted };
    }, TRAIN);
    equal('continue', [found.unseen, found.timers], [found.whole, 0]);
    equal('pause', [found.still, found.seen], [true, found.whole.digest]);
    equal('abort while paused', found.aborted, 'AbortError');
  },
};
