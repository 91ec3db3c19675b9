// Serves the package, the golden files and a hub's layout on loopback, under a strict content security policy.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Shelf } from './shelf.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
export const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/**
 * Starts it; `requests` has every path that was asked for. What is put on `shelf` lies under `/shelf/`, and at
 * `elsewhere`, which is another origin that lets every page read, but no page send unusual headers.
 */
export async function serve() {
  const requests = [];
  const shelf = new Shelf();
  const other = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    requests.push(path);
    response.setHeader('Access-Control-Allow-Origin', '*');
    shelf.answer(path.slice(1), request, response);
  });
  const elsewhere = await listen(other);
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)).replaceAll(sep, '/');
    requests.push(path);
    response.setHeader('Content-Security-Policy', `${policy} ${elsewhere}`);
    if (path === '/favicon.ico') return response.writeHead(204).end();
    // A hub answers for large files with an address elsewhere.
    const hub = /^\/hub\/graft\/(\w+)\/resolve\/v1\/(.*)$/.exec(path);
    const places = { tiny: '/golden/tiny-bert/', adapter: '/golden/tiny-cases/double_seq_bn-flex/', far: `${elsewhere}far/` };
    if (hub) return response.writeHead(302, { Location: `${places[hub[1]]}${hub[2]}` }).end();
    if (path.startsWith('/shelf/')) return shelf.answer(path.slice(7), request, response);
    const [, folder, rest] = /^\/(golden|dist|slow|cut)\/(.*)$/.exec(path) ?? [];
    const files = {
      golden: `tests/golden/${rest}`, slow: `tests/golden/${rest}`, cut: `tests/golden/${rest}`, dist: `web/dist/${rest}`,
    };
    try {
      const file = files[folder] ?? `tests/web/${path === '/' ? 'index.html' : path}`;
      const bytes = await readFile(join(root, file));
      const headers = { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Length': bytes.length };
      response.writeHead(200, headers);
      const large = path.endsWith('model.safetensors');
      if (folder === 'slow' && large) response.write(bytes.subarray(0, 100_000));
      else if (folder === 'cut' && large) response.write(bytes.subarray(0, 100_000), () => response.destroy());
      else response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  const address = await listen(server);
  const close = () => [server, other].forEach((one) => one.close().closeAllConnections());
  return { requests, shelf, address, elsewhere, close };
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}/`;
}
