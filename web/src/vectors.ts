/** Cuts vectors that came end to end; with pooling `none` a text has several. */
export function vectors(
  { values, counts }: { values: Float32Array; counts: Uint32Array },
  { pooling }: { pooling?: string },
): Float32Array[] | Float32Array[][] {
  const size = values.length / Math.max(1, counts.reduce((all, count) => all + count, 0));
  let at = 0;
  const next = () => values.slice(at, (at += size));
  const texts = Array.from(counts, (count) => Array.from({ length: count }, next));
  return pooling === 'none' ? texts : texts.flat();
}
