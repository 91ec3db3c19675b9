import { fileName } from '../project/name';
import { save } from '../parts/save';
import type { OwnAdapter } from '../store/db';

/** Gives the file to the visitor. */
export function download({ title, file }: OwnAdapter): void {
  save(file, `${fileName(title)}.safetensors`);
}
