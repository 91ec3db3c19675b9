/** Of which text to ask next, and which ones are alike: by their vectors, which have length 1. */
type Vector = Float32Array;
export type VectorOf = (text: string) => Vector | undefined;

/** So many texts are looked at to choose the next ones: enough to find doubtful ones, few enough for a frame. */
const LOOKED_AT = 1500;
const FEW = 48;
/** More alike than this are not asked about one after the other. */
const SAME = 0.9;

export function cosine(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Texts from all over the list, so that any beginning of it is a sample of the whole. */
export function spread<T>(items: readonly T[]): T[] {
  // Steps of the golden ratio leave the most even gaps, however many are taken.
  const keyed = items.map((item, i) => ({ item, key: (i * 0.618033988749895) % 1 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** The text least like any of those that were seen: what they have not shown yet. Nothing where no text has a vector. */
export function mostDifferent(texts: readonly string[], seen: readonly string[], vectorOf: VectorOf): string | undefined {
  const others = seen.map(vectorOf).filter((vector) => vector !== undefined);
  let [found, least]: [string | undefined, number] = [undefined, Infinity];
  // Of some only: the one farthest of all is an oddity more often than it is another kind.
  for (const text of texts.filter(vectorOf).slice(0, FEW)) {
    const vector = vectorOf(text) as Vector;
    const nearest = others.reduce((most, other) => Math.max(most, cosine(vector, other)), -1);
    if (nearest < least) [found, least] = [text, nearest];
  }
  return found;
}

/** The middles of each label's examples. */
export function middles(examples: readonly { text: string; label: string }[], vectorOf: VectorOf): Vector[] {
  const sums = new Map<string, Vector>();
  for (const { text, label } of examples) {
    const vector = vectorOf(text);
    if (vector === undefined) continue;
    const sum = sums.get(label) ?? new Float32Array(vector.length);
    for (let i = 0; i < vector.length; i += 1) sum[i] = (sum[i] as number) + (vector[i] as number);
    sums.set(label, sum);
  }
  return [...sums.values()].map((sum) => {
    const length = Math.sqrt(cosine(sum, sum)) || 1;
    return sum.map((value) => value / length);
  });
}

/** Texts between two labels: about as near to one label's middle as to another's, the most doubtful first, none like another. */
export function doubtful(texts: readonly string[], labels: readonly Vector[], vectorOf: VectorOf, most: number): string[] {
  const rated: { text: string; vector: Vector; margin: number }[] = [];
  for (const text of texts) {
    const vector = vectorOf(text);
    if (vector === undefined) continue;
    let [first, second] = [-Infinity, -Infinity];
    for (const label of labels) {
      const near = cosine(vector, label);
      if (near > first) [first, second] = [near, first];
      else if (near > second) second = near;
    }
    rated.push({ text, vector, margin: first - second });
    if (rated.length >= LOOKED_AT) break;
  }
  rated.sort((a, b) => a.margin - b.margin);
  const chosen: typeof rated = [];
  for (const one of rated) {
    if (chosen.length >= most) break;
    if (chosen.every(({ vector }) => cosine(vector, one.vector) < SAME)) chosen.push(one);
  }
  return chosen.map(({ text }) => text);
}

/** The texts most like one, at least as much as is asked for, the most alike first. */
export function alike(text: string, texts: readonly string[], vectorOf: VectorOf, least: number, most: number): string[] {
  const vector = vectorOf(text);
  if (vector === undefined) return [];
  const near: { text: string; cosine: number }[] = [];
  for (const other of texts) {
    const there = other === text ? undefined : vectorOf(other);
    const found = there === undefined ? -1 : cosine(vector, there);
    if (found >= least) near.push({ text: other, cosine: found });
  }
  return near.sort((a, b) => b.cosine - a.cosine).slice(0, most).map(({ text }) => text);
}
