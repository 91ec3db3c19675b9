// node tests/bench/web-storage.mjs CHROMIUM FILE: what it takes to keep a downloaded file in the browser and to read it
// from a worker as the engine does, by way of the Cache API and of the origin private file system. `npm ci` in
// tests/browser first; FILE is some model.safetensors. A round is one turn of each way, on a real profile on disk.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../browser/', import.meta.url))('playwright-core');
const [executablePath, file] = process.argv.slice(2);
const ROUNDS = 3;

/** Runs in a worker: milliseconds of writing what streams in, and of reading it in the engine's windows. */
async function measure(way) {
  const MIB = 1 << 20;
  const PIECE = 4 * MIB;
  const sync = new FileReaderSync();
  const body = async () => (await fetch('/file', { cache: 'no-store' })).body;
  const throughReader = (blob) => {
    let sum = 0;
    for (let at = 0; at < blob.size; at += PIECE) {
      sum += new Uint8Array(sync.readAsArrayBuffer(blob.slice(at, at + PIECE))).length;
    }
    return sum;
  };
  const segments = (mib) => ({
    async write() {
      const cache = await caches.open('bench');
      let [parts, size, count] = [[], 0, 0];
      const flush = () => {
        const entry = new Response(new Blob(parts));
        [parts, size, count] = [[], 0, count + 1];
        return cache.put(`/bench/${count}`, entry);
      };
      for await (const chunk of await body()) {
        parts.push(chunk);
        size += chunk.length;
        if (size >= mib * MIB) await flush();
      }
      if (size > 0) await flush();
      return count;
    },
    async read(count) {
      const cache = await caches.open('bench');
      const blobs = [];
      for (let i = 1; i <= count; i += 1) blobs.push(await (await cache.match(`/bench/${i}`)).blob());
      return throughReader(new Blob(blobs));
    },
  });
  const root = () => navigator.storage.getDirectory();
  const opfsFile = async (create) => (await root()).getFileHandle('bench', { create });
  const fromFile = async () => throughReader(await (await opfsFile(false)).getFile());
  const syncWrite = async () => {
    const handle = await (await opfsFile(true)).createSyncAccessHandle();
    let at = 0;
    for await (const chunk of await body()) at += handle.write(chunk, { at });
    handle.flush();
    handle.close();
  };
  const ways = {
    'download alone': {
      async write() {
        let size = 0;
        for await (const chunk of await body()) size += chunk.length;
        return size;
      },
      read: async (size) => size,
    },
    'cache, one entry': {
      write: async () => (await caches.open('bench')).put('/bench/1', new Response(await body())),
      read: async () => throughReader(await (await (await caches.open('bench')).match('/bench/1')).blob()),
    },
    'cache, entries of 2 MiB': segments(2),
    'cache, entries of 8 MiB': segments(8),
    'opfs, sync handle, read by handle': {
      write: syncWrite,
      async read() {
        const handle = await (await opfsFile(false)).createSyncAccessHandle();
        const buffer = new Uint8Array(PIECE);
        let at = 0;
        for (let got = 1; got > 0; at += got) got = handle.read(buffer, { at });
        handle.close();
        return at;
      },
    },
    'opfs, sync handle, read as a File': { write: syncWrite, read: fromFile },
    'opfs, createWritable, read as a File': {
      write: async () => (await body()).pipeTo(await (await opfsFile(true)).createWritable()),
      read: fromFile,
    },
  };
  if (way === undefined) return Object.keys(ways);
  const started = performance.now();
  const written = await ways[way].write();
  const wrote = performance.now();
  const size = await ways[way].read(written);
  const times = { write: wrote - started, read: performance.now() - wrote, size };
  await caches.delete('bench');
  await (await root()).removeEntry('bench').catch(() => undefined);
  return times;
}

const { size } = await stat(file);
const worker = `onmessage = ({ data }) => (${measure})(data).then((found) => postMessage({ found }), (e) => postMessage({ e: String(e) }))`;
const server = createServer((request, response) => {
  if (request.url === '/file') return createReadStream(file).pipe(response.writeHead(200, { 'Content-Length': size }));
  const script = request.url === '/worker.js';
  return response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html' }).end(script ? worker : '<title>bench</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const profile = await mkdtemp(join(tmpdir(), 'web-storage-'));
const context = await chromium.launchPersistentContext(profile, { executablePath, args: ['--no-sandbox'] });
try {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const run = (way) => page.evaluate((way) => new Promise((resolve, reject) => {
    window.worker ??= new Worker('/worker.js');
    window.worker.onmessage = ({ data }) => (data.e === undefined ? resolve(data.found) : reject(new Error(data.e)));
    window.worker.postMessage(way);
  }), way);
  const ways = await run(undefined);
  const all = new Map(ways.map((way) => [way, []]));
  await run(ways[0]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ways) {
      const times = await run(way);
      if (times.size !== size) throw new Error(`${way}: ${times.size} bytes, not ${size}`);
      all.get(way).push(times);
    }
  }
  console.log(`${(size / 1e6).toFixed(1)} MB, milliseconds of ${ROUNDS} rounds`);
  for (const [way, times] of all) {
    const list = (key) => times.map((time) => time[key].toFixed(0)).join(' ');
    console.log(`${way.padEnd(38)} write, download included: ${list('write').padEnd(18)} read: ${list('read')}`);
  }
} finally {
  await context.close();
  server.close().closeAllConnections();
  await rm(profile, { recursive: true, force: true });
}
