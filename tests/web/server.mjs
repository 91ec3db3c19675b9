// Serves the package, the golden files and a hub's layout on loopback, under a strict content security policy.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
export const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/** Starts it; `requests` has every path that was asked for. */
export async function serve() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)).replaceAll(sep, '/');
    requests.push(path);
    response.setHeader('Content-Security-Policy', policy);
    if (path === '/favicon.ico') return response.writeHead(204).end();
    // A hub answers for large files with an address elsewhere.
    const hub = /^\/hub\/graft\/tiny\/resolve\/v1\/(.*)$/.exec(path);
    if (hub) return response.writeHead(302, { Location: `/golden/tiny-bert/${hub[1]}` }).end();
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
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { requests, address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close().closeAllConnections() };
}
