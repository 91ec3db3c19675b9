import type { Material, OwnAdapter } from '../store/db';
import type { Unpacked } from './file';
import type { Answer, Order } from './packer';

/** One file of a project and its versions. */
export async function packed(material: Material, versions: OwnAdapter[]): Promise<Blob> {
  const answer = await ask({ material, versions });
  if (!('packed' in answer)) throw new Error('packing gave something else');
  return answer.packed;
}

/** What is in a project file; rejects with words that go on after its name. */
export async function unpacked(file: Blob): Promise<Unpacked> {
  const answer = await ask({ file });
  if (!('unpacked' in answer)) throw new Error('unpacking gave something else');
  return answer.unpacked;
}

/** In a worker: the page is never held up. */
function ask(order: Order): Promise<Answer> {
  const worker = new Worker(new URL('./packer.ts', import.meta.url), { type: 'module' });
  const answer = new Promise<Answer>((resolve, reject) => {
    worker.onerror = () => reject(new Error('cannot be worked on: a part of this page is missing.\nLoad the page again.'));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => ('error' in data ? reject(new Error(data.error)) : resolve(data));
  });
  worker.postMessage(order);
  return answer.finally(() => worker.terminate());
}
