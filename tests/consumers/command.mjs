// Programs that a check runs.
import { spawn } from 'node:child_process';

/** Runs a program to its end; what it printed is the error's message when it fails. */
export async function run(program, args, cwd) {
  // npm is a script on Windows, and wants a shell there.
  const child = spawn(program, args, { cwd, shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const status = await new Promise((done, fail) => child.on('error', fail).on('close', done));
  if (status !== 0) throw new Error(`\`${program} ${args.join(' ')}\` failed (${status}):\n${output}`);
  return output;
}
