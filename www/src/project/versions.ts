import { shelf } from '../engine/shelf.svelte';
import type { OwnAdapter, Run } from '../store/db';
import { draft } from '../teach/draft.svelte';
import type { Report } from '../teach/score';
import { kept } from './kept.svelte';

/** What makes an adapter a version of the project that it learned from: nothing, where that was deleted in the meantime. */
export function asVersion({ name, project }: Run, report: Report | undefined): Pick<OwnAdapter, 'project' | 'version' | 'report'> {
  if (project === undefined || (project !== draft.id && kept.find(project) === undefined)) return {};
  const versions = shelf.versions(project);
  // A run that is taken up again gives the same version, further taught.
  const version = versions.find(({ id }) => id === name)?.version ?? 1 + (versions[0]?.version ?? 0);
  return { project, version, ...(report && { report }) };
}
