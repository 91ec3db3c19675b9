import type { Backbone as Engine, DeviceEvent, LoadProgress, Support } from 'graftwork';
import { Backbone, isSupported } from 'graftwork';
import { device } from '../language/backbones';
import { chosen } from '../language/chosen.svelte';
import type { Explained } from './explain';
import { explain } from './explain';
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

  /** Where it computes; after a loss that may be elsewhere. */
  runsOn = $state<'gpu' | 'cpu'>();
  #loading = new AbortController();

  /** What computes, in a few words. */
  get device(): string {
    if (this.runsOn === undefined) return '…';
    return this.runsOn === 'gpu' ? `GPU${this.support?.gpu ? ` (${this.support.gpu})` : ''}` : 'CPU';
  }

  /** Loads, unless the visitor should be asked first. */
  async begin(): Promise<void> {
    if (saveData) this.phase = 'asking';
    else await this.load();
  }

  /** Loads the chosen backbone and the adapters that come with the page, whatever was loading before; never rejects. */
  async load(): Promise<void> {
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    this.backbone?.dispose();
    this.backbone = undefined;
    shelf.detach();
    Object.assign(this, { phase: 'loading', failure: undefined, progress: undefined, lost: undefined, runsOn: undefined });
    try {
      this.support = await isSupported();
      if (!this.support.supported) {
        const advice = 'Use a current version of Chrome, Edge, Firefox or Safari.';
        this.fail({ title: 'This browser is too old for the page.', advice, detail: this.support.reason, restart: false });
        return;
      }
      const onProgress = (progress: LoadProgress) => void (signal.aborted || (this.progress = progress));
      const onDevice = (event: DeviceEvent) => this.deviceChanged(event);
      const { source, options } = chosen.it;
      const backbone = await Backbone.load(source, { ...options, device, onProgress, onDevice, signal });
      await shelf.attachShipped(backbone);
      if (signal.aborted) return backbone.dispose();
      this.backbone = backbone;
      this.runsOn = backbone.info.device;
      this.phase = 'ready';
      requests.reset();
    } catch (error) {
      if (!signal.aborted) this.fail(explain(error));
    }
  }

  private deviceChanged({ state, reason, device }: DeviceEvent): void {
    this.lost = state === 'lost' ? reason : undefined;
    if (state === 'recovered') this.runsOn = device;
  }

  private fail(failure: Explained): void {
    this.failure = failure;
    this.phase = 'failed';
  }
}

export const model = new Model();
