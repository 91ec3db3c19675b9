// Teaching: the main job of the page.
import { readFile } from 'node:fs/promises';
import { ask, ensure, equal, share, TINY } from './site.mjs';

/** Fills in the sample; `epochs` is the number of passes. */
export async function sample(page, epochs) {
  await page.getByRole('link', { name: 'Teach', exact: true }).click();
  await page.getByRole('button', { name: 'Try with 200 text messages' }).click();
  await page.getByText('Settings').click();
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
  async 'teaching raises the accuracy on real messages, without a request'(site) {
    const page = await site.visit();
    await site.settled();
    site.requests.length = 0;
    await sample(page, 1);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    const words = await site.fact('result');
    const [after, before, guessing] = words.match(/[\d.]+ %/g).map(share);
    ensure(after >= before + 0.2 && after >= guessing + 0.2, words);
    equal('requests', [await site.fact('requests'), site.requests], ['0', []]);
    const rows = await page.locator('td.cell').allInnerTexts();
    const right = Number(rows[0]) + Number(rows[3]);
    equal('the table’s sum', rows.reduce((all, count) => all + Number(count), 0), 40);
    ensure(Math.abs(right / 40 - after) < 0.001, `the table says ${right} of 40, the page ${after}`);
    equal('mistakes listed', await page.locator('section[aria-labelledby=mistakes-title] > ul > li').count(), Math.min(8, 40 - right));
    // Its own skill, beside the others.
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('URGENT! You have won a 2000 pound prize, call 09061701461 now');
    await page.waitForSelector('[data-task^=run-] >> text=spam');
    return words;
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
      const found = await verdict.innerText();
      ensure(found.startsWith(label) && Math.abs(share(found) - scores[label]) < 0.0011, `${text}: ${found}, not ${label} ${scores[label]}`);
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
