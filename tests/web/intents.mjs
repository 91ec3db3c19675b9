// Intents and slots in the page: training, answers of both heads, interrupted runs, wrong use; against the native program.
import { compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { asNative, goesOn, refusals } from './tasks.mjs';

const INTENTS = ['PlayMusic', 'GetWeather'];
const TAGS = ['O', 'B-artist', 'I-artist', 'B-city', 'I-city'];
const OPTIONS = { epochs: 4, batchSize: 8, lr: 0.01, dropout: 0.1 };
const TEXTS = ['play something by Nina Simone', '😀 is it raining in New York ?', 'Zoë', '', 'play '.repeat(200)];

/** Sentences that want something, as words with tags. */
function sentences(count) {
  const artists = ['Bach', 'Nina Simone', 'Zoë'];
  const cities = ['Oslo', 'New York', 'Rome', 'Cairo'];
  return Array.from({ length: count }, (_, i) => {
    const plays = i % 2 === 0;
    const [name, type] = plays ? [artists[i / 2 % 3], 'artist'] : [cities[(i - 1) / 2 % 4], 'city'];
    const words = plays ? ['play', 'something', 'by'] : ['is', 'it', 'raining', 'in'];
    const parts = name.split(' ');
    return {
      tokens: [...words, ...parts],
      tags: [...words.map(() => 'O'), ...parts.map((_, at) => `${at === 0 ? 'B' : 'I'}-${type}`)],
      intent: INTENTS[i % 2],
    };
  });
}

const TASK = {
  create: { task: 'intent-slot-classification', labels: INTENTS, entityTypes: ['artist', 'city'] },
  call: 'intentAndSlots', inputs: TEXTS, metric: 'score',
  row: (it) => (typeof it === 'string' ? { text: it } : it), words: ['--tags', TAGS.join(',')],
};

export const checks = {
  async 'intents: training and answers of both heads, as native'(on) {
    const check = ({ answers, validation, info }, lines) => {
      equal('labels', [info.labels, info.tags], [INTENTS, TAGS]);
      if (!(validation.accuracy > 0.9 && validation.slots.f1 > 0.5)) throw new Error(JSON.stringify(validation));
      lines.forEach((line, i) => {
        const at = ({ start, end }) => TEXTS[i].toWellFormed().slice(start, end);
        const { intent, slots } = answers[i];
        equal('intent', intent.label, line.intent);
        compare('probabilities', [INTENTS.map((label) => intent.scores[label])], [INTENTS.map((label) => line.scores[label])], 1e-4);
        equal('slots', slots.entities.map((e) => [at(e), e.type]), line.slots.map((e) => [e.text, e.type]));
        equal('words', slots.words.map((w) => [at(w), w.tag]), line.words.map((w) => [w.text, w.tag]));
        compare('scores', slots.words.map((w) => [w.score]), line.words.map((w) => [w.score]), 1e-4);
      });
      if (!answers.some(({ slots }) => slots.leftOut > 0)) throw new Error('nothing was too long');
    };
    return asNative(on, { ...TASK, examples: sentences(64), options: OPTIONS, check });
  },

  async 'intents: a killed page goes on with its run'(on) {
    return goesOn(on, { ...TASK, examples: sentences(32), options: OPTIONS });
  },

  async 'intents: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const [good] = sentences(1);
    const found = await refusals(page, {
      create: TASK.create,
      examples: {
        'no intent': [{ ...good, intent: undefined }], 'unknown intent': [{ ...good, intent: 'Cook' }],
        'unknown tag': [{ ...good, tags: good.tags.map(() => 'B-cook') }], 'a tag too few': [{ ...good, tags: ['O'] }],
      },
      calls: { 'no text': ['intentAndSlots', [3]], 'windows': ['intentAndSlots', ['a'], { longTexts: 'windows' }], 'texts': ['intentAndSlots', ['a']] },
    });
    equal('codes', found, {
      'loaded for this task': 'wrong-task', 'no intent': 'bad-examples', 'unknown intent': 'bad-examples',
      'unknown tag': 'bad-examples', 'a tag too few': 'bad-examples', 'no text': 'bad-option', 'windows': 'bad-option',
      'texts': 'nothing was thrown', 'of another task': 'wrong-task',
    });
    const tags = await page.evaluate(() => window.failure(() => window.backbone.createAdapter({ labels: ['a', 'b'], tags: ['O', 'B-x'] })));
    equal('tags of another task', tags, 'bad-option');
    return `${Object.keys(found).length + 1} cases`;
  },
};
