// A static host for one folder, and the golden files beside it.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { policy, root, types } from '../web/server.mjs';

/** Serves a folder on loopback under the strict policy. */
export async function serveSite(folder) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)).replaceAll(sep, '/');
    response.setHeader('Content-Security-Policy', policy);
    if (path === '/favicon.ico') return response.writeHead(204).end();
    const file = path === '/' ? 'index.html' : path;
    try {
      const bytes = await readFile(path.startsWith('/golden/') ? join(root, 'tests', path) : join(folder, file));
      response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => server.close().closeAllConnections();
  return { address: `http://127.0.0.1:${server.address().port}/`, close };
}
