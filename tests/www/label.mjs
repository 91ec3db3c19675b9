// Texts without a label get one, one at a time: by keys, with suggestions, several alike at once.
import { choose, paste } from './collect.mjs';
import { ensure, equal, TINY, until } from './site.mjs';
import { load } from './source.mjs';

const WORDS = { thanks: 'thank you so much, it is lovely, kind regards', order: 'where is my parcel, the order number is' };
/** Texts of two kinds in turns, each with a number. */
export const texts = (count) => Array.from({ length: count }, (_, i) => `${Object.values(WORDS)[i % 2]} ${i}`);
const kind = (text) => Object.keys(WORDS).find((name) => text.startsWith(WORDS[name]));

export const shown = (page) => page.locator('.desk .text').innerText();
const labelled = (page, words) => page.locator('[data-fact=labelled]', { hasText: new RegExp(`^${words}$`) }).waitFor();
export const waiting = (page, count) => page.getByRole('heading', { name: `${count} texts have no label yet` }).waitFor();
const guess = (page, label) => page.locator('[data-fact=guess]', { hasText: `It would say ${label} (` }).waitFor();

/** Pastes texts and begins to label them. */
export async function begin(page, count) {
  await paste(page, texts(count).join('\n'));
  await page.getByRole('button', { name: `Label ${count} texts one by one` }).click();
  await labelled(page, `0 of ${count}`);
}

/** Gives the text that is shown a new label. */
export async function fresh(page, name, key = 'n') {
  if (key !== '') await page.keyboard.press(key);
  await page.locator('.desk form.new input').fill(name);
  await page.keyboard.press('Enter');
}

/** A label of each kind. */
export async function both(page) {
  const first = kind(await shown(page));
  await fresh(page, first, '');
  await labelled(page, '1 of [\\d,]+');
  while (kind(await shown(page)) === first) await page.keyboard.press('s');
  await fresh(page, kind(await shown(page)));
  await labelled(page, '2 of [\\d,]+');
}

export const checks = {
  async 'labelling: texts are labelled by keys with suggestions, skipped and taken back, and a reload loses none'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await begin(page, 24);
    await both(page);
    // The suggestion is taken by Enter, another label by its number.
    await page.locator('[data-fact=guess] b').waitFor();
    const said = await page.locator('[data-fact=guess] b').innerText();
    const before = await shown(page);
    await page.keyboard.press('Enter');
    await labelled(page, '3 of 24');
    const example = (text) => page.locator('section[aria-labelledby=list-title] li', { hasText: text }).locator('select');
    await page.keyboard.press('2');
    await labelled(page, '4 of 24');
    await page.keyboard.press('u');
    await labelled(page, '3 of 24');
    await page.keyboard.press('Control+z');
    await labelled(page, '2 of 24');
    equal('shown again', await shown(page), before);
    await guess(page, said);
    await page.keyboard.press('Enter');
    const skipped = await shown(page);
    await page.keyboard.press('s');
    ensure((await shown(page)) !== skipped, 'what was skipped is still shown');
    await page.keyboard.press('u');
    equal('what was skipped', await shown(page), skipped);
    // A label that differs in case only is the same.
    await fresh(page, (await page.locator('.desk .word').first().innerText()).toUpperCase());
    await labelled(page, '4 of 24');
    equal('labels', await page.locator('.desk .word').count(), 2);
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    equal('as it was said', await example(before).inputValue(), said);
    await waiting(page, 20);
    await page.waitForTimeout(300);
    await page.reload();
    await waiting(page, 20);
    await page.getByText('4 examples', { exact: true }).waitFor();
    await site.ready();
    await page.getByRole('button', { name: 'Label them one by one' }).click();
    await page.locator('[data-fact=guess] b').waitFor();
  },

  async 'labelling: the last text, and those that were skipped'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await begin(page, 3);
    await page.keyboard.press('Tab');
    await page.locator('.desk .text').focus();
    await page.keyboard.press('s');
    await fresh(page, 'one', '');
    await labelled(page, '1 of 3');
    await page.keyboard.press('1');
    await page.getByText('Only those that you skipped are left.').waitFor();
    await page.getByText('There is one label only').waitFor();
    await page.getByRole('button', { name: 'Look at the 1 again' }).click();
    await fresh(page, 'two');
    await page.getByText('All of them have a label.').waitFor();
    await page.keyboard.press('u');
    await labelled(page, '2 of 3');
    await page.keyboard.press('1');
    await page.getByRole('button', { name: 'To the training' }).click();
    await page.getByText('3 examples', { exact: true }).waitFor();
  },

  async 'labelling: similar texts get a label together, and lose it in one step'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await begin(page, 40);
    await both(page);
    await page.locator('[data-fact=vectors]').waitFor({ state: 'detached' });
    await page.keyboard.press('a');
    const ticks = page.getByRole('list', { name: 'Similar texts' }).getByRole('checkbox');
    await ticks.first().waitFor();
    equal('no more than', await ticks.count(), 20);
    await page.getByText('Beside each is the label that it would give').waitFor();
    for (const tick of await ticks.all()) await tick.uncheck();
    for (const tick of (await ticks.all()).slice(0, 4)) await tick.check();
    await page.getByText('The text above and 4 others will be:').waitFor();
    // A number works wherever the focus is in there.
    await page.keyboard.press('1');
    await labelled(page, '7 of 40');
    await page.keyboard.press('u');
    await labelled(page, '2 of 40');
    await page.keyboard.press('a');
    await ticks.first().waitFor();
    await page.keyboard.press('Escape');
    equal('closed', await ticks.count(), 0);
  },

  async 'labelling: ten thousand texts are labelled at once, while they are looked at, which can be stopped'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await choose(page, 'many.json', JSON.stringify(texts(10_000).map((text, i) => ({ id: i, text }))));
    await page.getByRole('button', { name: 'Label 10,000 texts one by one' }).click();
    await page.locator('[data-fact=vectors]').waitFor();
    await both(page);
    for (let i = 3; i < 8; i += 1) {
      await page.keyboard.press(`${1 + (i % 2)}`);
      await labelled(page, `${i} of 10,000`);
    }
    ensure(await page.locator('[data-fact=vectors]').isVisible(), 'all were looked at before one was labelled');
    await page.getByRole('button', { name: 'Stop that' }).click();
    equal('stopped', await page.locator('[data-fact=vectors]').count(), 0);
    await page.locator('.desk .text').focus();
    await page.keyboard.press('1');
    await labelled(page, '8 of 10,000');
  },

  async 'labelling: of more than ten labels one is found by its letters'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const names = Array.from({ length: 12 }, (_, i) => `kind ${String.fromCharCode(97 + i)}`);
    await page.getByLabel('New label').fill(names.join(', '));
    await page.keyboard.press('Enter');
    await begin(page, 6);
    await page.keyboard.press('0');
    await labelled(page, '1 of 6');
    await page.keyboard.press('/');
    await page.getByLabel('Find a label').fill('D L');
    equal('found', await page.locator('.desk .word').allInnerTexts(), ['kind l']);
    await page.keyboard.press('Enter');
    await labelled(page, '2 of 6');
    equal('all again', await page.locator('.desk .word').count(), 12);
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    const given = await page.locator('section[aria-labelledby=list-title] select').evaluateAll((all) => all.map(({ value }) => value));
    equal('given', given, ['kind l', 'kind j']);
  },

  async 'labelling: what is asked about next'() {
    const { alike, doubtful, middles, mostDifferent, spread } = await load('label/order.ts');
    const at = (degrees) => Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
    const space = new Map([['a', at(0)], ['a too', at(10)], ['b', at(90)], ['b too', at(80)], ['between', at(44)], ['almost a', at(20)], ['far', at(200)]]);
    const vectorOf = (text) => space.get(text);
    const labels = middles([{ text: 'a', label: 'a' }, { text: 'a too', label: 'a' }, { text: 'b', label: 'b' }, { text: 'no vector', label: 'c' }], vectorOf);
    equal('middles', labels.map(([x, y]) => Math.round((Math.atan2(y, x) * 180) / Math.PI)), [5, 90]);
    // What is like one that is asked about already is left out.
    equal('doubtful first', doubtful(['almost a', 'b too', 'between', 'unknown'], labels, vectorOf, 2), ['between', 'b too']);
    equal('then', doubtful(['b too', 'almost a'], labels, vectorOf, 2), ['almost a', 'b too']);
    equal('most different', [mostDifferent(['a too', 'far', 'b'], ['a'], vectorOf), mostDifferent(['unknown'], ['a'], vectorOf)], ['far', null]
      .map((one) => one ?? undefined));
    equal('alike', alike('a', [...space.keys()], vectorOf, 0.9, 5), ['a too', 'almost a']);
    equal('alike, one', alike('a', [...space.keys()], vectorOf, 0.5, 1), ['a too']);
    const order = spread(Array.from({ length: 100 }, (_, i) => i));
    equal('all of them', [...order].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
    ensure([0, 1, 2, 3].every((quarter) => order.slice(0, 12).some((i) => Math.floor(i / 25) === quarter)), 'the first are not from all over');
  },
};
