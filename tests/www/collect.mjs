// Collecting examples: writing, tables that are pasted or opened, good and bad, and what the page says about them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure, equal, root, stored, TINY } from './site.mjs';

const examples = (page) => page.locator('section[aria-labelledby=list-title] .text').allInnerTexts();
const labels = (page) => page.getByLabel(/^Label \d+$/).evaluateAll((all) => all.map((one) => one.value));
const found = (page) => page.getByRole('list', { name: 'Labels found' }).getByRole('listitem').allInnerTexts();
const add = (page, what) => page.getByRole('button', { name: `Add ${what}`, exact: true }).click();

/** Opens a file, up to the look at it. */
export async function choose(page, name, content) {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer: Buffer.from(content) });
}

/** Looks at what is pasted. */
export async function paste(page, text) {
  if (!(await page.getByLabel('Rows from a spreadsheet').isVisible())) await page.getByText('Or paste them').click();
  await page.getByLabel('Rows from a spreadsheet').fill(text);
  await page.getByRole('button', { name: 'Look at them' }).click();
}

const SPELLINGS = `Text;Kategorie
${['Win a prize', 'Free money', 'Call now'].map((text) => `${text}, you;Spam`).join('\n')}
Big win, big prize;spam
See you, at noon;ham
Well, so be it;
Good night, then;ham
`;

export const checks = {
  async 'files of every kind are looked at and added'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await choose(page, 'a.csv', 'label,text\nwarm,"sun, at last"\ncold,"said ""brr""\nand left"\n');
    await page.getByRole('heading', { name: 'What is in a.csv' }).waitFor();
    equal('nothing before it is wanted', await page.locator('section[aria-labelledby=list-title]').count(), 0);
    await add(page, '2 examples');
    await page.waitForSelector('text=2 examples added from a.csv.');
    equal('csv', await examples(page), ['sun, at last', 'said "brr" and left']);
    // A tab-separated file has no quotes: a quotation mark is a letter.
    await choose(page, 'b.tsv', 'text\tlabel\n"hot\twarm\nice"\tcold\n');
    await add(page, '2 examples');
    await choose(page, 'c.jsonl', '{"text":"snow","label":"cold"}\n\n{"label":1,"text":"heat"}\n');
    await add(page, '2 examples');
    await choose(page, 'd.csv', 'Category;Message;id\nwarm;July;1\n');
    await add(page, '1 example');
    await page.waitForSelector('text=1 example added from d.csv.');
    equal('all', await examples(page), ['July', 'snow', 'heat', '"hot', 'ice"', 'sun, at last', 'said "brr" and left']);
    equal('labels', await labels(page), ['warm', 'cold', '1']);
    await paste(page, 'warm: tea\ncold: tea, iced\n');
    await add(page, '2 examples');
    await page.waitForSelector('text=2 examples added from what you pasted.');
    await choose(page, 'e.xlsx', await readFile(join(root, 'tests/data/tables/openpyxl.xlsx')));
    await add(page, '5 examples');
    await page.waitForSelector('text=5 examples added from e.xlsx.');
    // It is all there after a reload.
    await stored(page, 'draft', 14);
    await page.reload();
    await page.getByText('14 examples', { exact: true }).waitFor();
  },

  async 'a table is put right by hand before it is added, and taken back after'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await choose(page, 'a.csv', SPELLINGS);
    await page.getByText('6 examples, 2 labels').waitFor();
    equal('labels', await found(page), ['Spam 4', 'ham 2']);
    await page.getByLabel('Keep them without a label, to be labelled later').uncheck();
    await page.getByText('1 row has no label and is left out (line 7).').waitFor();
    await page.getByLabel('Take “Spam”, “spam” as one label').uncheck();
    equal('apart', await found(page), ['Spam 3', 'ham 2', 'spam 1']);
    await page.getByLabel('Take “Spam”, “spam” as one label').check();
    await page.getByLabel('Label of the 1 row without one').fill('HAM');
    await page.getByText('7 examples, 2 labels').waitFor();
    await page.getByLabel('Label of the 1 row without one').fill('');
    // The header as a row, and back.
    await page.getByLabel('The first line has the names').uncheck();
    await page.getByText('7 examples, 3 labels').waitFor();
    await page.getByRole('columnheader', { name: 'Column 1' }).waitFor();
    await page.getByLabel('The first line has the names').check();
    await page.getByText('6 examples, 2 labels').waitFor();
    // Columns are swapped, switched off and on.
    await page.getByLabel('Text is').selectOption('the label');
    equal('swapped', await page.getByLabel('Kategorie is').inputValue(), 'text');
    await page.getByLabel('Text is').selectOption('the text');
    await page.getByLabel('Kategorie is').selectOption('not used');
    await page.getByText('No column has the labels.').waitFor();
    ensure(await page.getByRole('button', { name: 'Add 0 examples' }).isDisabled(), 'nothing can be added');
    await page.getByLabel('Label of all rows').fill('all');
    await page.getByText('7 examples, 1 label', { exact: true }).waitFor();
    await page.getByLabel('Label of all rows').fill('');
    await page.getByLabel('Kategorie is').selectOption('the label');
    // It was read wrongly: another way.
    await page.getByText('Looks wrong?').click();
    await page.getByLabel('Between cells').selectOption('nothing: each line is one text');
    await page.getByRole('columnheader', { name: 'Column 2' }).waitFor({ state: 'detached' });
    await page.getByLabel('Between cells').selectOption('a semicolon');
    await add(page, '6 examples');
    await page.getByText('6 examples', { exact: true }).waitFor();
    equal('labels then', await labels(page), ['Spam', 'ham']);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByText('Taken back.').waitFor();
    equal('labels after', await labels(page), []);
    equal('examples after', await page.locator('section[aria-labelledby=list-title]').count(), 0);
    // What was there before stays; a label's spelling there is the one taken.
    await paste(page, 'SPAM: one\nham: two');
    await add(page, '2 examples');
    await choose(page, 'a.csv', SPELLINGS);
    await page.getByText('6 examples, 2 labels').waitFor();
    equal('with those there', await found(page), ['SPAM 4', 'ham 2']);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Nothing was added.').waitFor();
    await choose(page, 'a.csv', SPELLINGS);
    await add(page, '6 examples');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    equal('left', await examples(page), ['one', 'two']);
  },

  async 'files and texts are dropped, one at a time'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const drop = (files, text) => page.getByRole('group', { name: 'Many at once' }).evaluate((box, { files, text }) => {
      const dataTransfer = new DataTransfer();
      for (const [name, content] of Object.entries(files)) dataTransfer.items.add(new File([content], name));
      if (text) dataTransfer.setData('text/plain', text);
      box.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, { files, text });
    await drop({ 'a.csv': 'x', 'b.csv': 'y' });
    await page.getByText('One file at a time, please.').waitFor();
    await drop({ 'a.csv': 'text,label\nsun today,warm\nice today,cold\n' });
    await page.getByRole('heading', { name: 'What is in a.csv' }).waitFor();
    await add(page, '2 examples');
    await drop({}, 'warm: heat\ncold: frost');
    await page.getByRole('heading', { name: 'What you dropped' }).waitFor();
    await add(page, '2 examples');
    equal('examples', await examples(page), ['heat', 'frost', 'sun today', 'ice today']);
  },

  async 'more labels than may be are said before, and never added'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const rows = Array.from({ length: 360 }, (_, i) => `a text of its own, the ${i}th;label ${i % 120}`);
    await choose(page, 'many.csv', `text;label\n${rows.join('\n')}\nanother, for once;label 5\n`);
    await page.getByText('120 labels are too many.').waitFor();
    ensure(await page.getByRole('button', { name: /^Add .* examples/ }).isDisabled(), 'they can be added');
    await page.getByLabel('Take the commonest only, and leave out 70 labels with 210 examples').check();
    await page.getByText('151 examples, 50 labels').waitFor();
    await add(page, '151 examples');
    equal('labels', (await labels(page)).length, 50);
  },

  async 'letters are read as Windows and Excel write them'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const cells = page.getByRole('region', { name: 'The first rows' }).locator('tbody .cell');
    const windows = Buffer.from([...'text;label\n„3 €“ – gut;ja\n'].map((letter) => ({ '€': 0x80, '„': 0x84, '“': 0x93, '–': 0x96 })[letter] ?? letter.charCodeAt(0)));
    await choose(page, 'windows.csv', windows);
    await cells.first().waitFor();
    equal('Windows-1252', await cells.allInnerTexts(), ['„3 €“ – gut', 'ja']);
    await page.getByText('letters are Western (Windows-1252)').click();
    await page.getByLabel('Letters').selectOption('Cyrillic (Windows-1251)');
    await page.waitForSelector('text=letters are Cyrillic');
    equal('as something else', (await cells.allInnerTexts())[1], 'ja');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await choose(page, 'unicode.txt', Buffer.from('\uFEFFtext\tlabel\r\n日本語 😀\tja\r\n', 'utf16le'));
    await page.waitForSelector('text=letters are UTF-16');
    equal('UTF-16', await cells.allInnerTexts(), ['日本語 😀', 'ja']);
  },

  async 'a table of 100,000 rows is read, and as much of it added as can be learned from'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const rows = Array.from({ length: 100_000 }, (_, i) => `"text number ${i}, ${'with some words '.repeat(6)}",${['a', 'b'][i % 2]}`);
    await choose(page, 'large.csv', `text,label\n${rows.join('\n')}\n`);
    await page.getByText('100,000 examples are more than this page learns from: it takes 10,000').waitFor();
    await add(page, '10,000 examples');
    await page.getByText('10,000 examples added from large.csv.').waitFor();
    equal('the first', (await examples(page)).slice(0, 2).map((text) => parseInt(text.slice(12))), [0, 1]);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByText('Taken back.').waitFor();
  },

  async 'bad files are refused, and bad lines are said'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const alert = page.getByRole('alert');
    const cases = [
      ['e.pdf', '%PDF', 'e.pdf is a PDF, not a table.'],
      ['g.tsv', '', 'g.tsv has nothing in it'],
      ['h.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'h.xls is in Excel’s old format'],
      ['i.xlsx', 'PK\x03\x04 and nothing else', 'i.xlsx is damaged'],
    ];
    for (const [name, content, words] of cases) {
      await choose(page, name, content);
      await alert.filter({ hasText: words }).waitFor();
      await alert.getByRole('button', { name: 'Close' }).click();
    }
    await choose(page, 'a.csv', 'label,text\nwarm,sun\ncold\n,ice\nwarm,\ncold,snow, much\nwarm,"two\nlines"\nwarm,"open\nend,x\n');
    for (const words of [
      '2 rows have no text and are left out (lines 3, 5).', 'Label of the 1 row without one', 'Keep them without a label', '1 row has more cells than there are columns and is left out (line 6).',
      'Line 9: A quotation mark is never closed.',
    ]) await page.getByText(words).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await choose(page, 'd.jsonl', '{"text":"x","label":"a"}\n{"text":\n{"text":"y"}\n');
    await page.getByText('Line 2: This is not JSON.').waitFor();
    await add(page, '1 example');
    equal('the good line', await examples(page), ['x']);
  },

  async 'what would spoil the training is said'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const train = page.getByRole('button', { name: 'Train', exact: true });
    await page.waitForSelector('text=Name at least two labels.');
    const rows = ['a', 'b', 'c', 'd'].flatMap((word) => [`warm: ${word}`, `cold: not ${word}`]);
    await paste(page, rows.slice(0, 5).join('\n'));
    await add(page, '5 examples');
    await page.waitForSelector('text=To begin you need 1 more of “warm” and 2 more of “cold”.');
    ensure(await train.isDisabled(), 'training is possible with five examples');
    await paste(page, [...rows.slice(5), 'warm: a', 'warm: not b'].join('\n'));
    await add(page, '5 examples');
    await page.waitForSelector('text=One example is there twice.');
    await page.waitForSelector('text=One text is under two labels.');
    ensure(await train.isEnabled(), 'training is not possible with four of each');
    await page.getByRole('listitem').filter({ hasText: 'twice' }).getByRole('button').click();
    await page.getByRole('listitem').filter({ hasText: 'two labels' }).getByRole('button').click();
    await page.waitForSelector('text=To begin you need 1 more of “cold”.');
    equal('examples left', (await examples(page)).length, 7);
    // Labels: renamed with their examples, removed after a question.
    await page.getByLabel('Label 1').fill('hot');
    await page.getByLabel('Label 1').press('Enter');
    equal('labels of examples', await page.getByRole('combobox', { name: /^Label of: a/ }).inputValue(), 'hot');
    await page.getByRole('button', { name: 'Remove the label hot' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    equal('examples after that', (await examples(page)).length, 3);
  },
};
