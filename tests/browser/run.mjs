// node run.mjs WORK CHROMIUM: serves the page on loopback, lets headless Chromium do the work on
// WebGPU (SwiftShader, so that it needs no GPU) and compares its answer with WORK/native.json.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const [work, browser] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  // Browsers ask for it unasked; without an answer they log an error.
  if (path === `${sep}favicon.ico`) return response.writeHead(204).end();
  const file = path.startsWith(`${sep}work${sep}`)
    ? join(work, path.slice(5))
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

const instance = await chromium.launch({
  executablePath: browser,
  args: [
    '--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});

const wasm = await readFile(join(here, 'pkg/graftwork_browser_test_bg.wasm'));
const kilobytes = (bytes) => `${Math.round(bytes.length / 1000)} kB`;
console.log(`module: ${kilobytes(wasm)}, with brotli ${kilobytes(brotliCompressSync(wasm))}`);

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
  const started = performance.now();
  const answer = await withTimeout(page.evaluate(() => window.answer()), 300_000);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const native = JSON.parse(await readFile(join(work, 'native.json'), 'utf8'));
  console.log(`native: ${native.device}; page: ${answer.device || 'WebGPU'}, ${seconds} s`);
  problems.push(...compare(native.rows, answer.rows));
} finally {
  await instance.close();
  server.close();
}
for (const problem of problems) console.error(`FAILED: ${problem}`);
if (problems.length === 0) console.log('browser test: the page and the native program agree');
process.exitCode = problems.length === 0 ? 0 : 1;

// Differences per row are held against 1e-4 absolute plus 1e-4 relative.
function compare(native, page) {
  const names = Object.keys(native);
  if (names.length === 0) return ['the native answer is empty'];
  if (names.join() !== Object.keys(page).join()) {
    return [`rows differ: native ${names}, page ${Object.keys(page)}`];
  }
  return names.flatMap((name) => {
    const [a, b] = [native[name], page[name]];
    if (a.length === 0 || a.length !== b.length) {
      return [`${name}: native has ${a.length} numbers, the page ${b.length}`];
    }
    const differences = a.map((value, i) => Math.abs(value - b[i]));
    // NaN compares false with everything, so what is asked for is being in bounds.
    const wrong = differences.findIndex((d, i) => !(d <= 1e-4 + 1e-4 * Math.abs(a[i])));
    const worst = differences.reduce((x, y) => Math.max(x, y), 0);
    console.log(`  ${name}: ${a.length} numbers, largest difference ${worst.toExponential(2)}`);
    return wrong < 0 ? [] : [`${name}[${wrong}]: native ${a[wrong]}, page ${b[wrong]}`];
  });
}

function withTimeout(promise, milliseconds) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer after ${milliseconds / 1000} s`)), milliseconds).unref();
  });
  return Promise.race([promise, late]);
}
