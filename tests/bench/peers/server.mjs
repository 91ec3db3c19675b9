// Both libraries and the model on loopback, as a CDN and a hub would serve them: everything may be kept.
import { createServer } from 'node:http';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { root, types } from '../../web/server.mjs';

/** `code` has the files of programs that were asked for. */
export async function serve(here, model, id) {
  const code = new Set();
  const folders = {
    hub: (rest) => join(model, rest.replace(`${id}/resolve/main/`, '')),
    graftwork: (rest) => join(root, 'web/dist', rest),
    npm: (rest) => join(here, 'node_modules', rest),
    golden: (rest) => join(root, 'tests/golden', rest),
  };
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)).replaceAll(sep, '/');
    const [, folder, rest] = /^\/(\w+)\/(.*)$/.exec(path) ?? [];
    const file = folders[folder]?.(rest) ?? join(here, path === '/' ? 'index.html' : path);
    try {
      const { size } = await stat(file);
      if (folder === 'graftwork' || folder === 'npm') code.add(file);
      response.writeHead(200, {
        'Content-Type': types[extname(file)] ?? (extname(file) === '.mjs' ? types['.js'] : 'application/octet-stream'),
        'Content-Length': size,
        'Cache-Control': 'public, max-age=86400, immutable',
        // Threads want these.
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      });
      createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => server.close().closeAllConnections();
  return { code, address: `http://127.0.0.1:${server.address().port}/`, close };
}
