// Answers that are put right become examples; lists are gone through, kept, and given back with what was put right.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Papa from '../../www/node_modules/papaparse/papaparse.js';
import { choose, paste } from './collect.mjs';
import { ensure, equal, root, TINY, until } from './site.mjs';
import { waiting } from './label.mjs';
import { load } from './source.mjs';
import { download, sample, train } from './teach.mjs';

const line = (page, place) => page.locator(`.line[aria-rowindex="${place}"]`);
const table = async (page) => {
  const { bytes } = await download(page, () => page.getByRole('button', { name: 'Download as csv' }).click());
  return Papa.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''), { skipEmptyLines: true }).data;
};
const done = (page) => page.getByText(/^[\d,]+ rows? (is|are) sorted\.$/).waitFor();

/** A skill of two labels that knows little, taught on the tiny backbone. */
async function taught(site) {
  const page = await site.visit(TINY);
  await sample(page, 1);
  await train(page);
  await page.waitForSelector('[data-fact=result]');
  return page;
}

/** Sorts what is pasted by the skill that is chosen, or by one. */
async function sort(page, texts, skill) {
  await page.getByRole('link', { name: 'Lists', exact: true }).click();
  await choose(page, 'list.json', JSON.stringify(texts.map((text, i) => ({ id: `no ${i}`, text }))));
  if (skill !== undefined) await page.getByLabel('Sort by').selectOption(skill);
  await page.getByRole('button', { name: `Sort ${texts.length} rows` }).click();
  await done(page);
}

export const checks = {
  async 'correcting: the spam filter learns what was put right, and forgets nothing'(site) {
    const WRONG = {
      'Hi, this is the bakery: your cake for Saturday is ready, you can pay by card when you pick it up': 'not spam',
      "Your password for the club's wifi has changed to bluebird77, tell the others": 'not spam',
      'Reminder: the free trial of your dance class ends Friday, reply if you want to keep the spot': 'not spam',
      'The refund for the broken lamp went to your account this morning, sorry again': 'not spam',
      'We reviewed your website and can bring you to page one of Google, shall we talk this week?': 'spam',
    };
    const page = await site.visit();
    for (const [text, label] of Object.entries(WRONG)) {
      await page.getByLabel('Text to sort').fill(text);
      await until(page, (text) => document.querySelector('[data-task=spam]')?.dataset.text === text, text);
      await page.getByLabel('No, it is').selectOption(label);
      await page.locator(`[data-corrected="${label}"]`, { hasText: 'It is an example of Spam filter, mine now.' }).waitFor();
    }
    // One is taken back, and given again.
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: '4 new: teach again' }).waitFor();
    await page.getByLabel('No, it is').selectOption('spam');
    await page.getByRole('button', { name: '5 new: teach again' }).click();
    await page.waitForSelector('[data-fact=outcome]');
    const outcome = await site.fact('outcome');
    ensure(/^All of the 5 texts that you put right/.test(outcome), outcome);
    // Fresh messages are sorted as well as before: 78 of 80.
    const rows = (await readFile(join(root, 'tests/data/messages/test.tsv'), 'utf8')).trim().split('\n').slice(1).map((row) => row.split('\t'));
    await sort(page, [...rows.map(([, text]) => text), ...Object.keys(WRONG)], 'Spam filter, mine');
    const answers = (await table(page)).slice(1).map(([, , label]) => label);
    equal('what was put right', answers.slice(rows.length), Object.values(WRONG));
    const right = rows.filter(([label], i) => answers[i] === label).length;
    ensure(right >= 77, `${right} of ${rows.length} fresh messages are right`);
    equal('requests', await site.fact('requests'), '0');
    // What is put right from here on goes to the same project.
    await page.getByRole('link', { name: 'Try it', exact: true }).click();
    await page.getByRole('radio', { name: 'Spam filter, mine' }).check();
    await page.getByLabel('Text to sort').fill('see you at eight');
    await page.waitForSelector('[data-task^=run-][data-text="see you at eight"]');
    await page.getByRole('button', { name: 'Right' }).click();
    await page.getByText('It is an example of Spam filter, mine now.').waitFor();
    await page.getByRole('button', { name: '1 new: teach again' }).waitFor();
    return `${right} of ${rows.length}; ${outcome}`;
  },

  async 'correcting: a list is gone through by keyboard, its texts become examples, and it is there after a reload'(site) {
    const page = await taught(site);
    const long = `${'many words of a long mail, '.repeat(60)}the end of it`;
    await sort(page, [...Array.from({ length: 40 }, (_, i) => `win a prize no ${i}`), long], 'Spam or not');
    // A row opens, and all of its text is there.
    await page.getByLabel('Find').fill('the END of');
    await until(page, () => document.querySelector('[role=table]')?.getAttribute('aria-rowcount') === '1');
    await line(page, 1).getByRole('button').first().click();
    equal('all of it', (await page.locator('.line.open .all').innerText()).trim(), long);
    await page.getByLabel('Find').fill('');
    await until(page, () => document.querySelector('[role=table]')?.getAttribute('aria-rowcount') === '41');
    await page.getByLabel('The least sure first').check();
    await line(page, 1).getByRole('button').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('.line.open[aria-rowindex="1"]').waitFor();
    const given = await line(page, 1).locator('> .label').innerText();
    const other = await page.evaluate((given) => ['not spam', 'spam'].find((label) => label !== given), given);
    const texts = [];
    // Right, wrong, and wrong by mistake: gone back to.
    const key = async (label) => (await page.getByText(/^Open a row/).innerText()).match(new RegExp(`(\\d) ${label}`))[1];
    for (const [place, press] of [[1, 'r'], [2, await key(other)], [3, await key(other)]]) {
      await page.locator(`.line.open[aria-rowindex="${place}"]`).waitFor();
      texts.push((await line(page, place).getByRole('button').first().innerText()).trim());
      await page.keyboard.press(press);
      await line(page, place).getByRole('img', { name: 'as you said' }).waitFor();
    }
    await page.locator('.line.open[aria-rowindex="4"]').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.locator('.line.open[aria-rowindex="3"]').getByRole('button', { name: 'Undo' }).click();
    await line(page, 3).getByRole('img', { name: 'as you said' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: '2 new: teach again' }).waitFor();
    const [head, ...rows] = await table(page);
    equal('columns', head, ['id', 'text', 'label', 'confidence', 'corrected']);
    const row = (text) => rows.find(([, other]) => other.startsWith(text.slice(0, 200)));
    equal('confirmed', row(texts[0]).filter((_, i) => i === 2 || i === 4), [given, 'confirmed']);
    equal('put right', row(texts[1]).filter((_, i) => i === 2 || i === 4), [other, 'yes']);
    equal('taken back', row(texts[2])[4], '');
    // They are examples of its project.
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await page.getByText('202 examples', { exact: true }).waitFor();
    await page.getByRole('button', { name: '2 new: teach again' }).waitFor();
    // A reload: it is offered, with what was put right.
    await page.waitForTimeout(800);
    await page.reload();
    await site.ready();
    await page.getByRole('link', { name: 'Lists', exact: true }).click();
    await page.getByText('Your last list is kept: list.json, sorted by Spam or not.').waitFor();
    await page.getByRole('button', { name: 'Open it' }).click();
    await done(page);
    equal('as it was', await table(page), [head, ...rows]);
    // Closed, it is kept no longer.
    await page.getByRole('button', { name: 'Another list' }).click();
    await page.reload();
    await site.ready();
    await page.getByText('Or paste them').waitFor();
    equal('no longer', await page.getByText('Your last list is kept').count(), 0);
  },

  async 'correcting: a mistake that is none gives the example its other label'(site) {
    const page = await taught(site);
    const mistake = page.locator('section[aria-labelledby=mistakes-title] li').first();
    await mistake.locator('summary').click();
    const [text, words] = [await mistake.locator('.whole').innerText(), await mistake.locator('summary .fine').innerText()];
    const [, label, answered] = /is (.+), it said (.+)/.exec(words);
    await mistake.getByRole('button', { name: `“${answered}” is right after all` }).click();
    await mistake.locator(`[data-corrected=${answered}]`).waitFor();
    await page.getByRole('button', { name: '1 new: teach again' }).waitFor();
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await page.getByText('200 examples', { exact: true }).waitFor();
    for (let more = page.getByRole('button', { name: /^Show more of/ }); await more.count() > 0;) await more.click();
    const select = page.locator('section[aria-labelledby=list-title] li').filter({ hasText: text.trim() }).locator('select').first();
    equal('its label now', await select.inputValue(), answered);
    ensure(label !== answered, words);
  },

  async 'correcting: the rest of a project is sorted by what it taught, and a new label may be given'(site) {
    const page = await taught(site);
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await paste(page, Array.from({ length: 12 }, (_, i) => `this is no ${i} of all the others`).join('\n'));
    await page.getByRole('button', { name: 'Keep 12 texts for later' }).click();
    await page.getByRole('button', { name: 'Now sort the rest: 12 texts' }).click();
    await done(page);
    await page.getByRole('heading', { name: 'The rest of Spam or not, by Spam or not' }).waitFor();
    await line(page, 1).getByRole('button').first().click();
    await page.getByLabel('No, it is').selectOption('a new label …');
    await page.getByLabel('The new label').fill('odd');
    await page.keyboard.press('Enter');
    await page.locator('[data-corrected=odd]').waitFor();
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    // It is no longer among those without a label.
    await waiting(page, 11);
    await page.getByRole('link', { name: 'Lists', exact: true }).click();
    await line(page, 1).getByRole('button').first().click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await waiting(page, 12);
  },

  async 'correcting: rows with what was put right, by label, by words and as csv'() {
    const { arranged, counts, csv } = await load('sort/results.ts');
    const { found } = await load('sort/find.ts');
    const results = [{ labels: ['a'], score: 0.9, right: 'b' }, { labels: ['b'], score: 0.6, right: 'b' }, { labels: ['a'], score: 0.7 }, undefined];
    equal('counts', [...counts(results)], [['b', 2], ['a', 1]]);
    equal('of b', [...arranged(results, 4, 'b', true)], [1, 0]);
    const rows = [['One red house'], ['red'], ['a HOUSE, red'], ['']];
    const matches = await found(rows, 0, ' house  RED', new AbortController().signal);
    equal('found', [...matches], [1, 0, 1, 0]);
    equal('of those', [...arranged(results, 4, undefined, false, matches)], [0, 2]);
    const { file } = await csv({ columns: [{ name: 'text' }], rows, reading: { separator: ',' } }, results);
    equal('csv', (await file.text()).split('\r\n').slice(0, 5), [
      'text,label,confidence,corrected', 'One red house,b,0.9000,yes', 'red,b,0.6000,confirmed', '"a HOUSE, red",a,0.7000,', ',,,',
    ]);
  },
};
