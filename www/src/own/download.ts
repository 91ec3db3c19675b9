import type { OwnAdapter } from '../store/db';
import { slug } from '../teach/run.svelte';

/** Gives the file to the visitor. */
export function download({ title, file }: OwnAdapter): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `${slug(title)}.safetensors`;
  link.click();
  // The browser has begun to read it by then; a URL that is never revoked keeps the file in memory.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
