import { tick } from 'svelte';
import { route } from '../app/route.svelte';
import { model } from '../engine/model.svelte';
import { nameOf } from '../project/name';
import { projects } from '../project/projects.svelte';
import { check, type Check } from '../teach/checks';
import { draft } from '../teach/draft.svelte';
import { run } from '../teach/run.svelte';
import { skillFor } from './continued';

/** What stands in the way of teaching the open project. Where it goes on from a skill that knows its labels, any number of examples will do. */
export function obstacles(): Check[] {
  const all = check(draft.labels, draft.examples);
  if (skillFor(draft.settings.from, draft.labels) === undefined) return all;
  const rest = all.filter(({ fix }) => fix !== undefined);
  return draft.examples.length > 0 ? rest : [{ level: 'stop', text: 'Put an answer of it right first, or add an example.' }, ...rest];
}

/** Opens a project and teaches it anew; where that cannot be, its examples are shown, with what is missing. */
export async function teachAgain(project: string): Promise<void> {
  if (run.active) return;
  await projects.open(project);
  run.reset();
  route.go('teach');
  await tick();
  if (draft.id === project && obstacles().every(({ level }) => level !== 'stop')) teach();
}

/** Teaches what is in the open project. */
export function teach(): void {
  const { backbone } = model;
  if (backbone === undefined || run.active) return;
  // What was taught stands in lists of skills, so it has a name that nothing else has.
  if (draft.title.trim() === '') draft.rename(projects.freeName(nameOf(draft), draft.id));
  const examples = draft.examples.map(({ text, label }) => ({ text, label }));
  void run.begin(backbone, nameOf(draft), [...draft.labels], examples, { ...draft.settings });
  scrollTo(0, 0);
}
