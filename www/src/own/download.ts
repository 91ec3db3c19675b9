import { save } from '../parts/save';
import type { OwnAdapter } from '../store/db';
import { slug } from '../teach/run.svelte';

/** Gives the file to the visitor. */
export function download({ title, file }: OwnAdapter): void {
  save(file, `${slug(title)}.safetensors`);
}
