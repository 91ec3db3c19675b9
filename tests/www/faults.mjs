// What may go wrong, in words that say what to do.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '../browser/node_modules/playwright-core/index.mjs';
import { launch } from '../browser/launch.mjs';
import { reach, sample, train } from './teach.mjs';
import { dist, ensure, equal, root, TINY, until } from './site.mjs';

const alert = (page, words) => page.getByRole('alert').filter({ hasText: words });

export const checks = {
  async 'without WebGPU it runs on the processor and says so'(site) {
    const plain = await chromium.launch({ executablePath: site.chromium, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const page = await site.visit(TINY, await site.newPage(await plain.newContext()));
      equal('adapter', await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null), null);
      await page.waitForSelector('text=Running on the processor.');
      equal('device', await site.fact('device', page), 'CPU');
      await sample(page, 1);
      await train(page);
      await page.waitForSelector('[data-fact=result]');
      await page.getByRole('button', { name: 'Fine' }).click();
      await page.reload();
      await site.ready(page);
      equal('notice after it was read', await page.getByText('Running on the processor.').count(), 0);
    } finally {
      await plain.close();
    }
  },

  async 'on a GPU it names it'(site) {
    const page = await site.visit(`${TINY}&device=gpu`);
    ensure(/^GPU \(.+\)/.test(await site.fact('device')), await site.fact('device'));
    equal('notice', await page.getByText('Running on the processor.').count(), 0);
  },

  async 'a GPU that goes away while it teaches is a notice, not an end'(site) {
    // A browser of its own: the GPU is lost for all of its pages.
    const other = await launch(site.chromium);
    try {
      const page = await site.visit(`${TINY}&device=gpu`, await site.newPage(await other.newContext()));
      await sample(page, 100);
      await train(page);
      await reach(page, 3);
      // Seen by what changes in the document: there are no frames to look at while the browser starts its GPU process.
      await page.evaluate(() => new MutationObserver(() => {
        window.noticed ||= document.body.textContent.includes('The GPU went away');
      }).observe(document.body, { childList: true, subtree: true, characterData: true }));
      await (await other.newBrowserCDPSession()).send('Browser.crashGpuProcess').catch(() => undefined);
      await until(page, () => window.noticed);
      await page.getByText('The GPU went away').waitFor({ state: 'hidden' });
      const now = parseInt(await site.fact('step', page));
      await reach(page, now + 2);
      equal('errors', await page.getByRole('alert').count(), 0);
    } finally {
      await other.close();
    }
  },

  async 'an adapter of another backbone, a damaged one, no adapter at all'(site) {
    const page = await site.visit(TINY);
    await alert(page, 'This adapter was made for another model.').waitFor();
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    const spam = await readFile(join(dist, 'adapters/spam.safetensors'));
    const cases = [
      ['other.safetensors', spam, 'other.safetensors: This adapter was made for another model.'],
      ['cut.safetensors', spam.subarray(0, 5000), 'cut.safetensors: This file is not an adapter'],
      ['cat.safetensors', Buffer.from('meow'), 'cat.safetensors: This file is not an adapter'],
    ];
    for (const [name, buffer, words] of cases) {
      await page.locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer });
      await alert(page, words).waitFor();
    }
    await page.waitForSelector('text=Nothing here yet.');
  },

  async 'a backbone that is damaged, and one that is not there'(site) {
    const { page } = site;
    site.before = (request, response) => {
      return request.url.endsWith('/config.json') && Boolean(response.writeHead(200).end('{"model_type":"cat"}'));
    };
    await page.goto(site.server.address + TINY);
    await alert(page, 'The model’s files are damaged').waitFor();
    site.before = () => false;
    await page.goto(`${site.server.address}?backbone=/nowhere`);
    await alert(page, 'The model could not be downloaded').waitFor();
    // The known backbone under its name, with other bytes.
    site.folders.models = join(root, 'tests/golden');
    site.before = (request) => void (request.url = request.url.replace('/models/x/all-MiniLM-L6-v2', '/golden/tiny-bert'));
    await page.goto(`${site.server.address}?backbone=/models/x/all-MiniLM-L6-v2`);
    await alert(page, 'A downloaded file is not the one expected').waitFor();
  },

  async 'a full disk'(site) {
    const { page } = site;
    const session = await site.context.newCDPSession(page);
    const origin = site.server.address.slice(0, -1);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 100_000 });
    await page.goto(site.server.address + TINY);
    await alert(page, 'The browser’s storage is full.').waitFor();
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await page.getByRole('button', { name: 'Retry' }).click();
    await site.ready();
  },

  async 'a browser that keeps nothing'(site) {
    const { page } = site;
    await page.addInitScript(() => {
      const refuse = () => { throw new DOMException('denied', 'SecurityError'); };
      Object.defineProperty(window, 'localStorage', { get: refuse });
      IDBFactory.prototype.open = refuse;
      ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('denied', 'SecurityError'));
    });
    await site.visit(TINY);
    await page.waitForSelector('text=The browser gives this page no storage.');
    equal('offline', await site.fact('offline'), 'no');
    await sample(page, 1);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    await page.waitForSelector('text=Download the adapter before you leave the page');
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('it works all the same');
    await page.waitForSelector('[data-task^=run-][data-text="it works all the same"]');
  },

  async 'an engine that does not start'(site) {
    const { page } = site;
    site.before = (request, response) => /worker-/.test(request.url) && Boolean(response.writeHead(404).end());
    await page.goto(site.server.address + TINY);
    await alert(page, 'Something broke inside the engine.').waitFor();
    site.before = () => false;
    await page.getByRole('button', { name: 'Retry' }).click();
    await site.ready();
  },
};
