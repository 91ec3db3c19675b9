// node run.mjs CHROMIUM GRAFTWORK [WORD]: the npm package in headless Chromium on WebGPU (SwiftShader) and on the CPU,
// against PyTorch's golden numbers and against the native program. With a word, only the checks whose names hold it.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { launch, withTimeout } from '../browser/launch.mjs';
import { checks as aborting } from './aborting.mjs';
import { checks as answers } from './answers.mjs';
import { checks as behaviour } from './behaviour.mjs';
import { checks as choices } from './choices.mjs';
import { checks as durable } from './durable.mjs';
import { checks as few } from './few.mjs';
import { checks as files } from './files.mjs';
import { checks as identity } from './identity.mjs';
import { checks as labelSets } from './label-sets.mjs';
import { checks as loading } from './loading.mjs';
import { checks as lost } from './lost.mjs';
import { checks as pairs } from './pairs.mjs';
import { checks as places } from './places.mjs';
import { checks as probes } from './probes.mjs';
import { checks as questions } from './questions.mjs';
import { checks as retained } from './retained.mjs';
import { checks as scores } from './scores.mjs';
import { root, serve } from './server.mjs';
import { checks as storage } from './storage.mjs';
import { checks as streams } from './streams.mjs';
import { checks as sharing } from './sharing.mjs';
import { checks as heads } from './heads.mjs';
import { checks as intents } from './intents.mjs';
import { checks as tagging } from './tagging.mjs';
import { checks as threads } from './threads.mjs';
import { checks as words } from './words.mjs';

/** Bytes that a user may download at most, with brotli. */
const LARGEST = 573_000;

const [browser, program, word = ''] = process.argv.slice(2);
const server = await serve();
const instance = await launch(browser);
let failed = 0;
try {
  if ('size'.includes(word)) await check('size', size);
  const all = {
    ...answers, ...labelSets, ...pairs, ...scores, ...tagging, ...intents, ...heads, ...questions, ...choices, ...words, ...streams, ...probes, ...few, ...files, ...identity, ...loading, ...places, ...behaviour, ...aborting, ...retained, ...threads, ...sharing, ...durable, ...storage, ...lost,
  };
  for (const [name, work] of Object.entries(all)) {
    if (name.includes(word)) await check(name, () => onPage(work));
  }
} finally {
  await instance.close();
  server.close();
}
console.log(failed === 0 ? 'npm package: all checks pass' : `npm package: ${failed} checks FAILED`);
process.exitCode = failed === 0 ? 0 : 1;

async function check(name, work) {
  const started = performance.now();
  let note = '';
  try {
    note = (await withTimeout(work(), 420_000)) ?? '';
  } catch (error) {
    failed += 1;
    note = `FAILED: ${error.message}`;
  }
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s ${note}`);
}

/** A page of its own, with nothing cached. */
async function onPage(work) {
  const context = await instance.newContext();
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) problems.push(message.text());
  });
  try {
    await page.goto(server.address);
    await page.waitForFunction(() => window.ready, null, { timeout: 120_000 });
    const note = await work({ page, server, program });
    if (problems.length > 0) throw new Error(problems.join('; '));
    return note;
  } finally {
    await context.close();
  }
}

async function size() {
  const dist = join(root, 'web/dist');
  const names = (await readdir(dist, { recursive: true })).filter((name) => /\.(js|wasm)$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => {
    const bytes = brotliCompressSync(await readFile(join(dist, name))).length;
    return { bytes, wasm: name.endsWith('.wasm') };
  }));
  // A user downloads one of the modules.
  const modules = sizes.filter((file) => file.wasm).map((file) => file.bytes);
  const all = sizes.filter((file) => !file.wasm).reduce((bytes, file) => bytes + file.bytes, Math.max(...modules));
  const note = `${all} bytes with brotli, of which wasm ${Math.max(...modules)} (the other module ${Math.min(...modules)})`;
  if (all > LARGEST) throw new Error(`${note}: more than ${LARGEST}`);
  return note;
}
