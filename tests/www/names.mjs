// The view of names: entities marked in a text, and taught by marking words.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { download } from './teach.mjs';
import { ensure, equal, root, share, stored, TINY } from './site.mjs';

const TEXT = 'Lionel Messi flew from Barcelona to Miami on Friday 😀, said Anna.';
const LINES = ['Ada lives in Rome', 'Bob went to Oslo', 'Eva has seen Lima', 'Zoë likes Cairo', 'Ida lives in Bonn'];

/** Opens the view, and adds texts to be marked. */
export async function mark(page, lines = LINES) {
  await page.getByRole('link', { name: 'Names', exact: true }).click();
  await page.getByLabel('Texts, one a line').fill(lines.join('\n'));
  await page.getByRole('button', { name: 'Add these texts' }).click();
  const texts = page.getByRole('article', { name: 'A text to mark' });
  for (const [i, line] of lines.entries()) {
    const words = line.split(' ');
    for (const [word, type] of [[words[0], 'person'], [words.at(-1), 'place']]) {
      await texts.nth(i).getByRole('button', { name: word, exact: true }).click();
      const known = texts.nth(i).getByRole('button', { name: type, exact: true });
      if (await known.count() > 0) await known.click();
      else {
        await texts.nth(i).getByLabel('A new name for these words').fill(type);
        await texts.nth(i).getByRole('button', { name: 'Name it' }).click();
      }
    }
  }
}

export const checks = {
  async 'names in a text are those that the native program finds, without a request'(site) {
    const page = await site.visit();
    await site.settled();
    const sent = [];
    site.context.on('request', (request) => sent.push(request.url()));
    await page.getByRole('link', { name: 'Names', exact: true }).click();
    await page.getByLabel('Text to look through').fill(TEXT);
    await page.waitForSelector(`[data-by=names][data-text="${TEXT}"]`);
    const native = predict(site.program, TEXT);
    const marks = await page.locator('.marked mark').all();
    equal('how many', marks.length, native.entities.length);
    ensure(marks.length > 0, 'nothing was found');
    for (const [i, { text, type, score }] of native.entities.entries()) {
      equal('words', await marks[i].locator('.words').innerText(), text);
      const said = await marks[i].locator('.type').innerText();
      ensure(said.startsWith(type) && Math.abs(share(said) - score) < 0.0011, `${said}, not ${type} ${score}`);
    }
    equal('the text is whole', (await page.locator('.marked').evaluate((p) => {
      const copy = p.cloneNode(true);
      copy.querySelectorAll('.type').forEach((type) => type.remove());
      return copy.textContent.trim().replace(/\s+/g, ' ').replace(/ ([,.])/g, '$1');
    })), TEXT);
    // The browser gets the icon when it likes.
    equal('requests', sent.filter((url) => !/^(blob|data):|favicon/.test(url)), []);
    return native.entities.map(({ text, type }) => `${text}: ${type}`).join(', ');
  },

  async 'names are taught by marking words, kept, learned and found'(site) {
    const page = await site.visit(TINY);
    await mark(page);
    await stored(page, 'marks', 1);
    await page.waitForTimeout(400);
    await page.reload();
    await site.ready();
    equal('kept', await site.fact('marks'), '5 texts; 5 person, 5 place');
    // A mark is taken away, and given to two words at once.
    const first = page.getByRole('article', { name: 'A text to mark' }).first();
    await first.getByRole('button', { name: /^Ada: person/ }).click();
    equal('taken away', await site.fact('marks'), '5 texts; 4 person, 5 place');
    await first.getByRole('button', { name: 'Ada', exact: true }).click();
    await first.getByRole('button', { name: 'lives', exact: true }).click();
    await first.getByText('“Ada lives” is a').waitFor();
    await first.getByRole('button', { name: 'Cancel' }).click();
    await first.getByRole('button', { name: 'Ada', exact: true }).click();
    await first.getByRole('button', { name: 'person', exact: true }).click();
    await page.getByLabel('What is it to be called?').fill('People and places');
    await page.getByRole('button', { name: 'Learn', exact: true }).click();
    await page.waitForSelector('[data-fact=lesson]');
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to look through').fill(LINES[1]);
    await page.waitForSelector(`[data-by^=names-][data-text="${LINES[1]}"]`);
    const found = await page.locator('.marked mark .words').allInnerTexts();
    equal('found', found, ['Bob', 'Oslo']);
    await page.getByRole('link', { name: 'Yours', exact: true }).click();
    await page.getByRole('article', { name: 'People and places' }).getByRole('button', { name: 'Try it' }).click();
    ensure(await page.getByRole('radio', { name: /People and places/ }).isChecked(), 'it is not the chosen one');
    // It sorts no texts, so it is not among those that do.
    await page.getByRole('link', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').waitFor();
    equal('among the skills', await page.getByRole('radio', { name: /People and places/ }).count(), 0);
  },

  async 'a lesson that was cut off or stopped goes on, and gives the same bytes'(site) {
    const page = await site.visit(TINY);
    await mark(page);
    // More texts, without marks: a lesson of a few seconds.
    const more = Array.from({ length: 80 }, (_, i) => `text ${i} `.repeat(12).trim());
    await page.getByLabel('Texts, one a line').fill(more.join('\n'));
    await page.getByRole('button', { name: 'Add these texts' }).click();
    const learn = page.getByRole('button', { name: 'Learn', exact: true });
    /** At the first step; from here it might be too late. */
    const early = (action) => page.evaluate((action) => new MutationObserver((_, observer) => {
      if (!document.body.textContent.includes('Learning: ')) return;
      observer.disconnect();
      if (action === 'reload') location.reload();
      else [...document.querySelectorAll('button')].find(({ textContent }) => textContent === action).click();
    }).observe(document.body, { subtree: true, childList: true, characterData: true }), action);
    const result = async () => {
      await page.waitForSelector('[data-fact=lesson]');
      await page.getByRole('link', { name: 'Yours', exact: true }).click();
      const { bytes } = await download(page, () => page.getByRole('button', { name: 'Download' }).first().click());
      await page.getByRole('link', { name: 'Names', exact: true }).click();
      return bytes;
    };
    await learn.click();
    const whole = await result();
    await page.getByRole('button', { name: 'Mark more' }).click();

    await early('reload');
    await Promise.all([page.waitForEvent('load'), learn.click()]);
    await site.ready();
    await page.getByText(/^“My names” was interrupted at step \d+ of \d+\.$/).waitFor();
    // It is this view's run: the other teacher has none.
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await page.getByRole('button', { name: 'Try with 200 text messages' }).waitFor();
    equal('runs of the other view', await page.getByRole('button', { name: 'Resume' }).count(), 0);
    await page.getByRole('link', { name: 'Names', exact: true }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    ensure(whole.equals(await result()), 'the resumed lesson gave other bytes than the whole one');

    await page.getByRole('button', { name: 'Mark more' }).click();
    equal('runs left', await page.getByRole('button', { name: 'Resume' }).count(), 0);
    await early('Stop');
    await learn.click();
    ensure(/was stopped early/.test(await site.fact('lesson')), 'it was not stopped');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.waitForSelector('[data-fact=lesson]:not(:has-text("stopped early"))');
    ensure(whole.equals(await result()), 'the lesson that was stopped and resumed gave other bytes');
  },
};

function predict(program, text) {
  const args = ['predict', '--quiet', '--json', '--device', 'cpu', '--backbone', 'sentence-transformers/all-MiniLM-L6-v2',
    '--adapter', join(root, 'www/public/adapters/names.safetensors'), '--input', '-'];
  const done = spawnSync(program, args, { input: `${text}\n`, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr}${done.error ?? ''}`);
  return JSON.parse(done.stdout);
}
