// Without a network, and from one build of the page to the next.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choose } from './collect.mjs';
import { sample, train } from './teach.mjs';
import { dist, ensure, equal, root, TINY, until } from './site.mjs';

export const checks = {
  async 'after one visit it works without a network'(site) {
    const page = await site.visit(TINY);
    await site.settled();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await site.context.setOffline(true);
    site.before = (request) => request.destroy();
    await page.reload();
    await site.ready();
    await page.waitForSelector('text=offline now');
    // What reads workbooks is fetched only when one is opened: it has to be there already.
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await choose(page, 'a.xlsx', await readFile(join(root, 'tests/data/tables/xlsxwriter.xlsx')));
    await page.getByText('5 examples, 3 labels').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await sample(page, 1);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    equal('requests', await site.fact('requests'), '0');
  },

  async 'that it works offline is said when all is stored, and not a moment longer'(site) {
    const { page } = site;
    let go = () => {};
    const gate = new Promise((resolve) => (go = resolve));
    site.before = async (request) => /model\.safetensors/.test(request.url) && (await gate, false);
    await page.goto(site.server.address + TINY);
    const says = (words, of = page) => of.waitForFunction((words) => document.querySelector('[data-fact=offline]')?.textContent === words, words);
    // The page's own files are there long before the model is.
    await until(page, async () => Boolean((await navigator.serviceWorker.getRegistration())?.active));
    await says('not yet: the model is still coming');
    go();
    await says('yes');

    // Another tab clears what the package keeps; a single file of the page; everything.
    const other = await site.newPage();
    await site.visit(TINY, other);
    await says('yes', other);
    await other.evaluate(async () => {
      const cache = await caches.open('graftwork-v1');
      for (const { url } of await cache.keys()) if (url.includes('adapters/topic')) await cache.delete(url);
    });
    await page.bringToFront();
    await says('no: the model is not stored');
    await page.reload();
    await says('yes');
    await other.evaluate(async () => {
      const name = (await caches.keys()).find((name) => name.startsWith('graftwork-page-'));
      const cache = await caches.open(name);
      await cache.delete((await cache.keys()).find(({ url }) => url.endsWith('.wasm')));
    });
    await page.bringToFront();
    await says('no');
    await page.getByRole('button', { name: 'Delete everything stored' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete everything' }).click();
    await page.getByText('Everything stored was deleted.').waitFor();
    equal('at once', await site.fact('offline'), 'no');
    await other.bringToFront();
    await says('no', other);
  },

  async 'offline before the first download: said, and made good by Retry'(site) {
    site.before = (request) => request.url.startsWith('/golden/') && Boolean(request.destroy());
    const { page } = site;
    await page.goto(site.server.address + TINY);
    const alert = page.getByRole('alert').filter({ hasText: 'The model could not be downloaded' });
    await alert.waitFor();
    // The page is there, and that is not enough.
    await page.waitForFunction(() => document.querySelector('[data-fact=offline]')?.textContent === 'no: the model is not stored');
    await site.context.setOffline(true);
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'You are offline, and the model is not on this machine yet' }).waitFor();
    await site.context.setOffline(false);
    site.before = () => false;
    await page.getByRole('button', { name: 'Retry' }).click();
    await site.ready();
  },

  async 'a new build comes with the next load, whole'(site) {
    const build = await mkdtemp(join(tmpdir(), 'graftwork-page-'));
    try {
      const page = await site.visit(TINY);
      await site.settled();
      // The next build: another title, and the digest of it in the service worker.
      await cp(dist, build, { recursive: true });
      const digest = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
      const old = await readFile(join(dist, 'index.html'), 'utf8');
      const next = old.replace(/<title>.*<\/title>/, '<title>the next build</title>');
      await writeFile(join(build, 'index.html'), next);
      const worker = await readFile(join(dist, 'sw.js'), 'utf8');
      ensure(worker.includes(digest(old)), 'sw.js has another digest of index.html');
      const version = worker.replace(/graftwork-page-\$\{|`\$\{PREFIX\}\w{16}`/, (found) => found.replace(/\w{16}/, '0123456789abcdef'));
      ensure(version !== worker, 'sw.js has no version');
      await writeFile(join(build, 'sw.js'), version.replace(digest(old), digest(next)));
      site.folders[''] = build;

      // The old one is shown as long as the new one is being fetched.
      await page.reload();
      await site.ready();
      ensure((await page.title()) !== 'the next build', 'the new page came with the old service worker');
      await until(page, async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting));
      await page.reload();
      await page.waitForFunction(() => document.title === 'the next build');
      await site.ready();
      const caches = await page.evaluate(() => caches.keys());
      equal('caches of pages', caches.filter((name) => name.startsWith('graftwork-page-')), ['graftwork-page-0123456789abcdef']);
    } finally {
      await rm(build, { recursive: true });
    }
  },
};
