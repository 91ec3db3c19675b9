// What the visitor made: kept, renamed, downloaded, loaded, deleted; and runs that were cut off.
import { download, reach, sample, train } from './teach.mjs';
import { ensure, equal, stored, TINY } from './site.mjs';

const titles = (page) => page.getByRole('article').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));

async function verdict(page, text) {
  await page.getByLabel('Text to sort').fill(text);
  const found = page.locator(`[data-task][data-text="${text}"]`);
  await found.waitFor();
  return found.innerText();
}

export const checks = {
  async 'own adapters are renamed, kept, downloaded, loaded and deleted'(site) {
    const page = await site.visit(TINY);
    await sample(page, 2);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    const before = await verdict(page, 'win a prize');
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.getByLabel('Name of Spam or not').fill('Junk, begone!');
    await page.getByLabel('Name of Spam or not').press('Enter');
    await page.getByRole('article', { name: 'Junk, begone!' }).waitFor();

    await page.reload();
    await site.ready();
    equal('after a reload', await titles(page), ['Junk, begone!']);
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    equal('its answer', await verdict(page, 'win a prize'), before);

    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.getByRole('button', { name: 'Download …' }).click();
    const file = await download(page, () => page.getByRole('button', { name: 'The adapter alone' }).click());
    equal('name of the file', file.name, 'junk-begone.safetensors');
    await page.keyboard.press('Escape');
    await page.locator('input[type=file]').setInputFiles({ name: 'brought.safetensors', mimeType: '', buffer: file.bytes });
    await page.getByRole('article', { name: 'brought' }).waitFor();
    await page.getByRole('article', { name: 'brought' }).getByRole('button', { name: 'Try it' }).click();
    equal('the brought one’s answer', await verdict(page, 'win a prize'), before);

    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.getByRole('button', { name: 'Delete Junk, begone!' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll('article').length === 1);
    await page.reload();
    await site.ready();
    equal('after deleting', await titles(page), ['brought']);
  },

  async 'a reload in the middle of a run loses nothing'(site) {
    const page = await site.visit(TINY);
    // What an uninterrupted run gives.
    const result = async () => {
      await page.waitForSelector('[data-fact=result]');
      return (await download(page, () => page.getByRole('button', { name: 'Download' }).click())).bytes;
    };
    await sample(page, 25);
    await train(page);
    const whole = await result();

    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await train(page);
    await reach(page, 30);
    await stored(page, 'runs', 1);
    await page.reload();
    await site.ready();
    await page.getByRole('button', { name: 'Resume' }).click();
    const resumed = await result();
    ensure(whole.equals(resumed), 'the resumed run gave other bytes than the whole one');
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    equal('runs left', await page.getByRole('button', { name: 'Resume' }).count(), 0);

    // What was stopped can be taken up again, at once or later.
    await train(page);
    await reach(page, 30);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Resume training' }).click();
    ensure(whole.equals(await result()), 'the run that was stopped and resumed gave other bytes');
  },

  async 'a reload while few examples are learned loses nothing'(site) {
    const page = await site.visit(TINY);
    await sample(page);
    await page.getByLabel('Way of learning').selectOption('few');
    await train(page);
    await reach(page, 20);
    const figure = await site.fact('right');
    await stored(page, 'runs', 1);
    await page.reload();
    await site.ready();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.waitForSelector('[data-fact=result]');
    equal('the figure', await site.fact('right'), figure);
    ensure(/in a second test/.test(await site.fact('result')), await site.fact('result'));
    // Who made the mistakes was not kept, so nobody can say which words it was.
    await page.locator('section[aria-labelledby=mistakes-title] summary').first().click();
    equal('words', await page.getByRole('button', { name: 'Which words mattered?' }).count(), 0);
  },

  async 'everything stored is deleted'(site) {
    const page = await site.visit(TINY);
    await site.settled();
    await sample(page, 1);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    await page.getByRole('button', { name: 'Delete everything stored' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
    equal('nothing happened', (await page.evaluate(() => caches.keys())).length > 0, true);
    await page.getByRole('button', { name: 'Delete everything stored' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete everything' }).click();
    await page.waitForSelector('text=Everything stored was deleted.');
    // To ask about storage, the package opens its cache; but nothing is in it.
    const kept = await page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => url);
    });
    equal('files in caches', kept, []);
    equal('service workers', await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
    await page.reload();
    await site.ready();
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.waitForSelector('text=Nothing here yet.');
  },
};
