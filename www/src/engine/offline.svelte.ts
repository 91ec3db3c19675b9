import { isStored, storage } from 'graftwork';
import { isHere } from '../language/backbones';
import { chosen } from '../language/chosen.svelte';
import { shipped } from './shipped';

/** Milliseconds between two looks while the page is in sight: other tabs, and the browser, may delete what is stored. */
const PAUSE = 10_000;
/** A service worker that does not answer by then has none of the files. */
const PATIENCE = 3000;

/** Whether the page would open and work without a network, by what is really stored now. */
class Offline {
  state = $state<'setting up' | 'page only' | 'ready' | 'unavailable'>('setting up');
  online = $state(navigator.onLine);
  /** Bytes that are stored, where the browser says so. */
  stored = $state<number>();
  #refused = !import.meta.env.PROD || !('serviceWorker' in navigator);
  #installing: Promise<unknown> | undefined;
  #looks = 0;

  /** Sets up the service worker, and keeps looking; never rejects. */
  async start(): Promise<void> {
    addEventListener('online', () => (this.online = true));
    addEventListener('offline', () => (this.online = false));
    addEventListener('focus', () => void this.look());
    document.addEventListener('visibilitychange', () => void this.look());
    setInterval(() => document.visibilityState === 'visible' && void this.look(), PAUSE);
    if (!this.#refused) {
      try {
        this.#installing = navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' });
        await this.#installing;
        await navigator.serviceWorker.ready;
      } catch {
        // A private window, or a full disk: the page works, but only with a network. Without one it is there already.
        this.#refused = navigator.serviceWorker.controller === null;
      }
      this.#installing = undefined;
    }
    await this.look();
  }

  /** Looks at what is stored; never rejects. */
  async look(): Promise<void> {
    const look = (this.#looks += 1);
    const [page, all, stored] = await Promise.all([this.#page(), models(), storage().then(({ usage }) => usage, () => undefined)]);
    // What was seen before something changed must not come after what was seen since.
    if (look !== this.#looks) return;
    this.stored = stored;
    this.state = page !== true ? page : all ? 'ready' : 'page only';
  }

  /** Whether the page's own files are there. */
  async #page(): Promise<true | 'setting up' | 'unavailable'> {
    if (this.#refused) return 'unavailable';
    const registration = await navigator.serviceWorker.getRegistration().catch(() => undefined);
    const worker = registration?.active ?? undefined;
    if (worker !== undefined && (await isWhole(worker))) return true;
    return this.#installing !== undefined || registration?.installing ? 'setting up' : 'unavailable';
  }
}

/** Whether the chosen backbone, and the shipped adapters that it answers with, are stored to the last byte. */
async function models(): Promise<boolean> {
  const cards = (chosen.hasShipped ? shipped : []).map(({ file, sha256 }) => isStored(new URL(file, document.baseURI), { integrity: sha256 }));
  const all = await Promise.all([isHere(chosen.it), ...cards]).catch(() => [false]);
  return all.every(Boolean);
}

function isWhole(worker: ServiceWorker): Promise<boolean> {
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => answer(data === true);
    setTimeout(() => answer(false), PATIENCE);
    worker.postMessage('is all there?', [port2]);
  });
}

export const offline = new Offline();
