import type { Backbone as Engine, LoadProgress, Support } from 'graftwork';
import { Backbone, isSupported } from 'graftwork';
import { device, pinned, source } from './choice';
import type { Explained } from './explain';
import { explain } from './explain';
import { watched } from './package';
import { requests } from './requests.svelte';
import { shelf } from './shelf.svelte';

/** Whether the visitor asked his browser to save data. */
const saveData = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;

/** The one backbone of the page. */
class Model {
  phase = $state<'asking' | 'loading' | 'ready' | 'failed'>('loading');
  progress = $state.raw<LoadProgress>();
  failure = $state.raw<Explained>();
  backbone = $state.raw<Engine>();
  support = $state.raw<Support>();
  /** Why the GPU is away, while it is. */
  lost = $state<string>();

  /** What computes, in a few words. */
  get device(): string {
    if (this.backbone === undefined) return '…';
    return this.backbone.info.device === 'gpu' ? `GPU${this.support?.gpu ? ` (${this.support.gpu})` : ''}` : 'CPU';
  }

  /** Loads, unless the visitor should be asked first. */
  async begin(): Promise<void> {
    if (saveData) this.phase = 'asking';
    else await this.load();
  }

  /** Loads the backbone and the adapters that come with the page; never rejects. */
  async load(): Promise<void> {
    this.backbone?.dispose();
    this.backbone = undefined;
    shelf.detach();
    Object.assign(this, { phase: 'loading', failure: undefined, progress: undefined, lost: undefined });
    try {
      this.support = await isSupported();
      if (!this.support.supported) {
        const advice = 'Use a current version of Chrome, Edge, Firefox or Safari.';
        this.fail({ title: 'This browser is too old for the page.', advice, detail: this.support.reason, restart: false });
        return;
      }
      const onProgress = (progress: LoadProgress) => void (this.progress = progress);
      const onDevice = watched(({ state, reason }) => void (this.lost = state === 'lost' ? reason : undefined));
      const backbone = await Backbone.load(source, { ...pinned, ...onDevice, device, onProgress });
      await shelf.attachShipped(backbone);
      this.backbone = backbone;
      this.phase = 'ready';
      requests.reset();
    } catch (error) {
      this.fail(explain(error));
    }
  }

  private fail(failure: Explained): void {
    this.failure = failure;
    this.phase = 'failed';
  }
}

export const model = new Model();
