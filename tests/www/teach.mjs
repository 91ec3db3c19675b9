// Teaching: the main job of the page.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choose, paste } from './collect.mjs';
import { ask, ensure, equal, root, TINY } from './site.mjs';

/** Fills in the sample; with `epochs` it is taught in so many passes, the ordinary way. */
export async function sample(page, epochs) {
  await page.getByRole('link', { name: 'Teach', exact: true }).click();
  await page.getByRole('button', { name: 'Try with 200 text messages' }).click();
  await page.getByText('Settings').click();
  if (epochs === undefined) return;
  await page.getByLabel('Way of learning').selectOption('many');
  await page.getByLabel('Passes over the examples').fill(String(epochs));
  await page.getByLabel('Passes over the examples').press('Tab');
}

export const train = (page) => page.getByRole('button', { name: 'Train', exact: true }).click();
export const step = async (site) => Number((await site.fact('step')).split(' ')[0]);

/** Waits until the run is at a step. */
export async function reach(page, least) {
  await page.waitForFunction((least) => parseInt(document.querySelector('[data-fact=step]')?.textContent ?? '') >= least, least);
}

export async function download(page, click) {
  const [file] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

export const checks = {
  async 'a few messages are taught, without a request'(site) {
    const page = await site.visit();
    await site.settled();
    site.requests.length = 0;
    await page.getByRole('link', { name: 'Teach', exact: true }).click();
    await page.getByRole('button', { name: 'Try with 200 text messages' }).click();
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    const words = await site.fact('result');
    const [right, of] = (await site.fact('right')).split(' of ').map(Number);
    // Each was asked about once, by one that had not learned it; half of them are spam.
    ensure(of === 200 && right >= 180 && right < 200, words);
    ensure(words.includes('Always saying “not spam” would get 100 of 200 right.'), words);
    // A browser looks by itself whether the service worker is still the newest.
    equal('requests', [await site.fact('requests'), site.requests.filter((path) => path !== '/sw.js')], ['0', []]);
    const rows = (await page.locator('td.cell').allInnerTexts()).map(Number);
    equal('the table', [rows[0] + rows[3], rows[1] + rows[2]], [right, 200 - right]);
    const mistakes = page.locator('section[aria-labelledby=mistakes-title] > ul > li');
    equal('mistakes listed', await mistakes.count(), Math.min(8, 200 - right));
    // Why the surest mistake was made says one that has not learned the text.
    const said = (await mistakes.first().locator('b').allInnerTexts())[1];
    await mistakes.first().locator('summary').click();
    await page.getByRole('button', { name: 'Which words mattered?' }).click();
    const why = await page.locator('[data-fact=why]').innerText();
    ensure(why.includes(`For ${said}:`) || why.includes('No single word'), why);
    // Its own skill, beside the others.
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('URGENT! You have won a 2000 pound prize, call 09061701461 now');
    await page.waitForSelector('[data-task^=run-] >> text=spam');
    return words;
  },

  async 'mails, some of 200 words, are read to their ends'(site) {
    const page = await site.visit('#teach');
    await choose(page, 'support.tsv', await readFile(join(root, 'tests/data/mails/support.tsv')));
    await page.getByRole('button', { name: 'Add 60 examples' }).click();
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    const [right, of] = (await site.fact('right')).split(' of ').map(Number);
    ensure(of === 60 && right >= 54, `${right} of ${of}`);
    await page.locator('main').getByText('Details', { exact: true }).last().click();
    equal('longer', await page.locator('dt:text-is("Longer") + dd').innerText(), 'none');
    return `${right} of ${of}`;
  },

  async 'texts that are not English are told before, and labels that mean nothing afterwards'(site) {
    const page = await site.visit('#teach');
    const texts = [
      'Wann kommt endlich mein Geld zurück?', 'Wo ist mein Paket, es sollte am Dienstag ankommen', 'Здравствуйте, где моя посылка?', 'Können Sie die Lieferung umleiten?',
      'The lamp is broken', 'The box never came to my house', 'I want my money back now', 'Where is the parcel that I ordered?',
    ];
    await paste(page, `text;label\n${texts.map((text, i) => `${text};${'ab'[i % 2]}`).join('\n')}\n`);
    await page.getByRole('button', { name: 'Add 8 examples' }).click();
    await page.getByText('4 of 8 texts are not in English').waitFor();
    await train(page);
    await page.getByText('After a first attempt').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: /^Stopped early/ }).waitFor();
    const findings = await page.locator('[data-fact=findings]').innerText();
    ensure(findings.includes('4 of 8 texts are not in English'), findings);
    ensure((await site.fact('result')).includes('It learned nothing that guessing would not reach.'), await site.fact('result'));
    // What was stopped gave what the first attempt knew, and can still learn on.
    await page.getByRole('button', { name: 'Resume training' }).click();
    await reach(page, 1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('The parcel is not here');
    await page.waitForSelector('[data-task^=run-][data-text="The parcel is not here"]');
  },

  async 'few examples are learned to the end, and the better of two is kept'(site) {
    const page = await site.visit(TINY);
    await sample(page);
    await page.getByLabel('Way of learning').selectOption('few');
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    const words = await site.fact('result');
    ensure(/better in a second test: \d+ of 200 instead of \d+|no better in a second test/.test(words), words);
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await page.getByText('200 examples', { exact: true }).waitFor();
    equal('runs left', await page.getByRole('button', { name: 'Resume' }).count(), 0);
  },

  async 'what was taught is read by the native program'(site) {
    const page = await site.visit(TINY);
    await sample(page, 3);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    const file = await download(page, () => page.getByRole('button', { name: 'Download' }).click());
    equal('name of the file', file.name, 'spam-or-not.safetensors');
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    const texts = ['Claim your prize now', 'see you at home', 'FREE entry, txt WIN to 80086', 'ok lor'];
    const native = await ask(site.program, ['predict'], texts, file.bytes);
    for (const [i, text] of texts.entries()) {
      await page.getByLabel('Text to sort').fill(text);
      const verdict = page.locator(`[data-task^=run-][data-text="${text}"] p.label`);
      await verdict.waitFor();
      const { label, scores } = native[i];
      const [found, score] = [await verdict.innerText(), Number(await verdict.locator('[data-score]').getAttribute('data-score'))];
      ensure(found.startsWith(label) && Math.abs(score - scores[label]) < 0.0011, `${text}: ${found}, not ${label} ${scores[label]}`);
    }
  },

  async 'a run is paused, taken up, stopped'(site) {
    const page = await site.visit(TINY);
    await sample(page, 100);
    await train(page);
    await reach(page, 3);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    const paused = await step(site);
    // Meanwhile the page is as usable as ever.
    await page.getByRole('link', { name: 'Try it' }).click();
    await page.getByRole('link', { name: /^Teach/ }).click();
    await page.waitForTimeout(1500);
    equal('step while paused', await step(site), paused);
    await page.getByRole('button', { name: 'Go on' }).click();
    await reach(page, paused + 5);
    await page.locator('main').getByText('Details', { exact: true }).click();
    const chart = await page.getByRole('img', { name: /^Chart/ }).getAttribute('aria-label');
    ensure(/Loss at step \d+: \d/.test(chart), `the chart says: ${chart}`);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: /^Stopped early/ }).waitFor();
    await page.waitForSelector('[data-fact=result]');
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await page.getByText('200 examples', { exact: true }).waitFor();
  },

  async 'skills answer while another is being taught'(site) {
    const page = await site.visit(TINY);
    await sample(page, 1);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await page.getByLabel('Passes over the examples').or(page.getByText('Settings')).first().click();
    await page.getByLabel('Passes over the examples').fill('100');
    await page.getByLabel('Passes over the examples').press('Tab');
    await train(page);
    await reach(page, 2);
    await page.getByRole('link', { name: 'Try it' }).click();
    await page.getByRole('radio', { name: 'Spam or not' }).check();
    await page.getByLabel('Text to sort').fill('a text in the meantime');
    await page.waitForSelector('[data-task^=run-][data-text="a text in the meantime"]');
    await page.getByRole('link', { name: /training/ }).click();
    const now = await step(site);
    await reach(page, now + 1);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.waitForSelector('[data-fact=result]');
  },
};
