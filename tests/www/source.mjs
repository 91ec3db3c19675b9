// Parts of the page that need no browser, straight from their TypeScript.
import { join } from 'node:path';
import { createServer } from '../../www/node_modules/vite/dist/node/index.js';
import { root } from './site.mjs';

// It compiles as the page's build does, and watches and serves nothing.
const vite = await createServer({
  root: join(root, 'www'), configFile: false, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});

/** A module of `www/src`. */
export const load = (path) => vite.ssrLoadModule(`/src/${path}`);

/** Runs checks without a page: all, or those whose names hold a word. */
export async function runAlone(checks, word = '') {
  for (const [name, work] of Object.entries(checks)) {
    if (!name.includes(word)) continue;
    const failure = await work().then(() => undefined, (error) => error);
    console.log(`${name}${failure === undefined ? '' : `: FAILED: ${failure.message}`}`);
    if (failure !== undefined) process.exitCode = 1;
  }
}
