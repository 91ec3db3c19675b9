import type { Adapter } from './adapter.js';
import { open } from './adapter.js';
import { ask } from './ask.js';
import { split, strings } from './examples.js';
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
   * Learns these examples too, each a text and its label, which may be new, but no pairs: all of them, or none if the call rejects.
   * What it then says depends on the examples and their order alone, not on when they came.
   */
  async add(examples: Iterable<Example>, { signal }: CallOptions = {}): Promise<ProbeInfo> {
    const { texts, labels } = split(examples, false);
    return (this.#info = await ask(this.#link, 'learn', [this.#use(), texts, labels], signal));
  }

  /** Forgets an example, by its place in the order in which they came, from 0 on; the later ones move up. */
  async remove(example: number): Promise<ProbeInfo> {
    return (this.#info = await this.#link.call('forget', [this.#use(), example, undefined]));
  }

  /** Gives an example another label. */
  async relabel(example: number, label: string): Promise<ProbeInfo> {
    return (this.#info = await this.#link.call('forget', [this.#use(), example, label]));
  }

  /** Classifies texts, in input order. There must be examples of two labels. */
  async classify(texts: readonly string[], options: ClassifyOptions = {}): Promise<Classification[]> {
    const { signal, ...plain } = options;
    return ask(this.#link, 'classify', [this.#use(), strings(texts), plain], signal);
  }

  /** The same classifier as an adapter, which is used, exported and trained as any other. */
  async toAdapter({ name, signal }: { name?: string } & CallOptions = {}): Promise<Adapter<'text-classification'>> {
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
