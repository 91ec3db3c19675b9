import type { Tagging } from 'graftwork';
import type { Explained } from '../engine/explain';
import { explain, isAbort } from '../engine/explain';
import { model } from '../engine/model.svelte';
import { shelf } from '../engine/shelf.svelte';
import { typed } from '../store/typed.svelte';

const PAUSE = 150;

/** What the chosen adapter finds in the text as it stands. */
class Found {
  /** The adapter that is chosen, if it is on the shelf. */
  by = $state('');
  /** What was found, and in which text by which adapter. */
  answer = $state.raw<Tagging & { text: string; id: string }>();
  failure = $state.raw<Explained>();
  #asked: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The text that is looked through; it outlasts a look at another view. */
  get text(): string {
    return typed.get('names');
  }

  set text(text: string) {
    typed.set('names', text);
  }

  /** Asks after a short pause. What is asked now makes older answers void. */
  ask(text: string, id: string, wait = PAUSE): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.#timer = setTimeout(() => void this.#find(text, id, asked.signal), wait);
  }

  async #find(text: string, id: string, signal: AbortSignal): Promise<void> {
    const { backbone } = model;
    if (backbone === undefined) return;
    this.failure = undefined;
    if (text.trim() === '') {
      this.answer = undefined;
      return;
    }
    try {
      const adapter = await shelf.attach(backbone, id);
      const [answer] = await adapter.tag([text], { signal });
      if (!signal.aborted && answer !== undefined) this.answer = { ...answer, text, id };
    } catch (error) {
      if (!signal.aborted && !isAbort(error) && shelf.problems[id] === undefined) this.failure = explain(error);
    }
  }
}

export const found = new Found();
