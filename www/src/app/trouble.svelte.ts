import type { Explained } from '../engine/explain';
import { explain, isAbort } from '../engine/explain';

/** The last resort: what nobody caught is shown, rather than lost in the console. */
class Trouble {
  last = $state.raw<Explained>();

  watch(): void {
    addEventListener('unhandledrejection', (event) => {
      event.preventDefault();
      if (!isAbort(event.reason)) this.last = explain(event.reason);
    });
  }
}

export const trouble = new Trouble();
