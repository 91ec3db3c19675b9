// Collecting examples: writing, pasting, files good and bad, and what the page says about them.
import { ensure, equal, stored, TINY } from './site.mjs';

const file = (name, content) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

async function choose(page, name, content) {
  await page.locator('input[type=file]').setInputFiles(file(name, content));
}

const examples = (page) => page.locator('section[aria-labelledby=list-title] .text').allInnerTexts();

export const checks = {
  async 'files of every kind are read'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await choose(page, 'a.csv', 'label,text\nwarm,"sun, at last"\ncold,"said ""brr""\nand left"\n');
    await page.waitForSelector('text=2 examples added from a.csv.');
    equal('csv', await examples(page), ['sun, at last', 'said "brr" and left']);
    // A tab-separated file has no quotes: a quotation mark is a letter.
    await choose(page, 'b.tsv', 'text\tlabel\n"hot\twarm\nice"\tcold\n');
    await page.waitForSelector('text=2 examples added from b.tsv.');
    await choose(page, 'c.jsonl', '{"text":"snow","label":"cold"}\n\n{"label":1,"text":"heat"}\n');
    await page.waitForSelector('text=2 examples added from c.jsonl.');
    await choose(page, 'd.csv', 'Category;Message;id\nwarm;July;1\n');
    await page.waitForSelector('text=1 example added from d.csv.');
    equal('all', await examples(page), ['July', 'snow', 'heat', '"hot', 'ice"', 'sun, at last', 'said "brr" and left']);
    equal('labels', await page.getByLabel(/^Label \d/).evaluateAll((all) => all.map((one) => one.value)), ['warm', 'cold', '1']);
    await page.getByText('Or paste them').click();
    await page.getByLabel('One example a line').fill('warm: tea\ncold, iced tea\n');
    await page.getByRole('button', { name: 'Add these' }).click();
    await page.waitForSelector('text=2 examples added from what you pasted.');
    // It is all there after a reload.
    await stored(page, 'draft', 9);
    await page.reload();
    await page.getByText('9 examples', { exact: true }).waitFor();
  },

  async 'bad files are refused with their lines'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const alert = page.getByRole('alert');
    const cases = [
      ['a.csv', 'label,text\nwarm,sun\ncold\n,ice\nwarm,\n', ['3 lines of a.csv', 'Line 3 has 1 column, the header 2', 'Line 4 has no label', 'Line 5 has no text']],
      ['b.csv', 'label,text\nwarm,"two\nlines"\nwarm,"open\nend\n', ['One line of b.csv', 'Line 4 has a quotation mark that is never closed']],
      ['c.csv', 'a,b,c\n1,2,3\n', ['The first line must name the columns']],
      ['d.jsonl', '{"text":"x","label":"a"}\n{"text":\n{"text":"y"}\n', ['2 lines of d.jsonl', 'Line 2 is not JSON', 'Line 3 has no label']],
      ['e.pdf', '%PDF', ['e.pdf is not a .csv, .tsv or .jsonl file']],
      ['f.csv', Buffer.from([0x6c, 0xe9, 0x2c, 0x0a]), ['f.csv is not UTF-8 text']],
      ['g.tsv', '', ['g.tsv has no examples']],
    ];
    for (const [name, content, expected] of cases) {
      await choose(page, name, content);
      for (const words of expected) await alert.filter({ hasText: words }).waitFor();
      equal(`examples of ${name}`, await examples(page), []);
      if (name === 'a.csv') continue;
      await alert.getByRole('button', { name: 'Close' }).click();
    }
    await choose(page, 'a.csv', 'label,text\nwarm,sun\ncold\n');
    await page.getByRole('button', { name: 'Add the 1 good line' }).click();
    equal('the good line', await examples(page), ['sun']);
  },

  async 'what would spoil the training is said'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const train = page.getByRole('button', { name: 'Train', exact: true });
    await page.waitForSelector('text=Name at least two labels.');
    const rows = ['a', 'b', 'c', 'd'].flatMap((word) => [`warm: ${word}`, `cold: not ${word}`]);
    const paste = async (text) => {
      await page.getByLabel('One example a line').fill(text);
      await page.getByRole('button', { name: 'Add these' }).click();
    };
    await page.getByText('Or paste them').click();
    await paste(rows.slice(0, 5).join('\n'));
    await page.waitForSelector('text=To begin you need 1 more of “warm” and 2 more of “cold”.');
    ensure(await train.isDisabled(), 'training is possible with five examples');
    await paste([...rows.slice(5), 'warm: a', 'warm: not b'].join('\n'));
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
