// The first view: a text, a task, the answer.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure, equal, root, share } from './site.mjs';

const TEXTS = {
  'Spam filter': 'WINNER!! Claim your free prize now, call 09061701461 before midnight',
  Sentiment: 'A warm, funny film that trusts its audience.',
  Topic: 'The vaccine protects against three strains of the virus.',
};
const FEELINGS = [
  'Thank you so much, this made my day! I love it.',
  'I am so sorry, I was wrong and I feel terrible about it.',
  'Why would anybody do that? This is disgusting and makes me furious.',
];
const FILES = { 'Spam filter': 'spam', Sentiment: 'sentiment', Topic: 'topic' };

export const checks = {
  async 'shipped adapters are what the page says they are'() {
    const source = await readFile(join(root, 'www/src/engine/shipped.ts'), 'utf8');
    const cards = [...source.matchAll(/file: '(.*?)',\s+sha256: '(.*?)',\s+bytes: ([\d_]+)/g)];
    equal('cards', cards.length, 6);
    for (const [, file, sha256, bytes] of cards) {
      const path = join(root, 'www/public', file);
      equal(`SHA-256 of ${file}`, sha256, createHash('sha256').update(await readFile(path)).digest('hex'));
      equal(`bytes of ${file}`, Number(bytes.replaceAll('_', '')), (await stat(path)).size);
    }
    // The page and the task runner pin the same backbone.
    const pins = await readFile(join(root, 'crates/xtask/src/model/pins.rs'), 'utf8');
    const choice = await readFile(join(root, 'www/src/language/backbones.ts'), 'utf8');
    const hashes = [...choice.matchAll(/'([0-9a-f]{64})'/g)].map(([, hash]) => hash);
    equal('pins', hashes.map((hash) => pins.includes(hash)), [true, true, true]);
    ensure(pins.includes(/revision: '(\w{40})'/.exec(choice)[1]), 'the revision is not that of pins.rs');
  },

  async 'the spam filter knows messages of today'({ program }) {
    const file = await readFile(join(root, 'tests/data/messages/test.tsv'), 'utf8');
    const rows = file.trim().split('\n').slice(1).map((line) => line.split('\t'));
    equal('messages', rows.length, 80);
    const answers = predict(program, 'spam', ...rows.map(([, text]) => text));
    const wrong = rows.filter(([label], i) => answers[i].label !== label).map(([label, text]) => `${label}: ${text}`);
    ensure(wrong.length <= 6, `${wrong.length} wrong:\n${wrong.join('\n')}`);
    // What the README shows, and what the page offers to try.
    const shown = ['WIN a free phone! Text CLAIM to 80082', 'Your parcel is on hold. Pay the fee at the link below to release it.'];
    equal('shown', predict(program, 'spam', ...shown).map(({ label }) => label), ['spam', 'spam']);
    return `${rows.length - wrong.length} of ${rows.length} right`;
  },

  async 'each shipped adapter answers like the native program, without a request'(site) {
    const page = await site.visit();
    await site.settled();
    site.requests.length = 0;
    const sent = [];
    site.context.on('request', (request) => sent.push(request.url()));
    const notes = [];
    for (const [task, text] of Object.entries(TEXTS)) {
      await page.getByRole('radio', { name: task }).check();
      await page.getByLabel('Text to sort').fill(text);
      await page.waitForSelector(`[data-task=${FILES[task]}][data-text="${text}"]`);
      const verdict = await page.locator('.verdict p.label').innerText();
      const [, label] = /^(\S+)\s+(.*%)/.exec(verdict) ?? [];
      const score = Number(await page.locator('.verdict [data-score]').getAttribute('data-score'));
      const [native] = predict(site.program, FILES[task], text);
      equal(`${task}: label`, label, native.label);
      ensure(Math.abs(score - native.scores[label]) < 0.0011, `${task}: ${score}, not ${native.scores[label]}`);
      notes.push(`${label} ${score}`);
    }
    equal('requests by the page’s count', await site.fact('requests'), '0');
    equal('requests by the browser', sent.filter((url) => !/^(blob|data):/.test(url)), []);
    // A browser looks by itself, some time after a page was opened, whether the service worker is still the newest.
    equal('requests by the server', site.requests.filter((path) => path !== '/sw.js'), []);
    return notes.join(', ');
  },

  async 'several labels of a text are those that the native program gives, and none is said'(site) {
    const page = await site.visit();
    await page.getByRole('radio', { name: 'Emotions' }).check();
    const notes = [];
    for (const text of FEELINGS) {
      await page.getByLabel('Text to sort').fill(text);
      await page.waitForSelector(`[data-task=emotions][data-text="${text}"]`);
      const [native] = predict(site.program, 'emotions', text);
      equal(`labels of ${text}`, await page.locator('.verdict .one').allInnerTexts(), native.labels);
      const given = page.locator('.verdict li:not(.off)');
      equal(`their bars for ${text}`, await given.locator('.label').allInnerTexts(), native.labels);
      for (const [i, score] of (await given.locator('.number').allInnerTexts()).entries()) {
        const label = native.labels[i];
        ensure(Math.abs(share(score) - native.scores[label]) < 0.0011, `${text}: ${label} ${score}, not ${native.scores[label]}`);
      }
      if (native.labels.length === 0) await page.getByText('None of its labels fits.').first().waitFor();
      notes.push(native.labels.length);
    }
    ensure(Math.max(...notes) > 1, `never two labels: ${notes}`);
    return `${notes.join(', ')} labels`;
  },

  async 'every skill answers at once, and a late answer never replaces a newer one'(site) {
    const page = await site.visit();
    const box = page.getByLabel('Text to sort');
    await box.pressSequentially('Congratulations, you have won a prize, call now');
    await box.fill('Are we still on for lunch on Friday?');
    await page.waitForSelector('[data-text="Are we still on for lunch on Friday?"] >> text=not spam');
    await page.waitForFunction(() => document.querySelectorAll('.skills .answer').length === 4);
    equal('text of the answer', await page.locator('.verdict').getAttribute('data-text'), await box.inputValue());
    await page.getByRole('button', { name: /^Your parcel/ }).click();
    await page.waitForSelector('[data-text^="Your parcel"]');
    await box.fill('');
    await page.waitForSelector('text=The answer appears here');
  },
};

function predict(program, adapter, ...texts) {
  const args = ['predict', '--quiet', '--json', '--device', 'cpu', '--backbone', 'sentence-transformers/all-MiniLM-L6-v2',
    '--adapter', join(root, `www/public/adapters/${adapter}.safetensors`), '--input', '-'];
  const done = spawnSync(program, args, { input: `${texts.join('\n')}\n`, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr}${done.error ?? ''}`);
  return done.stdout.trim().split('\n').map((line) => JSON.parse(line));
}
