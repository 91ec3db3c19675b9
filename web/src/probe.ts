import type { Adapter } from './adapter.js';
import { open, split, strings } from './adapter.js';
import { ask } from './ask.js';
import type { Link, Opened } from './protocol.js';
import { disposed } from './protocol.js';
import type { CallOptions, Classification, ClassifyOptions, Example, ProbeInfo } from './types.js';

/**
 * A classifier that learns from an example in milliseconds: logistic regression on vectors of the frozen backbone, each
 * of which is computed once. Made by `Backbone.probe`.
 *
 * @example
 * const probe = await backbone.probe();
 * await probe.add([{ text: 'see you at noon', label: 'ham' }, { text: 'WIN a free phone now!', label: 'spam' }]);
 * const [answer] = await probe.classify(['you won!']);
 * const file = await (await probe.toAdapter()).export();
 */
export class Probe {
  #link: Link;
  #id: number;
  #info: ProbeInfo;
  #disposed = false;

  /** @internal */
  constructor(link: Link, { id, info }: Opened<ProbeInfo>) {
    this.#link = link;
    this.#id = id;
    this.#info = info;
  }

  /** What it has learned from, and how well it answers. */
  get info(): ProbeInfo {
    return this.#info;
  }

  /** Its labels, in the order of the logits. */
  get labels(): readonly string[] {
    return this.#info.labels;
  }

  /**
   * Learns from these examples too: all of them, or none if the call rejects. A label that is new gets the place after
   * the others. The vector of a text that was here before, under whatever label, is not computed again.
   */
  async add(examples: Iterable<Example>, { signal }: CallOptions = {}): Promise<ProbeInfo> {
    const { texts, labels } = split(examples);
    return (this.#info = await ask(this.#link, 'learn', [this.#use(), texts, labels], signal));
  }

  /** Forgets one example for each of these: one of the same text and label. Its labels stay. */
  async remove(examples: Iterable<Example>): Promise<ProbeInfo> {
    const { texts, labels } = split(examples);
    return (this.#info = await this.#link.call('forget', [this.#use(), texts, labels]));
  }

  /** Classifies texts, in input order. At least two labels have an example. */
  async classify(texts: readonly string[], options: ClassifyOptions = {}): Promise<Classification[]> {
    const { signal, ...plain } = options;
    return ask(this.#link, 'classify', [this.#use(), strings(texts), plain], signal);
  }

  /** The same classifier as an adapter, which is used, exported and trained as any other. */
  async toAdapter({ name, signal }: { name?: string } & CallOptions = {}): Promise<Adapter> {
    return open(this.#link, 'adapter', [this.#use(), name], signal);
  }

  /** The same classifier in one safetensors file, which every graftwork reads as an adapter. */
  async export(): Promise<Blob> {
    const adapter = await this.toAdapter();
    try {
      return await adapter.export();
    } finally {
      adapter.dispose();
    }
  }

  /** Frees its memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // The backbone may be gone already, and the memory with it.
    this.#link.call('dispose', [this.#id]).catch(() => undefined);
  }

  #use(): number {
    if (this.#disposed) throw disposed('probe');
    return this.#id;
  }
}
