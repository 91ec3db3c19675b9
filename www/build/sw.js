// The service worker: the page's own files, so that it opens without a network. Models are none of its business; the
// package keeps those. The build fills in version and files.
const PREFIX = 'graftwork-page-';
const CACHE = `${PREFIX}__VERSION__`;
const FILES = __FILES__;

const scope = self.registration.scope;
const known = new Set(Object.keys(FILES).map((name) => new URL(name, scope).href));
const index = new URL('index.html', scope).href;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('message', (event) => {
  if (event.data === 'take over') void self.skipWaiting();
  if (event.data === 'is all there?') event.waitUntil(isWhole().then((answer) => event.ports[0].postMessage(answer)));
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const address = url.origin + url.pathname;
  if (request.mode === 'navigate' && (address === scope || address === index)) event.respondWith(page(event));
  else if (request.method === 'GET' && known.has(address)) event.respondWith(file(address, request, event));
  else event.waitUntil(report(event));
});

/** All files or none; the digests see to it that they are of one build, also while a new one is being deployed. */
async function install() {
  const cache = await caches.open(CACHE);
  const wanted = Object.entries(FILES).map(([name, integrity]) => {
    return new Request(new URL(name, scope), { integrity, cache: 'no-cache' });
  });
  await cache.addAll(wanted);
}

/** Whether all files are still kept: the browser may have made room, or the visitor. To look makes no cache that is not there. */
async function isWhole() {
  if (!(await caches.has(CACHE))) return false;
  const kept = new Set((await (await caches.open(CACHE)).keys()).map(({ url }) => url));
  return [...known].every((url) => kept.has(url));
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page; or, where a new build waits and nobody uses the old one, an empty one that comes again with the new. */
async function page(event) {
  const { waiting } = self.registration;
  if (waiting !== null && (await self.clients.matchAll({ type: 'window' })).length < 2) {
    waiting.postMessage('take over');
    return new Response('', { headers: { Refresh: '0', 'Content-Type': 'text/html' } });
  }
  return file(index, index, event);
}

async function file(address, request, event) {
  const kept = await caches.match(address, { cacheName: CACHE });
  if (kept !== undefined) return kept;
  await report(event);
  return fetch(request);
}

/** Tells the page of what it or its worker asks the network for. Whose worker it is, nobody says: so all hear of those. */
async function report({ clientId, request }) {
  const client = await self.clients.get(clientId);
  if (client?.type === 'worker') new BroadcastChannel('graftwork-requests').postMessage(request.url);
  else client?.postMessage({ request: request.url });
}
