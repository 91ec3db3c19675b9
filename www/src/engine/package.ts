// The one place that knows which parts of the package are there.
import * as graftwork from 'graftwork';
import type { Adapter, Backbone, LoadOptions, TrainOptions, TrainProgress } from 'graftwork';

/** What the browser keeps for this site. */
export interface Storage {
  usage: number | undefined;
  quota: number | undefined;
  persisted: boolean;
  /** False where the browser keeps no files for this page, as in some private modes. */
  cache: boolean;
}

/** A run that was interrupted. */
export interface SavedRun {
  name: string;
  adapter: string;
  labels: string[];
  step: number;
  totalSteps: number;
  savedAt: Date;
  fingerprint: string;
  bytes: number;
}

/** A lost GPU, or one that is back. */
export interface DeviceEvent {
  state: 'lost' | 'recovered';
  device: 'gpu' | 'cpu';
  reason: string;
}

interface Resumed {
  adapter: Adapter;
  training: AsyncGenerator<TrainProgress, void, undefined>;
}

interface Durable {
  storage(): Promise<Storage>;
  clearCache(): Promise<number>;
  savedRuns(): Promise<SavedRun[]>;
  deleteRun(name: string): Promise<void>;
}

const extra: Partial<Durable> = graftwork as object;

/** Whether runs can be saved and taken up again. */
export const canResume = extra.savedRuns !== undefined;

export async function savedRuns(): Promise<SavedRun[]> {
  return (await extra.savedRuns?.()) ?? [];
}

export async function deleteRun(name: string): Promise<void> {
  await extra.deleteRun?.(name);
}

export function resume(backbone: Backbone, name: string, options: { signal?: AbortSignal }): Promise<Resumed> {
  return (backbone as unknown as { resume(name: string, options: object): Promise<Resumed> }).resume(name, options);
}

/** Options of a training run that is saved under a name. */
export function saved(name: string): TrainOptions {
  return canResume ? ({ saveAs: name } as TrainOptions) : {};
}

/** Options of a load that tell of a lost device. */
export function watched(onDevice: (event: DeviceEvent) => void): LoadOptions {
  return canResume ? ({ onDevice } as LoadOptions) : {};
}

export async function storage(): Promise<Storage> {
  if (extra.storage !== undefined) return extra.storage();
  const estimate = await navigator.storage?.estimate?.();
  const persisted = (await navigator.storage?.persisted?.()) ?? false;
  return { usage: estimate?.usage, quota: estimate?.quota, persisted, cache: typeof caches !== 'undefined' };
}

export async function clearCache(): Promise<void> {
  if (extra.clearCache !== undefined) await extra.clearCache();
  else if (typeof caches !== 'undefined') await caches.delete(graftwork.CACHE_NAME);
}
