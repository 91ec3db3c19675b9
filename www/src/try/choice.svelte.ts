import { shelf, type Entry } from '../engine/shelf.svelte';
import { shipped } from '../engine/shipped';

/** Which adapter answers, and the text that it is asked about; both outlast a look at another view. */
class Choice {
  id = $state(shipped[0]?.id ?? '');
  text = $state('');

  get entry(): Entry | undefined {
    const entries = shelf.of('text-classification');
    return entries.find(({ id }) => id === this.id) ?? entries[0];
  }
}

export const choice = new Choice();
