import { isStored, type DeviceChoice, type LoadOptions } from 'graftwork';
import { ENGLISH, MANY, UNKNOWN, type Reads } from './reads';

/** A backbone that the page can work with. */
export interface Choice {
  /** What adapters remember of the one that they were taught on. */
  id: string;
  /** As in “with the English model”. */
  title: string;
  /** A URL of its folder, or a hub id. */
  source: string;
  /** How to load it, and what its files have to be. */
  options: LoadOptions;
  /** What is downloaded, in MB. */
  megabytes?: number;
  reads: Reads;
  /** From which cosine on two texts are almost the same, very much alike, alike. */
  alike: readonly [number, number, number];
}

/** The hub's commit that the shipped adapters were trained on, and its files' SHA-256. */
const MINILM: LoadOptions = {
  revision: 'c9745ed1d9f207416be6d2e6f8de32d1f16199bf',
  integrity: {
    'config.json': '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
    'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    'model.safetensors': '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
  },
};
const USUAL = [0.85, 0.65, 0.5] as const;

const query = new URLSearchParams(location.search);
const env = import.meta.env;
const pinned = (source: string) => (nameOf(source) === 'all-MiniLM-L6-v2' ? MINILM : {});

const englishSource = env.VITE_BACKBONE ?? 'sentence-transformers/all-MiniLM-L6-v2';

export const english: Choice = {
  id: 'english', title: 'the English model', source: englishSource, options: pinned(englishSource), megabytes: 91, reads: ENGLISH, alike: USUAL,
};

/** Its many words take most of its room: in half precision it fits into the memory of a phone. Its vectors all lie near each other. */
export const multilingual: Choice = {
  id: 'multilingual', title: 'the model for 100 languages', source: query.get('multilingual') ?? env.VITE_MULTILINGUAL ?? 'intfloat/multilingual-e5-small',
  options: { dtype: 'f16' }, megabytes: Number(env.VITE_MULTILINGUAL_MB ?? 488), reads: MANY, alike: [0.95, 0.9, 0.88],
};

/** What the visitor chooses from. */
export const BACKBONES: readonly Choice[] = [english, multilingual];

/** The one that an adapter remembers: where it remembers nothing, it is of before there were several. */
export function find(id: string = english.id): Choice | undefined {
  return BACKBONES.find((choice) => choice.id === id);
}

/** The one of the address (`?backbone=`), about which the page knows nothing. */
export const ofAddress: Choice | undefined = other(query.get('backbone'));

/** Where to compute: of the address (`?device=gpu`), else whatever is fastest. */
export const device = (query.get('device') ?? 'auto') as DeviceChoice;

/** Whether all of it is on this machine; never rejects. */
export function isHere({ source, options: { integrity, revision } }: Choice): Promise<boolean> {
  return isStored(source, { ...(integrity && { integrity }), ...(revision && { revision }) }).catch(() => false);
}

/** What to call it where its name is wanted. */
export function nameOf(source: string): string {
  return source.replace(/\/+$/, '').split('/').at(-1) ?? source;
}

function other(source: string | null): Choice | undefined {
  if (source === null) return undefined;
  const name = nameOf(source);
  if (name === nameOf(english.source)) return { ...english, source };
  return { id: name, title: name, source, options: pinned(source), reads: UNKNOWN, alike: USUAL };
}
