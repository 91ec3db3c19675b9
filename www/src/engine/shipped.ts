import type { Task } from 'graftwork';

/** Data that an adapter learned from. */
export interface Source {
  name: string;
  by: string;
  licence: string;
  url: string;
}

/** An adapter that comes with the page. */
export interface Shipped {
  id: string;
  task: Task;
  /** Where the page shows them before it is loaded, or another one begins with it. */
  labels?: string[];
  title: string;
  /** What it tells apart. */
  question: string;
  file: string;
  sha256: string;
  bytes: number;
  /** How good it was on texts that it never saw. */
  measured: string;
  /** What it learned from. */
  data: Source[];
  /** Texts to try. */
  samples: string[];
}

/** Figures and how they were measured: public/adapters/README.md. A test compares the digests with the files. */
export const shipped: Shipped[] = [
  {
    id: 'spam',
    task: 'text-classification',
    labels: ['not spam', 'spam'],
    title: 'Spam filter',
    question: 'Is this message spam?',
    file: 'adapters/spam.safetensors',
    sha256: 'b907b559e12e4fa6ff4781787b757ff391a253db5bc59ceeb5a44bc4a063ef1d',
    bytes: 538_804,
    measured: '98.8 % right on 1,045 text messages of 2006 to 2011 that it never saw, and on 78 of 80 messages of today.',
    data: [{
      name: 'SMS Spam Collection', by: 'Almeida, Gómez Hidalgo and Yamakami', licence: 'CC BY 4.0',
      url: 'https://archive.ics.uci.edu/dataset/228/sms+spam+collection',
    }, {
      name: '351 messages of today', by: 'this project', licence: 'MIT or Apache-2.0', url: 'adapters/README.md',
    }],
    samples: [
      'WINNER!! Claim your free prize now, call 09061701461 before midnight',
      'Running ten minutes late, can you order me a coffee?',
      'Your parcel is on hold. Pay the fee at the link below to release it.',
    ],
  },
  {
    id: 'sentiment',
    task: 'text-classification',
    labels: ['negative', 'positive'],
    title: 'Sentiment',
    question: 'Did the critic like it?',
    file: 'adapters/sentiment.safetensors',
    sha256: '524ae58d32a0703617836491239ca8878c9f36e09f650191b3a048de26f37d79',
    bytes: 536_668,
    measured: '82.3 % right on 1,068 texts it never saw.',
    data: [{
      name: 'sentence polarity data', by: 'Pang and Lee', licence: 'CC BY 4.0',
      url: 'https://www.cs.cornell.edu/people/pabo/movie-review-data/',
    }],
    samples: [
      'A warm, funny film that trusts its audience.',
      'Two hours of noise in search of a story.',
      'Not a masterpiece, but I left the cinema smiling.',
    ],
  },
  {
    id: 'topic',
    task: 'text-classification',
    labels: ['entertainment', 'geography', 'health', 'politics', 'science/technology', 'sports', 'travel'],
    title: 'Topic',
    question: 'What is this sentence about?',
    file: 'adapters/topic.safetensors',
    sha256: '734dfc384a25c6642bc40c6eec0e1e6f9e6b7a1abccf14ab7c2c460fe3d33ddd',
    bytes: 540_390,
    measured: '86.8 % right on 204 texts it never saw.',
    data: [{
      name: 'SIB-200', by: 'Adelani et al.', licence: 'CC BY-SA 4.0', url: 'https://github.com/dadelani/sib-200',
    }],
    samples: [
      'The vaccine protects against three strains of the virus.',
      'The night train to Lisbon leaves from platform four.',
      'The parliament votes on the new budget on Thursday.',
      'She scored twice in the last ten minutes of the final.',
    ],
  },
  {
    id: 'emotions',
    task: 'multi-label-classification',
    title: 'Emotions',
    question: 'What does the writer feel?',
    file: 'adapters/emotions.safetensors',
    sha256: 'd0b0020962e119afc4d044f5f95efd7e6f887b7ec3a3b9b31d3b221da3f08b20',
    bytes: 557_704,
    measured: '50.8 % of the emotions that it names are right, and it finds 62.1 % of those that people named in 5,427 comments it never saw (F1 55.9 %): '
      + 'it knows 28 of them, some of which are rare.',
    data: [{
      name: 'GoEmotions', by: 'Demszky et al.', licence: 'CC BY 4.0',
      url: 'https://github.com/google-research/google-research/tree/master/goemotions',
    }],
    samples: [
      'Thank you so much, this made my day!',
      'I am so sorry, I was wrong and I feel terrible about it.',
      'I finally passed the exam and I can’t believe it!',
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
    measured: '60.9 % of what it marks is right, and it finds 27.2 % of the names in 1,287 posts it never saw (F1 37.6 %): '
      + 'a hard test, of names that were new.',
    data: [{
      name: 'WNUT 2017', by: 'Derczynski et al.', licence: 'CC BY 4.0', url: 'https://github.com/leondz/emerging_entities_17',
    }],
    samples: [
      'Lionel Messi flew from Barcelona to Miami on Friday.',
      'Watching Game of Thrones with Anna in New York 😀',
      'Does anybody in London have an iPhone charger?',
    ],
  },
  {
    id: 'questions',
    task: 'question-answering',
    title: 'A reader of English',
    question: 'What does the text say?',
    file: 'adapters/questions.safetensors',
    sha256: 'b13da4a08f8d42caf70b0b07a2132c53ca836d8175c819046282d6aefc157422',
    bytes: 604_820,
    measured: 'Of 198 questions it never saw it answered 43.9 % to the word; by the words that its answers share with the right ones it reached '
      + '58.5 % (F1). Asked what a text does not say, it said so 89.5 % of the time. It reads as a small model does: look where the answer stands.',
    data: [
      { name: 'SQuADShifts', by: 'Miller et al.', licence: 'CC BY 4.0', url: 'https://modestyachts.github.io/squadshifts-website/' },
      { name: 'XQuAD', by: 'Artetxe et al.', licence: 'CC BY-SA 4.0', url: 'https://github.com/google-deepmind/xquad' },
    ],
    samples: [],
  },
];
