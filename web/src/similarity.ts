import { bad } from './examples.js';
import type { Inputs } from './stream.js';
import { answers } from './stream.js';
import type { EmbedOptions, SimilarityOptions, Two } from './types.js';

/** What turns texts into vectors: a backbone, or an adapter on it. */
interface Embeds {
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
}

/** How similar two texts are, pair by pair: the cosine of the means of their tokens' vectors. */
export function similarity(
  model: Embeds,
  pairs: Inputs<Two>,
  options: SimilarityOptions,
): Promise<number[]> | AsyncGenerator<number, void, undefined> {
  const cosines = async (some: readonly Two[]): Promise<number[]> => {
    const other = Object.keys(options).find((key) => !['signal', 'maxLength', 'longTexts'].includes(key));
    if (other !== undefined) throw bad(`unknown option \`${other}\` of similarity`);
    if (!Array.isArray(some) || some.some((pair) => !Array.isArray(pair) || pair.length !== 2)) {
      throw bad('pairs must be arrays of two strings');
    }
    const all = await model.embed(some.flat(), { ...options, normalize: true });
    return some.map((_, i) => dot(all[2 * i]!, all[2 * i + 1]!));
  };
  return answers(pairs, cosines, options.signal);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
