// node run.mjs NATIVE CHROMIUM: serves the page and the golden files on loopback, lets headless Chromium do the work on
// WebGPU (SwiftShader, so that it needs no GPU) and compares its answer with the native one in the file NATIVE and with
// PyTorch's in the golden files.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, withTimeout } from './launch.mjs';

const [nativeFile, browser] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  // Browsers ask for it unasked; without an answer they log an error.
  if (path === `${sep}favicon.ico`) return response.writeHead(204).end();
  const file = path.startsWith(`${sep}golden${sep}`)
    ? join(here, '..', path)
    : join(here, path === sep ? 'index.html' : path);
  try {
    const bytes = await readFile(file);
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const instance = await launch(browser);

const seconds = (started) => `${((performance.now() - started) / 1000).toFixed(1)} s`;
const problems = [];
try {
  const page = await instance.newPage();
  // Whatever the page says goes to the log; what it calls an error fails the test.
  page.on('console', (message) => {
    console.error(`page: ${message.text()}`);
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => window.answer, null, { timeout: 60_000 });
  const native = JSON.parse(await readFile(nativeFile, 'utf8'));
  for (const hardware of [false, true]) {
    const started = performance.now();
    const answer = await withTimeout(page.evaluate((choice) => window.answer(choice), hardware), 300_000);
    const kernels = hardware ? 'kernels of hardware' : 'its own kernels';
    console.log(`native: ${native.device}; page: ${answer.device || 'WebGPU'}, ${kernels}, ${seconds(started)}`);
    problems.push(...compare('native', native.rows, answer.rows));
    problems.push(...compare('PyTorch', native.golden, answer.rows));
  }
  const started = performance.now();
  const compiled = await withTimeout(page.evaluate(() => window.compile()), 300_000);
  console.log(`shaders: ${compiled.count} variants compiled in ${seconds(started)}`);
  if (compiled.count < 100) problems.push(`only ${compiled.count} variants of shaders`);
  problems.push(...compiled.problems);
} finally {
  await instance.close();
  server.close();
}
for (const problem of problems) console.error(`FAILED: ${problem}`);
if (problems.length === 0) console.log('browser test: the page and the native program agree');
process.exitCode = problems.length === 0 ? 0 : 1;

// Every row that is expected must be there, with every number within 1e-4 of the largest in its row: gradients are small.
function compare(whose, expected, found) {
  const problems = [];
  const names = Object.keys(expected);
  if (names.length === 0) problems.push(`${whose}: nothing to compare with`);
  let numbers = 0;
  let worst = { difference: -1, name: 'nothing' };
  for (const name of names) {
    const [a, b] = [expected[name], found[name] ?? []];
    if (a.length === 0 || a.length !== b.length) {
      problems.push(`${name}: ${whose} has ${a.length} numbers, the page ${b.length}`);
      continue;
    }
    const differences = a.map((value, i) => Math.abs(value - b[i]));
    // NaN compares false with everything, so what is asked for is being in bounds.
    const bound = 1e-4 * Math.max(1e-3, ...a.map(Math.abs));
    const wrong = differences.findIndex((difference) => !(difference <= bound));
    if (wrong >= 0) problems.push(`${name}[${wrong}]: ${whose} ${a[wrong]}, page ${b[wrong]}`);
    numbers += a.length;
    const difference = differences.reduce((x, y) => Math.max(x, y), 0);
    if (!(difference <= worst.difference)) worst = { difference, name };
  }
  console.log(`page against ${whose}: ${names.length} rows, ${numbers} numbers, `
    + `largest difference ${worst.difference.toExponential(2)} in ${worst.name}`);
  return problems;
}
