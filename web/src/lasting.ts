import { GraftworkError } from './errors.js';
import { isSupported } from './support.js';
import type { BackboneInfo, DeviceChoice, DeviceEvent } from './types.js';
import type { Backbone } from './wasm/graftwork_web.js';

/** Losses without progress between them after which a call gives up the GPU, whatever the GPU was lost at. */
const LOSSES = 3;
/** Milliseconds before each attempt to open the GPU again: a driver that was reset takes a moment. */
const WAITS = [0, 250, 1000];

/** What a GPU that was lost came back as. */
interface Recovery {
  backbone: Backbone;
  /** Losses while it was loaded, which ends with a readback. */
  losses: number;
}

/** What the backbone is and what happens to it, whatever threads it has. */
type Info = Omit<BackboneInfo, 'threads'>;
type Event = Omit<DeviceEvent, 'threads'>;
type Open = (device: 'gpu' | 'cpu') => Promise<Backbone>;

/** A backbone that outlives its GPU: while one is set up again, all calls wait. */
export class Lasting {
  #backbone: Backbone;
  #info: Info;
  #choice: DeviceChoice;
  #open: Open | undefined;
  #onMove: (backbone: Backbone) => void;
  #tell: (event: Event) => void;
  #recovery: Promise<Recovery> | undefined;
  #closed = false;

  /** `open` loads the backbone once more; `onMove` uploads whatever else was on the device. */
  constructor(
    backbone: Backbone,
    choice: DeviceChoice,
    open: Open,
    onMove: (backbone: Backbone) => void,
    tell: (event: Event) => void,
  ) {
    this.#backbone = backbone;
    this.#info = JSON.parse(backbone.info());
    this.#choice = choice;
    // The CPU is never lost, so its files need not be kept.
    this.#open = this.#info.device === 'gpu' ? open : undefined;
    this.#onMove = onMove;
    this.#tell = tell;
  }

  get backbone(): Backbone {
    return this.#backbone;
  }

  /** What it is now. */
  get info(): Info {
    return this.#info;
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
          this.#recovery ??= this.#recover(message, losses).finally(() => (this.#recovery = undefined));
          losses += (await this.#recovery).losses;
        }
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#open = undefined;
    this.#backbone.dispose();
  }

  async #recover(message: string, losses: number): Promise<Recovery> {
    const reason = this.#backbone.lost() ?? message;
    this.#tell({ state: 'lost', device: 'gpu', reason });
    const recovery = await this.#openAgain(losses, reason);
    if (this.#closed) {
      recovery.backbone.dispose();
      return recovery;
    }
    this.#backbone.dispose();
    this.#backbone = recovery.backbone;
    this.#info = JSON.parse(recovery.backbone.info());
    this.#onMove(recovery.backbone);
    const { device } = this.#info;
    if (device === 'cpu') this.#open = undefined;
    this.#tell({ state: 'recovered', device, reason });
    return recovery;
  }

  async #openAgain(before: number, reason: string): Promise<Recovery> {
    const open = this.#open as Open;
    let losses = 0;
    for (const wait of WAITS) {
      if (before + losses >= LOSSES) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (this.#choice === 'auto' && (await isSupported()).device === 'cpu') continue;
      try {
        return { backbone: await open('gpu'), losses };
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'device-lost') losses += 1;
        else if (code !== 'no-gpu') throw error;
      }
    }
    if (this.#choice === 'auto') return { backbone: await open('cpu'), losses };
    const what = before + losses < LOSSES ? 'none came back' : 'it is lost again and again';
    throw new GraftworkError('device-lost', `the GPU was lost (${reason}), and ${what}`);
  }
}
