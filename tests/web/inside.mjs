// Looks into the thread that the engine runs in: the page, or its worker.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './server.mjs';

/** Loads by `load`, after the code of a file of this folder has run in the engine's thread; gives that thread. */
export async function hooked(page, way, file, load) {
  if (way.worker === false) {
    await page.addScriptTag({ url: `/${file}` });
    await load();
    return page;
  }
  const code = await readFile(join(root, 'tests/web', file), 'utf8');
  await page.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code}\n${await response.text()}` });
  });
  const [worker] = await Promise.all([page.waitForEvent('worker'), load()]);
  await page.unroute('**/worker.js');
  return worker;
}

/** Loads the tiny backbone as `window.backbone`; `moduleCalls` in the thread that is given counts the module's calls. */
export function counted(page, way) {
  return hooked(page, way, 'counting.js', () => page.evaluate(async (way) => {
    window.backbone = await window.graftwork.Backbone.load('/golden/tiny-bert', way);
  }, way));
}

/** Measures the JavaScript memory of the page, and of its worker if it has one, after the garbage is collected. */
export async function heaps(page) {
  const session = await page.context().newCDPSession(page);
  const workers = [];
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.push(sessionId);
  });
  const answers = new Map();
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  let nextId = 1;
  const ask = (sessionId) => (method) => {
    if (sessionId === undefined) return session.send(method);
    const id = nextId++;
    session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    return new Promise((resolve) => answers.set(id, resolve));
  };
  return async () => {
    let bytes = 0;
    for (const send of [undefined, ...workers].map(ask)) {
      for (let round = 0; round < 3; round += 1) await send('HeapProfiler.collectGarbage');
      const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await send('Runtime.getHeapUsage');
      bytes += usedSize + embedderHeapUsedSize + backingStorageSize;
    }
    return { bytes, threads: 1 + workers.length };
  };
}
