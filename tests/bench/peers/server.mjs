// The libraries, the model and the adapters on loopback, as a CDN and a hub would serve them: everything may be kept.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, types } from '../../web/server.mjs';

export const here = dirname(fileURLToPath(import.meta.url));
export const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';

/** `asked` has the files that were asked for, each with the folder of the address; `hub` is the model as a hub has it. */
export async function serve(model, adapters) {
  const asked = new Map();
  const folders = {
    hub: (rest) => join(model, rest.replace(`${MODEL}/resolve/main/`, '')),
    graftwork: (rest) => join(root, 'web/dist', rest),
    npm: (rest) => join(here, 'node_modules', rest),
    adapters: (rest) => join(adapters, rest),
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://x');
    const path = normalize(decodeURIComponent(url.pathname)).replaceAll(sep, '/');
    const [, folder, rest] = /^\/(\w+)\/(.*)$/.exec(path) ?? [];
    const file = folders[folder]?.(rest) ?? join(here, path === '/' ? 'index.html' : path);
    try {
      const { size } = await stat(file);
      if (folders[folder]) asked.set(file, folder);
      response.writeHead(200, {
        'Content-Type': types[extname(file)] ?? (extname(file) === '.mjs' ? types['.js'] : 'application/octet-stream'),
        'Content-Length': size,
        'Cache-Control': 'public, max-age=86400, immutable',
        // Shared memory wants these two of the page, and the second of its workers. A page of one thread is as most are.
        ...(path !== '/' || url.searchParams.has('isolated') ? ISOLATED : {}),
      });
      createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => server.close().closeAllConnections();
  return { asked, address: `http://127.0.0.1:${server.address().port}/`, close };
}

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
