// The view of questions: answers marked in a pasted text.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure, equal, root, share } from './site.mjs';

/** With letters of two UTF-16 units before the answers: native places count code points. */
const TEXT = '😀🚂 Hi all, the train to Lisbon leaves at 9:40 from platform four.\nAnna has the tickets, Bo the map 😀. Bring water!';
const QUESTIONS = ['Who has the tickets?', 'From which platform does the train leave?', 'What does Bo have?'];
const answered = (number) => `[data-question="${number}"][data-answer]`;

/** Opens the view with a text, and asks. */
export async function ask(page, text, questions) {
  await page.getByRole('link', { name: 'Ask', exact: true }).click();
  await page.getByLabel('Text to ask about').fill(text);
  for (const question of questions) {
    await page.getByLabel('Your question').fill(question);
    await page.getByLabel('Your question').press('Enter');
  }
  for (const number of questions.keys()) await page.waitForSelector(answered(number + 1));
}

/** What is marked for a question, without the numbers. */
const marked = (page, number) => page.locator(`mark[data-numbers~="${number}"]`).evaluateAll((marks) =>
  marks.map((mark) => mark.firstChild.textContent).join(''));

export const checks = {
  async 'questions are answered as the native program answers them, and marked, without a request'(site) {
    const page = await site.visit();
    await site.settled();
    const sent = [];
    site.context.on('request', (request) => sent.push(request.url()));
    await ask(page, TEXT, QUESTIONS);
    const native = predict(site.program, QUESTIONS.map((question) => ({ question, context: TEXT })));
    for (const [i, { answer, start, score, answers }] of native.entries()) {
      const item = page.locator(answered(i + 1));
      equal(`answer to ${QUESTIONS[i]}`, await item.getAttribute('data-answer'), answer ?? '');
      if (answer === null) continue;
      const said = share(await item.locator('.best').innerText());
      ensure(Math.abs(said - score) < 0.0011, `${QUESTIONS[i]}: ${said}, not ${score}`);
      equal(`marked for ${QUESTIONS[i]}`, await marked(page, i + 1), answer);
      const at = await page.locator(`mark[data-numbers~="${i + 1}"]`).first().evaluate((mark) => {
        const range = document.createRange();
        range.setStart(mark.parentElement, 0);
        range.setEndBefore(mark);
        const before = range.cloneContents();
        before.querySelectorAll('sup').forEach((number) => number.remove());
        return [...before.textContent].length;
      });
      equal(`place of ${answer}`, at, start);
      // The next best stand elsewhere.
      const apart = answers.filter((other) => other.end <= start || start + [...answer].length <= other.start);
      const others = await item.locator('.other .text').allInnerTexts();
      ensure(others.length <= 2 && (apart.length === 0) === (others.length === 0), `${others.length} of ${apart.length} others`);
      equal(`next to ${answer}`, others.slice(0, 1), apart.slice(0, 1).map((other) => other.answer));
    }
    ensure(native.filter(({ answer }) => answer !== null).length >= 2, 'the program found nothing');
    equal('requests', [await site.fact('requests'), sent.filter((url) => !/^(blob|data):|favicon/.test(url))], ['0', []]);
    return native.map(({ answer }) => answer ?? 'nothing').join(', ');
  },

  async 'of a text can be asked again: another answer, another text, no answer'(site) {
    const page = await site.visit();
    await page.getByRole('link', { name: 'Ask', exact: true }).click();
    const button = page.getByRole('button', { name: 'Ask', exact: true });
    await page.getByLabel('Your question').fill('Who?');
    ensure(await button.isDisabled(), 'something is asked about nothing');
    await page.getByLabel('Text to ask about').fill(TEXT);
    await page.getByLabel('Your question').fill('   ');
    ensure(await button.isDisabled(), 'nothing is asked');
    await page.getByLabel('Your question').press('Enter');
    equal('questions', await page.locator('[data-question]').count(), 0);
    // One that the adapter is not sure of has other answers beside the best.
    await page.getByLabel('Your question').fill(QUESTIONS[1]);
    await button.click();
    await page.waitForSelector(answered(1));
    equal('the box is free for the next', await page.getByLabel('Your question').inputValue(), '');
    // One of the next best answers is shown in the text.
    const other = page.locator('.other').first();
    const words = await other.locator('.text').innerText();
    await other.click();
    equal('shown instead', await marked(page, 1), words);
    ensure(await other.getAttribute('aria-pressed') === 'true', 'it is not the one pressed');
    // The same is not asked twice; another text is read anew.
    await page.getByLabel('Your question').fill(QUESTIONS[1]);
    await button.click();
    equal('questions', await page.locator('[data-question]').count(), 1);
    await page.getByLabel('Your question').fill('Who has the tickets?');
    await button.click();
    await page.waitForSelector(answered(2));
    await page.getByLabel('Text to ask about').fill(TEXT.replace('Anna', 'Zacharias'));
    await page.waitForSelector('[data-answer*=Zacharias]');
    // What the text does not say is not made up, and is marked nowhere.
    await ask(page, 'The meeting is on Friday in room 4. Coffee is free.', []);
    await page.getByLabel('Your question').fill('How much did the president of Peru pay for the bridge?');
    await button.click();
    await page.locator(answered(3)).getByText('The text does not say').waitFor();
    equal('marked', await marked(page, 3), '');
    for (const question of [QUESTIONS[1], 'Who has the tickets?', 'How much did']) {
      await page.getByRole('button', { name: `Remove the question: ${question}` }).click();
    }
    equal('questions left', await page.locator('[data-question]').count(), 0);
    // A sample brings its own.
    await page.getByRole('button', { name: 'An email thread' }).click();
    for (const number of [1, 2, 3]) await page.waitForSelector(answered(number));
  },

  async 'a long text is read to its end, and what is hardly understood is said'(site) {
    const page = await site.visit();
    const filler = 'The weather was fine and nobody said a word about it. '.repeat(90);
    await ask(page, `${filler}Anna has the tickets.`, ['Who has the tickets?']);
    await page.waitForSelector('[data-answer*=Anna]');
    const box = page.getByRole('region', { name: 'The text with its answers' });
    const sees = () => box.evaluate((frame) => {
      const [mark, around] = [frame.querySelector('mark'), frame].map((node) => node.getBoundingClientRect());
      return around.height < 600 && mark.top >= around.top && mark.bottom <= around.bottom;
    });
    ensure(await sees(), 'the answer is out of sight');
    await box.evaluate((frame) => frame.scrollTo(0, 0));
    ensure(!(await sees()), 'the text is not long');
    await page.getByRole('button', { name: 'Anna', exact: true }).click();
    ensure(await sees(), 'the answer is out of sight after it was asked for');
    await page.getByLabel('Text to ask about').fill('მატარებელი მიდის დილით ცხრა საათზე. ბილეთები აქვს ანას.');
    await page.locator(answered(1)).locator('[data-care=uncovered]').waitFor();
    // The other views say so, too.
    await page.getByRole('link', { name: 'Try it', exact: true }).click();
    await page.getByLabel('Text to sort').fill('მატარებელი მიდის დილით');
    await page.waitForSelector('.verdict [data-care=uncovered]');
    await page.getByRole('link', { name: 'Names', exact: true }).click();
    await page.getByLabel('Text to look through').fill('მატარებელი მიდის დილით');
    await page.waitForSelector('.found [data-care=uncovered]');
  },

  async 'an adapter for questions from disk answers in its view'(site) {
    const page = await site.visit('#yours');
    const buffer = await readFile(join(root, 'www/public/adapters/questions.safetensors'));
    await page.locator('input[type=file]').setInputFiles({ name: 'mine.safetensors', mimeType: '', buffer });
    await page.getByRole('article', { name: 'mine' }).getByRole('button', { name: 'Try it' }).click();
    ensure(await page.getByRole('radio', { name: 'mine' }).isChecked(), 'it is not the chosen one');
    await ask(page, TEXT, QUESTIONS.slice(0, 1));
    await page.waitForSelector('[data-answer*=Anna]');
  },
};

function predict(program, questions) {
  const args = ['predict', '--quiet', '--json', '--device', 'cpu', '--backbone', 'sentence-transformers/all-MiniLM-L6-v2', '--top-k', '8',
    '--adapter', join(root, 'www/public/adapters/questions.safetensors'), '--format', 'jsonl', '--input', '-'];
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const done = spawnSync(program, args, { input, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr}${done.error ?? ''}`);
  return done.stdout.trim().split('\n').map((line) => JSON.parse(line));
}
