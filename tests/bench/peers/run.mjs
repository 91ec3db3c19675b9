// node run.mjs --model FOLDER --out FOLDER [--chromium FILE] [--program FILE] [--python FILE] [--rounds 5] [--threads 1,2]
// [--gpu software|hardware] [--only WORDS,WORDS]: graftwork and its peers in turns, in the same browser and natively. Writes
// `peers.json` and `peers.html`. `cargo xtask bench --peers` prepares everything and calls this.
//
// A round is a turn of everybody, and each round begins with another one, so that a machine that is slow for a while is so
// for all. What is missing here, or computes something else, is in the result with the reason.
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeAdapters } from './adapters.mjs';
import * as browser from './browser.mjs';
import { bytes } from './bytes.mjs';
import { check } from './check.mjs';
import { lackOfPython, machine } from './machine.mjs';
import * as native from './native.mjs';
import { page } from './plots.mjs';
import { results, summarise } from './results.mjs';
import { serve } from './server.mjs';
import { turn } from './turn.mjs';
import { REFERENCE, variants } from './variants.mjs';
import { work as makeWork } from './work.mjs';

const { values: options } = parseArgs({
  options: {
    chromium: { type: 'string' }, model: { type: 'string' }, out: { type: 'string' }, program: { type: 'string' },
    python: { type: 'string' }, rounds: { type: 'string', default: '5' }, threads: { type: 'string', default: '1,2' },
    gpu: { type: 'string', default: 'software' }, only: { type: 'string', default: '' },
  },
});
const began = performance.now();
const rounds = Number(options.rounds);
const pythonLacks = lackOfPython(options.python);
const scratch = await mkdtemp(join(tmpdir(), 'graftwork-peers-'));
// Profiles are large: they go when the run is cut off, too, once the browser that writes them has been closed.
process.on('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => setTimeout(() => process.exit(130), 2000));
const adapters = await makeAdapters(join(scratch, 'adapters'), options.model);
const server = await serve(options.model, join(scratch, 'adapters'));
try {
  const way = { chromium: options.chromium, gpu: options.gpu, server, profiles: scratch };
  const here = machine(options.chromium ? await browser.describe(way, server.address) : { version: 'none', gpu: null });
  const work = await makeWork(options.model);
  const places = {
    browser: (variant) => browser.open(variant, way),
    native: (variant) => native.open(variant, { ...options, adapters }),
  };
  const all = chosen().map((variant) => ({ variant, turns: [], missing: lacking(variant, here), bytes: null, check: null }));
  const loads = [];

  for (const one of all.filter(({ missing }) => missing === null)) await first(one, places);
  for (let round = 0; round < rounds; round++) {
    const order = all.map((_, i) => all[(i + round) % all.length]);
    for (const one of order) await inTurn(one, round, places, work, here);
    if (round === 0) compare(all);
    loads.push(loadavg()[0]);
  }

  const minutes = (performance.now() - began) / 60_000;
  const found = results({ machine: here, rounds, loads, minutes, all });
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, 'peers.json'), `${JSON.stringify(found, null, 1)}\n`);
  await writeFile(join(options.out, 'peers.html'), page(found));
  console.log(summarise(found));
  console.log(`\n${minutes.toFixed(0)} minutes. Next: open ${join(options.out, 'peers.html')}`);
} finally {
  server.close();
}

function chosen() {
  const alternatives = options.only.toLowerCase().split(',').map((words) => words.trim().split(/\s+/));
  const wanted = ({ name, place }) => alternatives.some((words) => words.every((word) => `${place} ${name}`.toLowerCase().includes(word)));
  const found = variants(options.threads.split(',').map(Number));
  if (!found.some(wanted)) throw new Error(`nobody is named like --only '${options.only}'`);
  // Whoever is compared with is measured in any case.
  return found.filter((variant) => wanted(variant) || REFERENCE.includes(variant.name));
}

/** Why it cannot be measured here, or null. */
function lacking(variant, { gpu }) {
  if (variant.place === 'browser' && options.chromium === undefined) return 'there is no Chromium';
  if (onGpu(variant) && gpu === null) return 'this browser has no WebGPU here';
  if (variant.peer === 'bench' && options.program === undefined) return 'graftwork\'s program was not built';
  if (['transformers', 'onnx_runtime'].includes(variant.peer) && !existsSync(join(options.model, 'onnx/model_quantized.onnx'))) {
    return 'there is no ONNX file of the model, which is made with Python';
  }
  return variant.python ? pythonLacks : null;
}

function onGpu({ device }) {
  return device === 'gpu' || device === 'webgpu';
}

/** The first visit, or the first start of a program: fills the caches, and what it downloads is counted. */
async function first(one, places) {
  console.error(`first visit: ${one.variant.name}`);
  server.asked.clear();
  await attempt(one, async () => {
    const peer = await places[one.variant.place](one.variant);
    await peer.close();
    if (one.variant.place === 'browser') one.bytes = await bytes(server.asked);
  });
}

async function inTurn(one, round, places, work, here) {
  const slow = onGpu(one.variant) && here.gpu?.software === true;
  if (one.missing !== null || (slow && round > 0)) return one.turns.push(null);
  const started = performance.now();
  await attempt(one, async () => one.turns.push(await turn(places[one.variant.place], one.variant, work, slow)));
  console.error(`round ${round + 1} of ${rounds}: ${one.variant.name}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

async function attempt(one, what) {
  try {
    await what();
  } catch (error) {
    one.missing = error.message.split('\n')[0];
    console.error(`${one.variant.name}: ${error.message}`);
  }
}

/** Whoever computes something else is out of it. */
function compare(all) {
  const reference = REFERENCE.map((name) => all.find(({ variant, turns }) => variant.name === name && turns[0])).find(Boolean);
  if (reference === undefined) throw new Error(`there is nothing to compare with: ${REFERENCE.join(' and ')} cannot run`);
  for (const one of all.filter((one) => one.turns[0] && one !== reference)) {
    one.check = check(one.variant, one.turns[0], reference.turns[0]);
    one.missing = one.check.wrong;
  }
}
