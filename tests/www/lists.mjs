// Whole lists that are sorted and downloaded.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Papa from '../../www/node_modules/papaparse/papaparse.js';
import { choose } from './collect.mjs';
import { ensure, equal, root, share, TINY } from './site.mjs';
import { load } from './source.mjs';
import { download, sample, train } from './teach.mjs';

const TEXTS = [
  'WINNER!! Claim your free prize now, call 09061701461', 'Running ten minutes late, can you order me a coffee?', '=Free entry, txt WIN to 80086 now!',
  'See you at eight', 'URGENT! You have won a 2000 pound prize', 'ok, home in an hour', 'Your parcel is on hold. Pay the fee at the link below.',
];
const lines = (page) => page.getByRole('region', { name: 'Sorted texts' }).locator('.line');
const table = (bytes, delimiter = ',') => Papa.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''), { delimiter, skipEmptyLines: true }).data;
const save = (page) => download(page, () => page.getByRole('button', { name: 'Download as csv' }).click());
const done = (page) => page.getByText(/^[\d,]+ rows? (is|are) sorted\.$/).waitFor();

export const checks = {
  async 'a list is sorted as the native program sorts it, and downloaded with its columns as it came, without a request'(site) {
    const page = await site.visit('#lists');
    await site.settled();
    const csv = `id;Nachricht;label\n${TEXTS.map((text, i) => `${i};"${text}";x`).join('\n')}\n8;;\n9;one, with; too many;cells\n`;
    await choose(page, 'messages.csv', csv);
    await page.getByLabel('Sort by').selectOption('Spam filter');
    await page.getByRole('button', { name: 'Sort 9 rows' }).click();
    await done(page);
    const { name, bytes } = await save(page);
    equal('its name', name, 'messages-sorted.csv');
    ensure(bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])), 'Excel would not take it for UTF-8');
    const [head, ...rows] = table(bytes, ';');
    equal('columns', head, ['id', 'Nachricht', 'label', 'Column 4', 'label 2', 'confidence']);
    const native = predict(site.program, TEXTS);
    rows.slice(0, TEXTS.length).forEach((row, i) => {
      equal(`row ${i}`, row.slice(0, 5), [`${i}`, TEXTS[i].replace(/^=/, "'="), 'x', '', native[i].label]);
      ensure(Math.abs(Number(row[5].replace(',', '.')) - native[i].scores[native[i].label]) < 0.0002, `row ${i}: ${row[5]}`);
    });
    equal('without a text', rows[7], ['8', '', '', '', '', '']);
    equal('out of step', rows[8].slice(0, 4), ['9', 'one, with', ' too many', 'cells']);
    await page.getByText('1 cell begins like a formula').waitFor();
    equal('requests', await site.fact('requests'), '0');
    // Several labels, and none.
    await page.getByRole('button', { name: 'Sort it otherwise' }).click();
    await page.getByLabel('Sort by').selectOption('Emotions');
    await page.getByRole('button', { name: 'Sort 9 rows' }).click();
    await done(page);
    const several = table((await save(page)).bytes, ';');
    ensure(several.length === 10 && several[1].length === 6, 'the second table is not whole');
  },

  async 'a long list is stopped, taken up, searched by label and by doubt'(site) {
    const page = await site.visit(TINY);
    await sample(page, 1);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    await page.getByRole('link', { name: 'Lists', exact: true }).click();
    const texts = Array.from({ length: 3000 }, (_, i) => `${i} ${TEXTS[i % TEXTS.length]}`);
    await choose(page, 'many.txt', texts.join('\n'));
    await page.getByLabel('Sort by').selectOption('Spam or not');
    await page.getByRole('button', { name: 'Sort 3,000 rows' }).click();
    await page.waitForFunction(() => parseInt(document.querySelector('[data-fact=sorted]')?.textContent ?? '') >= 64);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    const part = table((await save(page)).bytes).slice(1).filter(([, label]) => label !== '').length;
    ensure(part >= 64 && part < 3000, `${part} rows were sorted when it was stopped`);
    await page.getByRole('button', { name: 'Go on' }).click();
    // Another view meanwhile.
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.getByRole('link', { name: 'Lists', exact: true }).click();
    await done(page);
    const whole = table((await save(page)).bytes).slice(1);
    equal('rows', whole.map(([text]) => text), texts);
    ensure(whole.every(([, label, score]) => ['not spam', 'spam'].includes(label) && Number(score) >= 0.4999), 'a row has no label');
    // Only what is in sight is in the page; the end is reached.
    ensure(await lines(page).count() < 60, 'the page has all rows in it');
    await page.getByRole('region', { name: 'Sorted texts' }).evaluate((box) => (box.scrollTop = box.scrollHeight));
    await page.getByText(texts[2999], { exact: true }).waitFor();
    await page.getByLabel('The least sure first').check();
    await page.getByRole('region', { name: 'Sorted texts' }).evaluate((box) => (box.scrollTop = 0));
    await page.locator('.line[aria-rowindex="1"]').waitFor();
    const scores = (await lines(page).locator('.number').allInnerTexts()).map(share);
    const least = Math.min(...whole.map(([, , score]) => Number(score)));
    ensure(scores.every((score, i) => i === 0 || score >= scores[i - 1]) && Math.abs(scores[0] - least) < 0.0011, `in order of doubt: ${scores}`);
    for (const label of new Set(whole.map(([, label]) => label))) {
      await page.getByLabel('Show').selectOption(label);
      const count = whole.filter(([, other]) => other === label).length;
      equal(`rows with ${label}`, await page.getByRole('table', { name: 'Sorted texts' }).getAttribute('aria-rowcount'), `${count}`);
      equal(`all ${label}`, [...new Set(await lines(page).locator('.label').allInnerTexts())], [label]);
    }
    await page.getByRole('button', { name: 'Another list' }).click();
    await page.getByText('Or paste them').waitFor();
  },

  async 'lists: rows by label and by doubt, and names that no column has'() {
    const { arranged, counts, csv, NONE } = await load('sort/results.ts');
    const results = [{ labels: ['a'], score: 0.9 }, { labels: ['b', 'a'], score: 0.6 }, undefined, { labels: [], score: 0.2 }, { labels: ['b'], score: 0.6 }];
    const order = (label, doubt) => [...arranged(results, 5, label, doubt)];
    equal('as they stand', order(undefined, false), [0, 1, 2, 3, 4]);
    equal('by doubt', order(undefined, true), [3, 1, 4, 0, 2]);
    equal('of a', order('a', false), [0, 1]);
    equal('of b by doubt', order('b', true), [1, 4]);
    equal('of none', order(NONE, true), [3]);
    equal('counts', [...counts(results)], [['a', 2], ['b', 2], [NONE, 1]]);
    const columns = ['Label', 'label 2', 'x'].map((name) => ({ name }));
    const said = [{ labels: ['a', 'b'], score: 0.51239 }];
    const text = async (reading) => (await csv({ columns, rows: [['1', '2', '3,5']], reading }, said)).file.text();
    equal('csv', await text({ separator: ',' }), 'Label,label 2,x,label 3,confidence\r\n1,2,"3,5",a; b,0.5124\r\n');
    equal('with semicolons', await text({ separator: ';' }), 'Label;label 2;x;label 3;confidence\r\n1;2;3,5;"a; b";0,5124\r\n');
  },
};

function predict(program, texts) {
  const args = ['predict', '--quiet', '--json', '--device', 'cpu', '--backbone', 'sentence-transformers/all-MiniLM-L6-v2',
    '--adapter', join(root, 'www/public/adapters/spam.safetensors'), '--input', '-'];
  const found = spawnSync(program, args, { input: `${texts.join('\n')}\n`, encoding: 'utf8' });
  if (found.status !== 0) throw new Error(`${program}: ${found.stderr}${found.error ?? ''}`);
  return found.stdout.trim().split('\n').map((line) => JSON.parse(line));
}
