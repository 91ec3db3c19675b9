// The words that an answer stands on, and answers that are in doubt.
import { ensure, equal } from './site.mjs';

const type = async (page, text) => {
  await page.getByLabel('Text to sort').fill(text);
  await page.waitForSelector(`[data-task][data-text="${text}"]`);
};
const ask = (page) => page.getByRole('button', { name: 'Which words mattered?' }).click();

export const checks = {
  async 'the words that mattered are marked, and said'(site) {
    const page = await site.visit();
    await page.getByRole('radio', { name: 'Sentiment' }).check();
    await type(page, 'The film is long, but the cast is a wonderful joy to watch.');
    await page.waitForSelector('[data-task=sentiment]');
    await ask(page);
    const why = page.locator('[data-fact=why]');
    await why.waitFor();
    const marked = await why.locator('mark.pro').allInnerTexts();
    ensure(marked.some((word) => /wonderful|joy/.test(word)), `marked are: ${marked}`);
    const words = await why.getByRole('status').innerText();
    ensure(marked.every((word) => words.includes(word.replace(/[.,]$/, ''))), `${words} does not say ${marked}`);
    equal('the text', (await why.locator('.marked').innerText()), 'The film is long, but the cast is a wonderful joy to watch.');
    equal('requests', await site.fact('requests'), '0');
    // Another text has other words: what was found goes.
    await type(page, 'Two hours of noise in search of a story.');
    await page.getByRole('button', { name: 'Which words mattered?' }).waitFor();
    equal('left over', await why.count(), 0);
  },

  async 'asking for words holds up nothing, and ends when something else is asked'(site) {
    const page = await site.visit();
    const long = `${'The committee met again and spoke of many things at length. '.repeat(40)}It was dull.`;
    await type(page, long);
    await ask(page);
    await page.getByRole('progressbar', { name: 'Asking again without each word' }).waitFor();
    await type(page, 'a short text');
    await page.getByRole('button', { name: 'Which words mattered?' }).waitFor();
    equal('still asking', await page.getByRole('progressbar').count(), 0);
    // It can be stopped, too.
    await type(page, long);
    await ask(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Which words mattered?' }).waitFor();
  },

  async 'an answer in doubt says so, and none is certain'(site) {
    const page = await site.visit();
    const doubt = page.locator('[data-fact=doubt]');
    await type(page, 'WINNER!! Claim your free prize now, call 09061701461 before midnight');
    await page.waitForSelector('[data-task=spam]');
    equal('sure', [await doubt.count(), /100 %/.test(await page.locator('main').innerText())], [0, false]);
    await type(page, 'Здравствуйте, где моя посылка?');
    await doubt.waitFor();
    await page.getByText('This does not look like English').waitFor();
    ensure((await page.locator('.verdict [role=status]').textContent()) !== undefined, 'nothing is said aloud');
    await page.waitForFunction(() => /not sure/.test(document.querySelector('.verdict [role=status]')?.textContent ?? ''));
  },
};
