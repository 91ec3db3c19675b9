import type { Material, OwnAdapter } from '../store/db';
import { pack, unpack, type Unpacked } from './file';

/** To pack a project, or to read a file. */
export type Order = { material: Material; versions: OwnAdapter[] } | { file: Blob };
export type Answer = { packed: Blob } | { unpacked: Unpacked } | { error: string };

addEventListener('message', ({ data }: MessageEvent<Order>) => void answer(data));

async function answer(order: Order): Promise<void> {
  const say = (answer: Answer) => postMessage(answer);
  try {
    if ('file' in order) return say({ unpacked: unpack(new Uint8Array(await order.file.arrayBuffer())) });
    const versions = await Promise.all(order.versions.map(async ({ file, ...own }) => ({ own, bytes: new Uint8Array(await file.arrayBuffer()) })));
    say({ packed: new Blob([pack(order.material, versions) as Uint8Array<ArrayBuffer>], { type: 'application/zip' }) });
  } catch (error) {
    say({ error: (error as Error).message });
  }
}
