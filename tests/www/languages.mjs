// Another backbone: what the visitor chooses it by, and what was taught on which.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from './access.mjs';
import { paste } from './collect.mjs';
import { download, train } from './teach.mjs';
import { ensure, equal, root, TINY } from './site.mjs';

const golden = (path) => join(root, 'tests/golden', path);
const MANY = '?multilingual=/multilingual/';
const MAILS = [
  'refund\tBitte erstatten Sie mir den Kaufpreis.', 'refund\t请把钱退还给我。', 'refund\tIch möchte mein Geld zurück.', 'refund\t什么时候可以退款？',
  'delivery\tWo bleibt mein Paket?', 'delivery\t我的包裹在哪里？', 'delivery\tWann wird geliefert?', 'delivery\t快递什么时候到？',
].join('\n');

const go = (page, view) => page.getByRole('link', { name: view, exact: true }).click();
const change = (page) => page.getByRole('button', { name: 'Change the language of the model' });
const many = (page) => page.getByRole('button', { name: /^Use the model for 100 languages/ });
const english = (page) => page.getByRole('button', { name: /^Use the English model/ });
const uses = (page, what) => page.getByText(`The page uses ${what} now.`).waitFor({ state: 'attached' });

/** Serves a small backbone with a vocabulary of several languages: random weights, since nothing is asked of what it says. */
async function withMany(site, work) {
  const folder = await mkdtemp(join(tmpdir(), 'graftwork-multilingual-'));
  try {
    for (const file of ['config.json', 'model.safetensors']) await cp(golden(`tiny-bert/${file}`), join(folder, file));
    await cp(golden('unigram/tokenizer.json'), join(folder, 'tokenizer.json'));
    site.folders.multilingual = folder;
    await work();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function teach(page) {
  await go(page, 'Teach');
  await paste(page, `label\ttext\n${MAILS}\n`);
  await page.getByRole('button', { name: 'Add 8 examples' }).click();
  await train(page);
  await page.waitForSelector('[data-fact=result]');
}

export const checks = {
  'languages: another model is chosen, and what it is taught is its own': (site) => withMany(site, async () => {
    const axe = await readFile(join(root, 'www/node_modules/axe-core/axe.min.js'), 'utf8');
    const page = await site.visit(MANY);
    await page.getByText('reads English').waitFor();
    await page.getByLabel('Text to sort').fill('请把钱退还给我，什么时候可以退款？');
    await page.getByText('This does not look like English').waitFor();
    await change(page).click();
    await page.getByText('91 MB, on this machine already').waitFor();
    await page.getByText('488 MB, downloaded once').waitFor();
    await examine(page, axe, 'the choice of a model');
    await many(page).click();
    await uses(page, 'the model for 100 languages');
    await page.getByText('reads 100 languages').waitFor();
    equal('what was typed', await page.getByLabel('Text to sort').inputValue(), '请把钱退还给我，什么时候可以退款？');
    equal('requests', await site.fact('requests'), '0');
    await site.settled();

    // None of the page's own skills is for it, and that is said wherever they were.
    for (const view of ['Try it', 'Lists', 'Names', 'Ask']) {
      await go(page, view);
      await page.getByText('The skills that come with the page are not here.').waitFor();
      equal(`skills in ${view}`, await page.locator('fieldset input[type=radio]').count(), 0);
    }
    await examine(page, axe, 'no skill for a model');
    await teach(page);
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('Wann kommt mein Paket?');
    await page.locator('[data-task^=run-][data-text^=Wann]').waitFor();
    equal('care', await page.locator('[data-care=uncovered]').count(), 0);

    // It is still chosen after a reload, and what was taught answers.
    await page.reload();
    await site.ready();
    await page.getByText('reads 100 languages').waitFor();
    await page.locator('[data-task^=run-][data-text^=Wann]').waitFor();

    // With the English model it is there, but does not answer.
    await english(page).click();
    await uses(page, 'the English model');
    await page.locator('[data-task=spam][data-text^=Wann]').waitFor();
    const own = page.getByRole('radio', { name: /refund or delivery taught on the model for 100 languages/ });
    ensure(await own.isDisabled(), 'what was taught on another model can be chosen');
    await page.getByText('1 skill of yours was taught on the model for 100 languages.').waitFor();
    await examine(page, axe, 'a skill of another model');
    await go(page, 'Yours');
    const card = page.getByRole('article', { name: 'refund or delivery' });
    await card.getByText('It was taught on the model for 100 languages').waitFor();
    await examine(page, axe, 'a project taught on another model');
    await card.getByRole('button', { name: 'Download …' }).click();
    const { bytes } = await download(page, () => page.getByRole('button', { name: 'The whole project' }).click());
    await page.keyboard.press('Escape');

    // Taught again, it is the English model's; the version before is still the other's, also in a project's file.
    await card.getByRole('button', { name: 'Open refund or delivery' }).click();
    await page.getByText('of 8 texts are not in English').waitFor();
    await train(page);
    await page.getByText('After a first attempt').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.waitForSelector('[data-fact=result]');
    await go(page, 'Yours');
    await card.getByRole('button', { name: 'Try it', exact: true }).waitFor();
    await page.locator('input[type=file]').setInputFiles({ name: 'a.graftwork', mimeType: '', buffer: bytes });
    await page.getByRole('article', { name: 'refund or delivery (2)' }).getByText('It was taught on the model for 100 languages').waitFor();

    // Both are deleted with everything else.
    await page.getByRole('button', { name: 'Delete everything stored' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete everything' }).click();
    await page.getByText('Everything stored was deleted.').waitFor();
    equal('kept', await page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => url);
    }), []);
    await page.reload();
    await site.ready();
    await go(page, 'Teach');
    await page.getByText('reads English').waitFor();
  }),

  'languages: a warning leads to the other model, by keyboard alone': (site) => withMany(site, async () => {
    const page = await site.visit(MANY);
    await go(page, 'Teach');
    await paste(page, `label\ttext\n${MAILS}\n`);
    await page.getByRole('button', { name: 'Add 8 examples' }).click();
    await page.getByText('of 8 texts are not in English').waitFor();
    await many(page).focus();
    await page.keyboard.press('Enter');
    await uses(page, 'the model for 100 languages');
    await page.getByText('Ready to train.').or(page.getByText('Only a few of')).waitFor();
    equal('texts', await page.getByText('not in English').count(), 0);
    equal('focus', await page.evaluate(() => document.activeElement.id), 'main');
    await page.getByText('8 examples', { exact: true }).waitFor();
    await change(page).focus();
    await page.keyboard.press('Enter');
    for (let i = 0; i < 10 && !(await english(page).evaluate((button) => button === document.activeElement)); i += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await uses(page, 'the English model');
    equal('focus again', await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Change the language of the model');
    await page.getByText('of 8 texts are not in English').waitFor();
  }),

  'languages: a download is given up for the model before, and one that fails as well': (site) => withMany(site, async () => {
    const page = await site.visit(MANY);
    let release = () => {};
    const gate = new Promise((resolve) => (release = resolve));
    site.before = async (request) => request.url.startsWith('/multilingual/model') && (await gate, false);
    await change(page).click();
    await many(page).click();
    await page.getByText('not yet: the model is still coming').waitFor();
    await english(page).first().click();
    await uses(page, 'the English model');
    release();
    await page.locator('fieldset input[value=spam]').waitFor();
    site.before = (request) => request.url.startsWith('/multilingual/') && Boolean(request.destroy());
    await change(page).click();
    await many(page).click();
    await page.getByRole('alert').filter({ hasText: 'The model could not be downloaded' }).waitFor();
    await english(page).last().click();
    await uses(page, 'the English model');
    equal('skills', await page.locator('fieldset input[value=spam]').count(), 1);
  }),

  async 'languages: nothing is broken off by the choice, and the address decides'(site) {
    await withMany(site, async () => {
      const page = await site.visit(MANY);
      await go(page, 'Teach');
      await page.getByRole('button', { name: 'Try with 200 text messages' }).click();
      await train(page);
      await page.waitForSelector('progress, [role=progressbar]');
      await go(page, 'Try it');
      await change(page).click();
      await page.getByRole('dialog').getByText('Something is being learned').waitFor();
      ensure(await many(page).isDisabled(), 'a training can be broken off by another model');
    });
    const page = await site.newPage();
    await site.visit(TINY, page);
    await page.getByText('The model on this page reads what it was made for.').waitFor();
    equal('choices', await change(page).count(), 0);
  },
};
