/** Milliseconds at a time: a frame and a click fit between two slices. */
const SLICE = 10;

/** Does something with each of many items, and lets the page draw and answer in between. */
export async function inSlices<T>(items: readonly T[], work: (item: T, i: number) => void, signal?: AbortSignal): Promise<void> {
  let end = performance.now() + SLICE;
  for (let i = 0; i < items.length; i += 1) {
    work(items[i] as T, i);
    if (i % 128 !== 0 || performance.now() < end) continue;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    end = performance.now() + SLICE;
  }
}
