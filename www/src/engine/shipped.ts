import type { Task } from 'graftwork';

/** An adapter that comes with the page. */
export interface Shipped {
  id: string;
  task: Task;
  /** Where the page shows them before it is loaded. */
  labels?: string[];
  title: string;
  /** What it tells apart. */
  question: string;
  file: string;
  sha256: string;
  bytes: number;
  /** Held-out texts, and the share of them that it labels right; of entities, F1. */
  tested: number;
  score: number;
  /** Of entities: the share of what it marks that is right, and the share of what is there that it finds. */
  spans?: { precision: number; recall: number };
  /** What it learned from. */
  data: { name: string; by: string; licence: string; url: string };
  samples: string[];
}

/** Figures and how they were measured: public/adapters/README.md. A test compares the digests with the files. */
export const shipped: Shipped[] = [
  {
    id: 'spam',
    task: 'text-classification',
    title: 'Spam filter',
    question: 'Is this message spam?',
    file: 'adapters/spam.safetensors',
    sha256: '0f68b81c00d4cf7ece730182496269db31b604fbd0b603b39ec79062f004ff44',
    bytes: 536_396,
    tested: 1045,
    score: 0.98852,
    data: {
      name: 'SMS Spam Collection', by: 'Almeida, Gómez Hidalgo and Yamakami', licence: 'CC BY 4.0',
      url: 'https://archive.ics.uci.edu/dataset/228/sms+spam+collection',
    },
    samples: [
      'WINNER!! Claim your free prize now, call 09061701461 before midnight',
      'Running ten minutes late, can you order me a coffee?',
      'Your parcel is on hold. Pay the fee at the link below to release it.',
    ],
  },
  {
    id: 'sentiment',
    task: 'text-classification',
    title: 'Sentiment',
    question: 'Did the critic like it?',
    file: 'adapters/sentiment.safetensors',
    sha256: '524ae58d32a0703617836491239ca8878c9f36e09f650191b3a048de26f37d79',
    bytes: 536_668,
    tested: 1068,
    score: 0.82303,
    data: {
      name: 'sentence polarity data', by: 'Pang and Lee', licence: 'CC BY 4.0',
      url: 'https://www.cs.cornell.edu/people/pabo/movie-review-data/',
    },
    samples: [
      'A warm, funny film that trusts its audience.',
      'Two hours of noise in search of a story.',
      'Not a masterpiece, but I left the cinema smiling.',
    ],
  },
  {
    id: 'topic',
    task: 'text-classification',
    title: 'Topic',
    question: 'What is this sentence about?',
    file: 'adapters/topic.safetensors',
    sha256: '734dfc384a25c6642bc40c6eec0e1e6f9e6b7a1abccf14ab7c2c460fe3d33ddd',
    bytes: 540_390,
    tested: 204,
    score: 0.8676,
    data: {
      name: 'SIB-200', by: 'Adelani et al.', licence: 'CC BY-SA 4.0', url: 'https://github.com/dadelani/sib-200',
    },
    samples: [
      'The vaccine protects against three strains of the virus.',
      'The night train to Lisbon leaves from platform four.',
      'The parliament votes on the new budget on Thursday.',
      'She scored twice in the last ten minutes of the final.',
    ],
  },
  {
    id: 'names',
    task: 'token-classification',
    labels: ['B-corporation', 'B-creative-work', 'B-group', 'B-location', 'B-person', 'B-product'],
    title: 'People, places and more',
    question: 'What is named here?',
    file: 'adapters/names.safetensors',
    sha256: '62bdbae6cbd3aa21cafb5dcf0784163144c923e56592cc3de40c7c45aac633f2',
    bytes: 249_346,
    tested: 1287,
    score: 0.3761,
    spans: { precision: 0.6091, recall: 0.2721 },
    data: {
      name: 'WNUT 2017', by: 'Derczynski et al.', licence: 'CC BY 4.0', url: 'https://github.com/leondz/emerging_entities_17',
    },
    samples: [
      'Lionel Messi flew from Barcelona to Miami on Friday.',
      'Watching Game of Thrones with Anna in New York 😀',
      'Does anybody in London have an iPhone charger?',
    ],
  },
];
