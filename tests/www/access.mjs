// For everybody: axe on every view and state, both themes, desktop and phone; the main job by keyboard alone.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sample, train, reach } from './teach.mjs';
import { ask } from './ask.mjs';
import { begin, both } from './label.mjs';
import { choose, paste } from './collect.mjs';
import { mark } from './names.mjs';
import { ensure, equal, root, TINY, until } from './site.mjs';

const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** Everything that axe finds in the page as it stands, in both themes and sizes; and whatever sticks out at the side. */
export async function examine(page, axe, what) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await until(page, () => document.getAnimations().every(({ playState }) => playState !== 'running'));
      const { violations } = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
      const found = violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
      equal(`${what}, ${size}, ${colorScheme}`, found, []);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      ensure(width <= viewport.width, `${what}, ${size}: ${width} pixels wide`);
    }
  }
  await page.setViewportSize(SIZES.desktop);
}

export const checks = {
  async 'axe finds nothing in any view'(site) {
    const axe = await readFile(join(root, 'www/node_modules/axe-core/axe.min.js'), 'utf8');
    const { page } = site;
    site.before = (request) => request.url.startsWith('/golden/') && Boolean(request.destroy());
    await page.goto(site.server.address + TINY);
    await page.getByRole('alert').waitFor();
    await examine(page, axe, 'failed to load');
    site.before = () => false;
    await page.getByRole('button', { name: 'Retry' }).click();
    await site.ready();
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await examine(page, axe, 'nothing to teach');
    await sample(page, 100);
    const labels = Array.from({ length: 120 }, (_, i) => `a text of some words, no. ${i};${['Label', 'label'][i % 2]} ${i % 60}`);
    await paste(page, `text;label\n${labels.join('\n')}\nnone here, sorry;\n`);
    await page.getByText('60 labels are too many.').waitFor();
    await page.getByText('Looks wrong?').click();
    await examine(page, axe, 'a table before it is added');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await choose(page, 'a.pdf', '%PDF');
    await page.getByRole('alert').filter({ hasText: 'is a PDF' }).waitFor();
    await examine(page, axe, 'examples');
    await page.getByRole('button', { name: 'Clear all' }).click();
    await examine(page, axe, 'a question');
    await page.getByRole('button', { name: 'Keep' }).click();
    await train(page);
    await reach(page, 12);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('main').getByText('Details', { exact: true }).click();
    await examine(page, axe, 'training');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.waitForSelector('[data-fact=result]');
    await page.locator('section[aria-labelledby=mistakes-title] summary').first().click();
    await page.getByRole('button', { name: 'Which words mattered?' }).click();
    await page.waitForSelector('[data-fact=why]');
    await page.locator('main').getByText('Details', { exact: true }).click();
    await examine(page, axe, 'result');
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await examine(page, axe, 'yours');
    await page.getByText('1 version', { exact: true }).click();
    await page.getByText('Its report', { exact: true }).click();
    await page.getByRole('button', { name: 'Duplicate Spam or not' }).click();
    await page.getByRole('article', { name: 'Spam or not (copy)' }).waitFor();
    await examine(page, axe, 'versions of a project');
    await page.getByRole('article', { name: 'Spam or not', exact: true }).getByRole('button', { name: 'Download …' }).click();
    await examine(page, axe, 'ways to download a project');
    await page.keyboard.press('Escape');
    await page.locator('input[type=file]').setInputFiles({ name: 'a.graftwork', mimeType: '', buffer: Buffer.from('meow') });
    await page.getByRole('alert').waitFor();
    await examine(page, axe, 'a file that is no project');
    await page.getByRole('button', { name: 'Open Spam or not (copy)' }).click();
    await page.locator('summary', { hasText: 'Projects' }).click();
    await examine(page, axe, 'a list of projects');
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.getByRole('button', { name: 'Delete Spam or not (copy)' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('“Spam or not (copy)” is deleted.').waitFor();
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('a text');
    await page.waitForSelector('[data-task^=run-]');
    await page.getByRole('button', { name: 'Which words mattered?' }).click();
    await page.waitForSelector('[data-fact=why]');
    await examine(page, axe, 'an answer');
    await page.getByRole('radio', { name: 'Topic' }).check();
    await page.getByRole('alert').waitFor();
    await examine(page, axe, 'an adapter that does not fit');
    await mark(page);
    await page.getByRole('button', { name: 'lives', exact: true }).first().click();
    await examine(page, axe, 'words to be named');
    await page.getByRole('button', { name: 'Learn', exact: true }).click();
    await page.waitForSelector('[data-fact=lesson]');
    await examine(page, axe, 'names are learned');
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.waitForSelector('[data-by^=names-]');
    await examine(page, axe, 'names in a text');
  },

  async 'axe finds nothing where a list is sorted'(site) {
    const axe = await readFile(join(root, 'www/node_modules/axe-core/axe.min.js'), 'utf8');
    const page = await site.visit('#lists');
    await examine(page, axe, 'no list');
    const rows = Array.from({ length: 64 }, (_, i) => `${i};=a text of some words, to be sorted with no. ${i}`);
    await choose(page, 'list.csv', `id;text\n${rows.join('\n')}\n`);
    await page.getByRole('button', { name: 'Sort 64 rows' }).waitFor();
    await examine(page, axe, 'a list before it is sorted');
    await page.getByRole('button', { name: 'Sort 64 rows' }).click();
    await page.getByText('64 rows are sorted.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Download as csv' }).click();
    await page.getByText('64 cells begin like a formula').waitFor();
    await examine(page, axe, 'a sorted list');
    await page.locator('.line[aria-rowindex="2"]').getByRole('button').first().click();
    await examine(page, axe, 'an open row');
    await page.getByRole('button', { name: 'Right' }).click();
    await page.getByRole('button', { name: '1 new: teach again' }).waitFor();
    await examine(page, axe, 'a row that was put right');
    await page.waitForTimeout(800);
    await page.reload();
    await page.getByText('Your last list is kept').waitFor();
    await examine(page, axe, 'a list that was kept');
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await page.getByRole('button', { name: '1 new: teach again' }).waitFor();
    await examine(page, axe, 'something new to learn');
  },

  async 'axe finds nothing where texts are labelled one by one'(site) {
    const axe = await readFile(join(root, 'www/node_modules/axe-core/axe.min.js'), 'utf8');
    const page = await site.visit(`${TINY}#teach`);
    await begin(page, 12);
    await examine(page, axe, 'the first text');
    await both(page);
    await page.locator('[data-fact=guess] b').waitFor();
    await page.getByText('Keys', { exact: true }).click();
    await examine(page, axe, 'a text with a suggestion');
    await page.locator('.desk .text').focus();
    await page.keyboard.press('n');
    await examine(page, axe, 'a new label');
    await page.keyboard.press('Escape');
    await page.locator('[data-fact=vectors]').waitFor({ state: 'detached' });
    await page.locator('.desk .text').focus();
    await page.keyboard.press('a');
    await page.getByText('Beside each is the label that it would give').waitFor();
    await examine(page, axe, 'similar texts');
    await page.keyboard.press('Escape');
    while (await page.locator('.desk p.text').count() > 0) await page.keyboard.press('1');
    await examine(page, axe, 'all of them are labelled');
    await page.getByRole('button', { name: /^(To the training|Look at)/ }).first().click();
    await examine(page, axe, 'some texts without a label');
  },

  async 'a list is sorted with the keyboard alone'(site) {
    const page = await site.visit();
    const { focused, tabTo } = keyboard(page);
    await tabTo(/^A\s+Lists/);
    await page.keyboard.press('Enter');
    await tabTo(/^SUMMARY\s+Or paste them/);
    await page.keyboard.press('Enter');
    await tabTo(/-paste$/);
    await page.keyboard.insertText('Win a prize, call now!\nSee you at eight\n');
    await tabTo(/^BUTTON\s+Look at them/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sort 2 rows' }).waitFor();
    ensure(/^H2/.test(await focused()), `the focus is on ${await focused()}`);
    await tabTo(/^BUTTON\s+Sort 2 rows/);
    await page.keyboard.press('Enter');
    await page.getByText('2 rows are sorted.', { exact: true }).waitFor();
    ensure(/^H2/.test(await focused()), `while it is sorted the focus is on ${await focused()}`);
    await tabTo(/The least sure first/);
    await page.keyboard.press('Space');
    await tabTo(/^BUTTON\s+(Win a prize|See you)/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await tabTo(/^BUTTON\s+✓\s+Right/);
    await page.keyboard.press('Enter');
    await page.locator('[data-corrected]').waitFor();
    await tabTo(/^BUTTON\s+Undo/);
    await page.keyboard.press('Enter');
    await page.locator('[data-corrected]').waitFor({ state: 'detached' });
    await tabTo(/^BUTTON\s+Another list/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Or paste them').waitFor();
    ensure(/ main$/.test(await focused()), `after that the focus is on ${await focused()}`);
  },

  async 'axe finds nothing where a text is asked, and where it has several labels'(site) {
    const axe = await readFile(join(root, 'www/node_modules/axe-core/axe.min.js'), 'utf8');
    const page = await site.visit('#ask');
    await examine(page, axe, 'nothing to ask');
    await ask(page, `Anna has the tickets. ${'Nobody said a word about it. '.repeat(60)}`, ['Who has the tickets?', 'How much is a house in Peru?']);
    await examine(page, axe, 'answers');
    await page.locator('.other').first().click();
    await examine(page, axe, 'another answer');
    await page.getByRole('link', { name: 'Try it', exact: true }).click();
    await page.getByRole('radio', { name: 'Emotions' }).check();
    await page.getByLabel('Text to sort').fill('Thank you so much, I love it!');
    await page.waitForSelector('[data-task=emotions]');
    await examine(page, axe, 'several labels');
  },

  async 'a pasted table is put right and added with the keyboard alone'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const { focused, tabTo } = keyboard(page);
    await tabTo(/^SUMMARY\s+Or paste them/);
    await page.keyboard.press('Enter');
    await tabTo(/-paste$/);
    await page.keyboard.insertText('<html>');
    await tabTo(/^BUTTON\s+Look at them/);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'What you pasted is a web page' }).waitFor();
    ensure(/^BUTTON\s+Close/.test(await focused()), `after a failure the focus is on ${await focused()}`);
    await page.keyboard.press('Enter');
    ensure(/^SUMMARY/.test(await focused()), `after that the focus is on ${await focused()}`);
    await tabTo(/-paste$/);
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('win a prize\tSpam\nfree money\tspam\nsee you\tham\n');
    await tabTo(/^BUTTON\s+Look at them/);
    await page.keyboard.press('Enter');
    await page.getByText('3 examples, 2 labels').waitFor();
    ensure(/^H3/.test(await focused()), `the focus is on ${await focused()}`);
    await tabTo(/^SELECT Column 2 is/);
    await page.keyboard.press('ArrowUp');
    equal('swapped', await page.getByLabel('Column 1 is').inputValue(), 'label');
    await page.keyboard.press('ArrowDown');
    await page.getByText('3 examples, 2 labels').waitFor();
    await tabTo(/^INPUT\s.*as one label/);
    await page.keyboard.press('Space');
    await page.getByText('3 examples, 3 labels').waitFor();
    await tabTo(/^BUTTON\s+Add 3 examples/);
    await page.keyboard.press('Enter');
    await page.getByText('3 examples added').waitFor();
    await tabTo(/^BUTTON\s+Undo/);
    await page.keyboard.press('Enter');
    await page.getByText('Taken back.').waitFor();
    ensure(/Taken back/.test(await focused()), `after that the focus is on ${await focused()}`);
  },

  async 'a text is asked with the keyboard alone'(site) {
    const page = await site.visit();
    const { focused, tabTo } = keyboard(page);
    await tabTo(/^A\s+Ask/);
    await page.keyboard.press('Enter');
    await tabTo(/ ask-text$/);
    await page.keyboard.insertText('Anna has the tickets. The train leaves at nine.');
    await tabTo(/ question$/);
    await page.keyboard.type('Who has the tickets?');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-question="1"][data-answer]');
    ensure(/ question$/.test(await focused()), `after a question the focus is on ${await focused()}`);
    await tabTo(/^BUTTON\s+Anna\s*$/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    equal('shown', await page.locator('.other[aria-pressed=true]').count(), 1);
    await tabTo(/The text with its answers/);
    await tabTo(/Remove the question/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    equal('questions', await page.locator('[data-question]').count(), 0);
    ensure(/ question$/.test(await focused()), `after it went the focus is on ${await focused()}`);
  },

  async 'a classifier is taught with the keyboard alone'(site) {
    const page = await site.visit(TINY);
    const { focused, tabTo } = keyboard(page);
    await page.keyboard.press('Tab');
    ensure(/Skip to the content/.test(await focused()), `the first stop is ${await focused()}`);
    await tabTo(/^A\s+Teach/);
    await page.keyboard.press('Enter');
    await tabTo(/new-label/);
    await page.keyboard.type('ham, spam');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 4; i += 1) {
      for (const [label, text] of [['ham', `see you at ${i}`], ['spam', `win prize ${i}`]]) {
        await tabTo(/ example$/);
        await page.keyboard.type(text);
        await tabTo(new RegExp(`^BUTTON\\s+${label}\\s*$`));
        await page.keyboard.press('Enter');
        await page.waitForSelector(`text=Added as ${label}`);
      }
    }
    await tabTo(/ name$/);
    await page.keyboard.type('By hand');
    await tabTo(/^BUTTON\s+Train\s*$/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-fact=result]');
    await tabTo(/^BUTTON\s+Try it\s*$/);
    await page.keyboard.press('Enter');
    await tabTo(/ text$/);
    await page.keyboard.type('win a prize');
    await page.waitForSelector('[data-task^=run-][data-text="win a prize"]');
    // Tasks are one stop, and arrows choose.
    await tabTo(/^INPUT.*By hand/s);
    await page.keyboard.press('ArrowUp');
    ensure(await page.getByRole('radio', { name: 'Emotions' }).isChecked(), 'the arrow key chose nothing');
  },

  async 'projects are opened, renamed, taken back and downloaded with the keyboard alone'(site) {
    const page = await site.visit(`${TINY}#teach`);
    const { focused, tabTo } = keyboard(page);
    await tabTo(/new-label/);
    await page.keyboard.type('ham, spam');
    await page.keyboard.press('Enter');
    await tabTo(/^SUMMARY\s+Projects/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    ensure(/^SUMMARY\s+Projects/.test(await focused()), `after Escape the focus is on ${await focused()}`);
    equal('menu', await page.getByRole('button', { name: 'New project' }).isVisible(), false);
    await page.keyboard.press('Enter');
    await tabTo(/^BUTTON\s+New project/);
    await page.keyboard.press('Enter');
    await until(page, () => document.querySelectorAll('[aria-label^="Label "]').length === 0);
    ensure(/ name$/.test(await focused()), `in a new project the focus is on ${await focused()}`);
    await page.keyboard.type('Second');
    await tabTo(/^SUMMARY\s+Projects/);
    await page.keyboard.press('Enter');
    await tabTo(/^BUTTON\s+ham or spam/);
    await page.keyboard.press('Enter');
    await page.getByLabel('Label 2').waitFor();
    await tabTo(/^BUTTON\s+Undo: adding labels/);
    await page.keyboard.press('Enter');
    await page.getByLabel('Label 2').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+Shift+z');
    await page.getByLabel('Label 2').waitFor();
    await tabTo(/^A\s+Yours/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await tabTo(/^INPUT Name of Second/);
    await page.keyboard.type('Third');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'Third' }).waitFor();
    await tabTo(/^BUTTON\s+Download …/);
    await page.keyboard.press('Enter');
    await tabTo(/^BUTTON\s+The whole project/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    equal('name of the file', file.suggestedFilename(), 'third.graftwork');
    await page.keyboard.press('Escape');
    ensure(/^BUTTON\s+Download …/.test(await focused()), `after that the focus is on ${await focused()}`);
  },
};

/** Where the focus is, and ways to move it. */
function keyboard(page) {
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    const label = element.labels?.[0]?.textContent ?? '';
    return `${element.tagName} ${element.getAttribute('aria-label') ?? ''} ${label} ${element.textContent} ${element.id}`;
  });
  /** Presses Tab until what has the focus is the one wanted. */
  const tabTo = async (wanted, key = 'Tab') => {
    for (let presses = 0; presses < 80; presses += 1) {
      if (wanted.test(await focused())) return;
      await page.keyboard.press(key);
    }
    throw new Error(`no way by keyboard to ${wanted}`);
  };
  return { focused, tabTo };
}
