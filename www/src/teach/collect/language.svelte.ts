import { isAbort } from '../../engine/explain';
import { model } from '../../engine/model.svelte';
import { draft } from '../draft.svelte';

/** Typing and adding in quick succession is looked at once. */
const PAUSE = 600;

/** How many of the examples are in a language or script that the model hardly knows; it is told before anything is taught. */
class Language {
  foreign = $state(0);
  /** Of how many. */
  of = $state(0);

  /** Looks at the examples as they are; what comes back gives that up. */
  watch(): () => void {
    const { backbone } = model;
    const texts = draft.examples.map(({ text }) => text);
    // What one backbone does not know, another one may.
    if (backbone === undefined || model.phase !== 'ready') Object.assign(this, { foreign: 0, of: 0 });
    if (backbone === undefined || model.phase !== 'ready') return () => undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      backbone.survey(texts, { signal: abort.signal }).then(
        ({ uncovered }) => Object.assign(this, { foreign: uncovered, of: texts.length }),
        // Nothing hangs on it: what fails here fails when it is taught, and is told then.
        (error) => isAbort(error) || Object.assign(this, { foreign: 0, of: 0 }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }
}

export const language = new Language();
