// The native program, on the CPU: what the page is compared with.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './server.mjs';

export const tinyBert = join(root, 'tests/golden/tiny-bert');

/** Lines of JSON that the program answers to texts; `adapter` is a path, or bytes of a file, `backbone` a folder. */
export async function ask(program, words, texts, adapter, backbone = tinyBert) {
  const folder = await mkdtemp(join(tmpdir(), 'graftwork-'));
  try {
    let path = adapter;
    if (typeof adapter !== 'string' && adapter !== undefined) {
      path = join(folder, 'adapter.safetensors');
      await writeFile(path, Buffer.from(adapter));
    }
    const args = [...words, '--backbone', backbone, '--device', 'cpu', '--quiet', '--json', '--input', '-'];
    if (path !== undefined) args.push('--adapter', path);
    const done = spawnSync(program, args, { input: `${texts.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}${done.error ?? ''}`);
    return done.stdout.trim().split('\n').map((line) => JSON.parse(line));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * A training run of the tiny backbone: its log, one line a step, and what it printed. `words` are options, in which EXAMPLES is
 * the file of `examples`, rows, OTHERS that of `others`, and ADAPTER one of `adapter`, bytes to begin with.
 */
export async function train(program, examples, words, { command = 'train', adapter, others = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'graftwork-'));
  try {
    const file = join(folder, 'train.jsonl');
    const rows = (path, all) => writeFile(path, all.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await rows(file, examples);
    const [log, out] = [join(folder, 'log'), join(folder, 'out')];
    const files = { EXAMPLES: file, OTHERS: join(folder, 'others.jsonl'), ADAPTER: join(folder, 'adapter.safetensors') };
    await rows(files.OTHERS, others);
    if (adapter !== undefined) await writeFile(files.ADAPTER, Buffer.from(adapter));
    const args = [command, '--backbone', tinyBert, '--device', 'cpu', '--quiet', '--json', '--train', file, '--out', out,
      '--log', log, ...words.map((word) => String(word).replace(/EXAMPLES|OTHERS|ADAPTER/, (name) => files[name]))];
    const done = spawnSync(program, args, { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}${done.error ?? ''}`);
    const lines = (await readFile(log, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
    return { steps: lines.filter((line) => line.loss !== undefined && line.lr !== undefined), found: JSON.parse(done.stdout) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The largest difference between two lists of rows; an error unless it is within bounds. */
export function compare(what, found, expected, bound) {
  if (found.length !== expected.length) throw new Error(`${what}: ${found.length} rows, not ${expected.length}`);
  let worst = 0;
  expected.forEach((row, i) => {
    if (found[i].length !== row.length) throw new Error(`${what}, row ${i}: ${found[i].length} numbers, not ${row.length}`);
    row.forEach((value, k) => {
      const difference = Math.abs(found[i][k] - value);
      // NaN compares false with everything, so what is asked for is being in bounds.
      if (!(difference <= bound)) throw new Error(`${what}, row ${i}: ${found[i][k]}, not ${value}`);
      worst = Math.max(worst, difference);
    });
  });
  return worst;
}

export function equal(what, found, expected) {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}
