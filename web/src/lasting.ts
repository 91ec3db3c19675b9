import { GraftworkError } from './errors.js';
import { isSupported } from './support.js';
import type { DeviceChoice, DeviceEvent } from './types.js';
import type { Backbone } from './wasm/graftwork_web.js';

/** Losses without progress between them after which a call gives up the GPU. */
const LOSSES = 3;
/** Milliseconds before each attempt to open the GPU again: a driver that was reset takes a moment. */
const WAITS = [0, 250, 1000];

type Open = (device: 'gpu' | 'cpu') => Promise<Backbone>;

/** A backbone that outlives its GPU: while one is set up again, all calls wait. */
export class Lasting {
  #backbone: Backbone;
  #choice: DeviceChoice;
  #open: Open | undefined;
  #onMove: (backbone: Backbone) => void;
  #tell: (event: DeviceEvent) => void;
  #recovery: Promise<void> | undefined;
  #closed = false;

  /** `open` loads the backbone once more; `onMove` uploads whatever else was on the device. */
  constructor(
    backbone: Backbone,
    choice: DeviceChoice,
    open: Open,
    onMove: (backbone: Backbone) => void,
    tell: (event: DeviceEvent) => void,
  ) {
    this.#backbone = backbone;
    this.#choice = choice;
    // The CPU is never lost, so its files need not be kept.
    this.#open = this.device === 'gpu' ? open : undefined;
    this.#onMove = onMove;
    this.#tell = tell;
  }

  get backbone(): Backbone {
    return this.#backbone;
  }

  get device(): 'gpu' | 'cpu' {
    return JSON.parse(this.#backbone.info()).device;
  }

  /**
   * Does some work, again if the device is lost meanwhile. Losses between which `progress` stays the same are without
   * progress.
   */
  async run<T>(work: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
    for (let losses = 0, reached = progress(); ; ) {
      await this.#recovery;
      const used = this.#backbone;
      try {
        return await work();
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        if (code !== 'device-lost' || this.#closed) throw error;
        losses = progress() === reached ? losses + 1 : 1;
        reached = progress();
        // Another call may have seen it first.
        if (used === this.#backbone) {
          this.#recovery ??= this.#recover(message, losses < LOSSES).finally(() => (this.#recovery = undefined));
        }
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#open = undefined;
    this.#backbone.dispose();
  }

  async #recover(message: string, onGpu: boolean): Promise<void> {
    const reason = this.#backbone.lost() ?? message;
    this.#tell({ state: 'lost', device: 'gpu', reason });
    const backbone = await this.#openAgain(onGpu ? WAITS : [], reason);
    if (this.#closed) {
      backbone.dispose();
      return;
    }
    this.#backbone.dispose();
    this.#backbone = backbone;
    this.#onMove(backbone);
    const { device } = this;
    if (device === 'cpu') this.#open = undefined;
    this.#tell({ state: 'recovered', device, reason });
  }

  async #openAgain(waits: number[], reason: string): Promise<Backbone> {
    const open = this.#open as Open;
    for (const wait of waits) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (this.#choice === 'auto' && (await isSupported()).device === 'cpu') continue;
      try {
        return await open('gpu');
      } catch (error) {
        const { code } = error as { code?: string };
        if (code !== 'no-gpu' && code !== 'device-lost') throw error;
      }
    }
    if (this.#choice === 'auto') return open('cpu');
    const what = waits.length > 0 ? 'none came back' : 'it is lost again and again';
    throw new GraftworkError('device-lost', `the GPU was lost (${reason}), and ${what}`);
  }
}
