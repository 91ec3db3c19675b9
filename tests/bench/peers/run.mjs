// node run.mjs CHROMIUM MODEL_DIR [ROUNDS]: graftwork and transformers.js with the same model in the same browser, in
// turns. MODEL_DIR is what `export.py` makes; `web/dist`, `npm ci --ignore-scripts` in this folder and `npm ci` in
// tests/browser come first.
//
// First answer: from the start of the navigation, all files in the browser's caches. Throughput: a call with 8 texts of
// 64 tokens, and one with 32 text messages, which transformers.js pads to the longest. Code: what a first visit loads.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { chromium } from '../../browser/node_modules/playwright-core/index.mjs';
import { messages } from '../../web/golden.mjs';
import { serve } from './server.mjs';

const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
const CPU = { model: MODEL, device: 'cpu' };
const WASM = { model: MODEL, device: 'wasm', library: 'transformers' };
const VARIANTS = {
  'graftwork': { ...CPU, library: 'graftwork' },
  'graftwork, label': { ...CPU, library: 'graftwork', adapter: 'minilm-cases/double_seq_bn-flex' },
  'transformers.js, 1 thread': { ...WASM, dtype: 'fp32', threads: 1 },
  'transformers.js, 2 threads': { ...WASM, dtype: 'fp32', threads: 2 },
  'transformers.js, 8 bits, its defaults': { ...WASM, dtype: 'q8' },
};
const CALLS = 5;

const [browser, model, rounds = '5'] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const server = await serve(here, model, MODEL);
const profile = await mkdtemp(join(tmpdir(), 'graftwork-peers-'));
const context = await chromium.launchPersistentContext(profile, { executablePath: browser, args: ['--no-sandbox'] });
try {
  const texts = {
    // 62 words that are one token each, between [CLS] and [SEP].
    long: Array.from({ length: 8 }, (_, i) => Array.from({ length: 62 }, (_, k) => ((i + k) % 3 ? 'free' : 'phone')).join(' ')),
    sms: (await messages(32)).map((row) => row.text),
  };
  const seen = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, { first: [], long: [], sms: [] }]));
  for (const [name, settings] of Object.entries(VARIANTS)) {
    server.code.clear();
    const { vectors, device } = await visit(settings, texts, 1);
    Object.assign(seen[name], { vectors, device, code: [...server.code] });
  }
  for (let round = 0; round < Number(rounds); round++) {
    for (const [name, settings] of Object.entries(VARIANTS)) {
      const { first, long, sms } = await visit(settings, texts, CALLS);
      for (const [key, value] of Object.entries({ first, long, sms })) seen[name][key].push(value);
    }
    const firsts = Object.values(seen).map(({ first, long, sms }) => [first, long, sms].map((all) => all.at(-1).toFixed(0)).join(' '));
    console.error(`round ${round + 1} of ${rounds}: ${firsts.join(', ')}`);
  }
  await report(seen);
} finally {
  await context.close();
  server.close();
  await rm(profile, { recursive: true });
}

async function visit(settings, texts, calls) {
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  try {
    await page.goto(`${server.address}?${new URLSearchParams(settings)}`);
    await page.waitForFunction(() => window.firstAnswer, null, { timeout: 300_000 });
    return await page.evaluate(measure, { texts, calls });
  } catch (error) {
    throw new Error([error.message, ...problems].join('; '), { cause: error });
  } finally {
    await page.close();
  }
}

/** Runs in the page: milliseconds, medians over the calls. */
async function measure({ texts, calls }) {
  const { embed, device } = window.opened;
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const time = async (some) => {
    const all = [];
    for (let i = 0; i < calls; i++) {
      const started = performance.now();
      await embed(some);
      all.push(performance.now() - started);
    }
    return median(all);
  };
  const vectors = (await embed(texts.sms)).map((row) => [...row]);
  await embed(texts.long);
  return { first: window.firstAnswer, long: await time(texts.long), sms: await time(texts.sms), vectors, device };
}

async function report(seen) {
  const compress = promisify(brotliCompress);
  const sizes = new Map();
  const size = async (file) => {
    if (!sizes.has(file)) sizes.set(file, compress(await readFile(file)).then((bytes) => bytes.length));
    return sizes.get(file);
  };
  const ours = seen.graftwork;
  console.log(`${cpus().length} cores of ${cpus()[0].model}, Chromium ${context.browser()?.version() ?? ''}, medians of ${rounds}`);
  for (const [name, found] of Object.entries(seen)) {
    const code = (await Promise.all(found.code.map(size))).reduce((sum, bytes) => sum + bytes, 0);
    const alike = Math.min(...found.vectors.map((row, i) => cosine(row, ours.vectors[i])));
    console.log(`\n${name} (${found.device})`);
    // Those of the library's first variant: the others find them in the browser's cache.
    if (code > 0) console.log(`  code ${code} bytes with brotli in ${found.code.length} files`);
    console.log(`  least cosine with graftwork's vectors ${alike.toFixed(7)}`);
    for (const key of ['first', 'long', 'sms']) {
      // Each round against the same round: the machine may be slower in some.
      const ratio = median(found[key].map((value, i) => value / ours[key][i]));
      const spread = `${Math.min(...found[key]).toFixed(0)}-${Math.max(...found[key]).toFixed(0)}`;
      console.log(`  ${key}: ${median(found[key]).toFixed(0)} ms (${spread}), ${ratio.toFixed(2)} times graftwork's`);
    }
  }
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
