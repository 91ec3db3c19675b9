// What is sent to the engine, once it is what it should be.
import { GraftworkError } from './errors.js';
import type { PlainExamples } from './protocol.js';
import type { CreateOptions, Example, HeadExamples, HeadOptions, Task, Tasks } from './types.js';

/** Refuses what is no list of texts, before it is sent anywhere. */
export function strings(texts: readonly string[]): string[] {
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== 'string')) {
    throw bad('texts must be an array of strings');
  }
  return [...texts];
}

/** Refuses what is no list of inputs, before it is sent anywhere; what they must be is the engine's business. */
export function list<I>(inputs: readonly I[]): I[] {
  const odd = (input: unknown) => typeof input !== 'string' && (typeof input !== 'object' || input === null);
  if (!Array.isArray(inputs) || inputs.some(odd)) throw bad('inputs must be an array of strings or objects');
  return [...inputs];
}

/** Texts and labels; refuses what is no list of examples, before it is sent anywhere, and perhaps pairs. */
export function split(examples: Iterable<Example>, pairs = true): { texts: string[]; labels: string[] } {
  const all = [...examples];
  const wrong = all.findIndex((example) => typeof example?.text !== 'string' || typeof example.label !== 'string');
  if (wrong >= 0) throw new GraftworkError('bad-examples', `example ${wrong} is not { text, label } of strings`);
  if (!pairs && all.some((example) => example.textPair !== undefined)) {
    throw new GraftworkError('bad-examples', 'a probe learns single texts, not pairs');
  }
  return { texts: all.map((example) => example.text), labels: all.map((example) => example.label) };
}

/** The examples of a run, and perhaps some to evaluate it on; those of other heads by their names. */
export function plain<T extends Task>(
  train: Iterable<Tasks[T]['example']>,
  dev?: number | Iterable<Tasks[T]['example']>,
  and?: Readonly<Record<string, HeadExamples>>,
): PlainExamples {
  const others = Object.entries(and ?? {}).map(([name, { examples, validation }]) => [name, plain(examples, validation)]);
  return {
    train: [...train], dev: typeof dev === 'object' ? [...dev] : undefined,
    and: and && Object.fromEntries(others),
  };
}

/** The options of a new adapter as the engine takes them. */
export function plainCreate({ from: _, and, ...options }: CreateOptions): object {
  const others = Object.entries(and ?? {}).map(([name, head]) => [name, plainHead(head)]);
  return { ...plainHead(options), and: and && Object.fromEntries(others) };
}

/** Types of entities are a short way to say their tags, and a number of choices one to say their places. */
function plainHead({ entityTypes, choices, ...options }: HeadOptions): object {
  if (entityTypes !== undefined && options.task === 'intent-slot-classification') {
    if (options.tags !== undefined) throw bad('entityTypes are in place of tags');
    return { ...options, tags: tagsOf(entityTypes) };
  }
  const instead = (name: string, task: Task, labels: string[]) => {
    if (options.task !== task || options.labels !== undefined) throw bad(`${name} are for ${task}, in place of labels`);
    return { ...options, labels };
  };
  if (entityTypes !== undefined) {
    return instead('entityTypes', 'token-classification', tagsOf(entityTypes));
  }
  if (choices === undefined) return options;
  if (!(Number.isInteger(choices) && choices >= 2 && choices <= 64)) throw bad('choices must be a whole number from 2 to 64');
  return instead('choices', 'multiple-choice', Array.from({ length: choices }, (_, place) => String(place)));
}

function tagsOf(entityTypes: readonly string[]): string[] {
  return ['O', ...strings(entityTypes).flatMap((type) => [`B-${type}`, `I-${type}`])];
}

/** An error about an option. */
export function bad(message: string): GraftworkError {
  return new GraftworkError('bad-option', message);
}
