import type { Task } from 'graftwork';
import { shelf, type Entry } from '../engine/shelf.svelte';
import { shipped } from '../engine/shipped';
import { typed } from '../store/typed.svelte';

/** The tasks whose adapters give labels to a text. */
export const SORTING: readonly Task[] = ['text-classification', 'multi-label-classification'];

/** Which adapter answers, and the text that it is asked about; both outlast a look at another view, the text a reload too. */
class Choice {
  id = $state(shipped[0]?.id ?? '');

  get text(): string {
    return typed.get('try');
  }

  set text(text: string) {
    typed.set('try', text);
  }

  get entry(): Entry | undefined {
    const entries = shelf.of(...SORTING);
    return entries.find(({ id }) => id === this.id) ?? entries[0];
  }
}

export const choice = new Choice();
