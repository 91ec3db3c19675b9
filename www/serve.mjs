// node serve.mjs [--page DIR] [--models DIR] [--port N]: the built page and the user's models, on loopback only.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TYPES = {
  '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Serves folders by the first part of the address; `''` is the page. `before` may answer first, by returning true.
 * Resolves to the address and how to stop.
 */
export async function serve({ folders, port = 0, before = () => false }) {
  const policy = await contentPolicy(folders['']);
  const server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    answer(folders, request, response, before).catch(() => response.headersSent ? response.destroy() : refuse(response, 500));
  });
  await new Promise((started, failed) => server.once('error', failed).listen(port, '127.0.0.1', started));
  const close = () => new Promise((closed) => server.close(closed).closeAllConnections());
  return { address: `http://127.0.0.1:${server.address().port}/`, close };
}

/** The page's own policy, and that nobody may frame it, which a page cannot say. */
async function contentPolicy(page) {
  const index = await readFile(join(page, 'index.html'), 'utf8');
  const [, own] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(index) ?? [];
  if (own === undefined) throw new Error(`${page}/index.html has no content security policy`);
  return `${own}; frame-ancestors 'none'`;
}

async function answer(folders, request, response, before) {
  if (await before(request, response)) return;
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  const found = await find(folders, new URL(request.url, 'http://localhost').pathname);
  if (found === undefined) return refuse(response, 404);
  const { path, size, tag } = found;
  const headers = {
    'Accept-Ranges': 'bytes',
    // Names in assets/ have a digest; everything else is asked about again.
    'Cache-Control': path.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
    ETag: tag,
  };
  if (request.headers['if-none-match'] === tag) return response.writeHead(304, headers).end();
  const range = wanted(request, size, tag);
  if (range === null) return response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
  const { start, end } = range ?? { start: 0, end: size - 1 };
  headers['Content-Length'] = end - start + 1;
  if (range !== undefined) headers['Content-Range'] = `bytes ${start}-${end}/${size}`;
  response.writeHead(range === undefined ? 200 : 206, headers);
  if (request.method === 'HEAD' || size === 0) return response.end();
  createReadStream(path, { start, end }).on('error', () => response.destroy()).pipe(response);
}

async function find(folders, pathname) {
  let parts;
  try {
    parts = pathname.split('/').map(decodeURIComponent).filter((part) => part !== '');
  } catch {
    return undefined;
  }
  if (parts.some((part) => part === '..' || part === '.' || /[\\/\0]/.test(part))) return undefined;
  const named = folders[parts[0] ?? ''];
  const root = resolve(named ?? folders['']);
  const path = join(root, ...parts.slice(named === undefined || parts.length === 0 ? 0 : 1));
  const file = pathname.endsWith('/') ? join(path, 'index.html') : path;
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  return { path: file, size: info.size, tag: `"${info.size.toString(36)}-${info.mtimeMs.toString(36)}"` };
}

/** The one range asked for; undefined for the whole file, null where there is no such range. */
function wanted({ headers }, size, tag) {
  if (headers['if-range'] !== undefined && headers['if-range'] !== tag) return undefined;
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? null : { start, end };
}

function refuse(response, status) {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${status}\n`);
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const here = dirname(fileURLToPath(import.meta.url));
  const { values } = parseArgs({
    options: { page: { type: 'string', default: join(here, 'dist') }, models: { type: 'string' }, port: { type: 'string', default: '0' } },
  });
  const folders = { '': values.page, ...(values.models && { models: values.models }) };
  try {
    const { address, close } = await serve({ folders, port: Number(values.port) });
    console.log(`graftwork is at ${address}`);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void close().then(() => process.exit(0)));
  } catch (error) {
    console.error(error.code === 'EADDRINUSE' ? `port ${values.port} is taken: choose another with --port` : error.message);
    process.exitCode = 1;
  }
}
