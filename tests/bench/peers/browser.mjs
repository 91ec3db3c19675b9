// A peer in a browser: for each turn a browser of its own on a profile of its own, whose caches have everything from the
// turn before.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argsFor } from '../../browser/launch.mjs';
import { chromium } from '../../browser/node_modules/playwright-core/index.mjs';
import { browserMemory } from './processes.mjs';
import { MODEL, here } from './server.mjs';

/** Minutes that anything may take: a software GPU needs them. */
const PATIENCE = 15 * 60_000;

/** The packages behind the modules. */
const PACKAGES = { transformers: '@huggingface/transformers', tensorflow: '@tensorflow/tfjs', jax: '@jax-js/jax' };

function version(peer) {
  const folder = peer in PACKAGES ? join(here, 'node_modules', PACKAGES[peer]) : join(here, '../../../web');
  const { name, version: number } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${number}`;
}

/** The way to Chromium, with the switches that `gpu` asks for. */
function options({ chromium: executablePath, gpu }) {
  return { executablePath, args: argsFor(gpu) };
}

/** Opens the page; resolves after the first answer, which is what `start` measures: since the navigation began. */
export async function open(variant, { server, profiles, ...way }) {
  const profile = join(profiles, variant.name.replaceAll(/\W+/g, '-'));
  const context = await chromium.launchPersistentContext(profile, options(way));
  const problems = [];
  try {
    await context.addInitScript(watchMemories);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => problems.push(String(error)));
    const { peer: library, device, dtype, threads, first, isolated } = variant;
    const words = Object.entries({ library, model: MODEL, device, dtype, threads, first, isolated: isolated || undefined });
    await page.goto(`${server.address}?${new URLSearchParams(words.filter(([, value]) => value !== undefined))}`);
    const failure = new Promise((_, reject) => page.on('pageerror', (error) => reject(error)));
    failure.catch(() => {});
    await Promise.race([page.waitForFunction(() => window.firstAnswer, null, { timeout: PATIENCE }), failure]);
    return {
      start: await page.evaluate(() => window.firstAnswer),
      version: version(variant.peer),
      ask: (verb, request) => page.evaluate(([verb, request]) => ask[verb](request), [verb, request]),
      memory: async () => ({ ...await page.evaluate(() => memory()), ...browserMemory(profile) }),
      close: () => context.close(),
    };
  } catch (error) {
    await context.close();
    throw new Error([error.message.split('\n')[0], ...problems].join('; '), { cause: error });
  }
}

/** What there is: the browser's version and the GPU that WebGPU gets, null if none. */
export async function describe(way, address) {
  const browser = await chromium.launch(options(way));
  try {
    const page = await browser.newPage();
    // WebGPU is for pages of an origin alone; which page does not matter.
    await page.goto(`${address}package.json`);
    const gpu = await page.evaluate(async () => {
      const found = await navigator.gpu?.requestAdapter();
      if (!found) return null;
      const { vendor, architecture, device, description } = found.info;
      const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
      return { name, software: Boolean(found.info.isFallbackAdapter) || /swiftshader|llvmpipe|lavapipe/i.test(name) };
    });
    return { version: browser.version(), gpu };
  } finally {
    await browser.close();
  }
}

/** Runs in the page before anything else: keeps every WebAssembly memory that is made or exported. */
function watchMemories() {
  const found = new Set();
  window.memories = found;
  const exported = ({ exports }) => Object.values(exports).forEach((one) => one instanceof WebAssembly.Memory && found.add(one));
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const plain = WebAssembly[name];
    WebAssembly[name] = async (...words) => {
      const made = await plain.apply(WebAssembly, words);
      exported(made.instance ?? made);
      return made;
    };
  }
  for (const name of ['Memory', 'Instance']) {
    WebAssembly[name] = new Proxy(WebAssembly[name], {
      construct(plain, words) {
        const made = new plain(...words);
        if (name === 'Memory') found.add(made);
        else exported(made);
        return made;
      },
    });
  }
}
