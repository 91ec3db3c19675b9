// A native peer: a process for each turn, which answers a line with a line.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { memory } from './processes.mjs';
import { here } from './server.mjs';

/** Starts it; resolves after its first answer, which is what `start` measures: from the start of the program. */
export async function open(variant, { model, adapters, python, program }) {
  const { peer, threads, dtype = 'f32' } = variant;
  const words = ['--model', model, '--threads', String(threads), '--dtype', dtype];
  const started = performance.now();
  const child = variant.python
    ? spawn(python, ['-W', 'ignore', join(here, `${peer}.py`), ...words, '--adapters', ...adapters])
    : spawn(program, ['turns', ...words, '--adapters', ...adapters]);
  let complaints = '';
  child.stderr.on('data', (data) => (complaints = (complaints + data).slice(-2000)));
  const ended = new Promise((resolve) => child.on('close', resolve).on('error', (error) => resolve((complaints = error.message))));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value);
    await ended;
    throw new Error(`${peer} ended: ${complaints.trim().split('\n').at(-1)}`);
  };
  const { version } = await answer();
  const start = performance.now() - started;
  return {
    start, version,
    ask(verb, request) {
      child.stdin.write(`${JSON.stringify({ do: verb, ...request })}\n`);
      return answer();
    },
    memory: async () => ({ process: memory(child.pid) }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
