import type { Adapter, Warning } from 'graftwork';
import type { Explained } from '../engine/explain';
import { explain, isAbort } from '../engine/explain';
import { model } from '../engine/model.svelte';
import { chosen } from '../language/chosen.svelte';
import { shelf } from '../engine/shelf.svelte';
import { SORTING } from './choice.svelte';

const PAUSE = 120;

/** What an adapter said, and of what. */
export interface Answer {
  text: string;
  /** Of a skill with one label a text that one; of others all that it gives, the most probable first, which may be none. */
  labels: string[];
  /** Each label's probability. */
  scores: Record<string, number>;
  /** Where there may be several labels: from which probability on each is given. */
  thresholds?: Record<string, number>;
  warnings: Warning[];
}

/** What the adapters say about the text as it stands. */
class Answers {
  /** By adapter. The last answer stays in sight until the new one is there. */
  found = $state.raw<Record<string, Answer>>({});
  failure = $state.raw<Explained>();
  #asked: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks again after a short pause: the `first` adapter, then the others. What is asked now makes older answers void. */
  ask(text: string, first: string, wait = PAUSE): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.#timer = setTimeout(() => void this.#all(text.trim(), first, asked.signal), wait);
  }

  async #all(text: string, first: string, signal: AbortSignal): Promise<void> {
    const { backbone } = model;
    if (backbone === undefined) return;
    this.failure = undefined;
    if (text === '') this.found = {};
    if (text === '') return;
    const others = shelf.of(...SORTING).map(({ id }) => id).filter((id) => id !== first);
    let fresh: Record<string, Answer> = {};
    for (const id of [first, ...others]) {
      try {
        const adapter = await shelf.attach(backbone, id);
        const [answer] = await adapter.classify([text], { signal });
        if (signal.aborted) return;
        if (answer !== undefined) {
          const { scores, warnings } = answer;
          const labels = 'labels' in answer ? answer.labels : [answer.label];
          const marks = 'labels' in answer ? { thresholds: thresholds(adapter) } : {};
          fresh = { ...fresh, [id]: { text, labels, scores, warnings: chosen.told(warnings), ...marks } };
        }
        this.found = { ...this.found, ...fresh };
      } catch (error) {
        if (signal.aborted || isAbort(error)) return;
        if (id === first && shelf.problems[id] === undefined) this.failure = explain(error);
      }
    }
    // What is no longer on the shelf goes.
    this.found = fresh;
  }
}

/** One for all labels, one for each, or none, which is a half. */
function thresholds({ info: { labels, thresholds } }: Adapter): Record<string, number> {
  return Object.fromEntries(labels.map((label, i) => [label, thresholds[i] ?? thresholds[0] ?? 0.5]));
}

export const answers = new Answers();
