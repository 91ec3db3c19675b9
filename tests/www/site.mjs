// The served page, and a visitor.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../www/serve.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const dist = join(root, 'www/dist');
/** The user's models: a folder an id. */
export const models = process.env.GRAFTWORK_MODELS ?? join(homedir(), '.cache/graftwork/models');

/** Two layers of random weights: what is about the page and not about the model is quick with it. */
export const TINY = '?backbone=/golden/tiny-bert';
/** Slow machines are slow. */
export const PATIENCE = Number(process.env.PATIENCE ?? 120_000);

export class Site {
  /** Every address that was asked of the server. */
  requests = [];
  /** What a visitor should never cause: errors that nobody caught, and breaches of the policy. */
  problems = [];
  /** Answers first where it returns true. */
  before = () => false;

  static async open(browser, { chromium, program, page = dist }) {
    const site = new Site();
    Object.assign(site, { browser, chromium, program });
    site.folders = { '': page, models, golden: join(root, 'tests/golden') };
    const before = (request, response) => {
      site.requests.push(request.url);
      return site.before(request, response);
    };
    site.server = await serve({ folders: site.folders, before });
    site.context = await browser.newContext({ acceptDownloads: true });
    site.page = await site.newPage();
    return site;
  }

  async newPage(context = this.context) {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.stack ?? error}`));
    page.on('console', (message) => {
      const text = message.text();
      if (/content security policy/i.test(text) || /unhandled/i.test(text)) this.problems.push(text);
    });
    return page;
  }

  /** Opens the page and waits until the engine is ready. */
  async visit(address = '', page = this.page) {
    await page.goto(this.server.address + address);
    await this.ready(page);
    return page;
  }

  async ready(page = this.page) {
    await page.waitForFunction(() => {
      return ['CPU', 'GPU'].some((name) => document.querySelector('[data-fact=device]')?.textContent.startsWith(name));
    });
  }

  async fact(name, page = this.page) {
    return (await page.locator(`[data-fact=${name}]`).first().textContent()).trim();
  }

  /** Waits until the service worker has everything, so that what comes later is not its doing. */
  async settled(page = this.page) {
    await page.waitForFunction(() => document.querySelector('[data-fact=offline]')?.textContent.startsWith('yes'));
  }

  complain() {
    if (this.problems.length > 0) throw new Error('the page is not in order');
  }

  async close() {
    await this.context.close();
    await this.server.close();
  }
}

/** Waits until a page's function answers true; it may be asynchronous, which Playwright's own does not wait for. */
export async function until(page, question, argument) {
  const end = performance.now() + PATIENCE;
  while (!(await page.evaluate(question, argument))) {
    if (performance.now() > end) throw new Error(`never became true: ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Waits until a store of the page's database has so many entries; the only project, as `draft`, so many examples. */
export function stored(page, store, count) {
  return until(page, ([store, count]) => new Promise((resolve) => {
    indexedDB.open('graftwork-page').onsuccess = ({ target: { result: db } }) => {
      const name = store === 'draft' ? 'contents' : store;
      const get = db.transaction(name).objectStore(name).getAll();
      get.onsuccess = () => {
        db.close();
        resolve((store === 'draft' ? get.result[0]?.examples.length : get.result.length) === count);
      };
    };
  }), [store, count]);
}

/** A share as the page writes it, such as `98.7 %`. */
export function share(text) {
  const [, found] = /([\d.]+) %/.exec(text) ?? [];
  if (found === undefined) throw new Error(`no percentage in: ${text}`);
  return Number(found) / 100;
}

export function equal(what, found, expected) {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}

export function ensure(condition, message) {
  if (!condition) throw new Error(message);
}

/** Lines of JSON that the native program answers to texts. */
export { ask } from '../web/native.mjs';
