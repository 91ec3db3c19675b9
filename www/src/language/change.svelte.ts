import { tick } from 'svelte';
import { model } from '../engine/model.svelte';
import { labelling } from '../label/labelling.svelte';
import { vectors } from '../label/vectors.svelte';
import { lesson } from '../names/lesson.svelte';
import { sorting } from '../sort/sorting.svelte';
import { run } from '../teach/run.svelte';
import type { Choice } from './backbones';
import { chosen } from './chosen.svelte';

/** The way from one backbone to another. */
class Change {
  /** What is said aloud when it is over. */
  said = $state('');

  /** What another backbone would break off. */
  get hindrance(): string | undefined {
    if (run.active || lesson.phase === 'training') return 'Something is being learned: wait until that is over, or stop it.';
    return sorting.phase === 'sorting' ? 'A list is being sorted: wait until that is over, or stop it.' : undefined;
  }

  /** Loads another backbone in the place of the one that is there; texts, examples and projects stay. */
  async to(choice: Choice): Promise<void> {
    if (!chosen.isFree || this.hindrance !== undefined || choice === chosen.it) return;
    chosen.set(choice);
    run.reset();
    lesson.reset();
    labelling.close();
    vectors.clear();
    this.said = `Loading ${choice.title} …`;
    await model.load();
    if (chosen.it !== choice || model.phase !== 'ready') return;
    this.said = `The page uses ${choice.title} now.`;
    // What was pressed may be gone.
    await tick();
    if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
  }
}

export const change = new Change();
