// Tagged words in the page: training, entities and their places, interrupted runs, wrong use; against the native program.
import { compare, equal } from './native.mjs';
import { ready } from './runs.mjs';
import { asNative, goesOn, learn } from './tasks.mjs';

const LABELS = ['O', 'B-person', 'I-person', 'B-place', 'I-place'];
const OPTIONS = { epochs: 4, batchSize: 8, lr: 0.01, dropout: 0.1 };
/** Letters of one to four bytes, combining marks, emoji of several characters, half a surrogate pair, and nothing. */
const TEXTS = [
  'Ada lives in Rome !', '😀 Zoë went to New York with Bob', 'e\u0301a\u0301 👩‍👩‍👧 Li Wei has never seen Oslo, 漢字 Cairo.',
  '\ud83d Eva', '', 'Bob '.repeat(200),
];

/** Sentences about people and places, as words with their tags. */
function sentences(count) {
  const names = ['Ada', 'Zoë', 'Eve', 'Li Wei', 'Bob', 'Eva'];
  const places = ['Rome', 'New York', 'Oslo', 'Cairo', 'Lima'];
  return Array.from({ length: count }, (_, i) => {
    const [tokens, tags] = [[], []];
    const say = (text, type) => text.split(' ').forEach((word, at) => {
      tokens.push(word);
      tags.push(type === undefined ? 'O' : `${at === 0 ? 'B' : 'I'}-${type}`);
    });
    say(names[i % 6], 'person');
    say(['lives in', 'went to', 'has never seen'][i % 3]);
    say(places[i * 7 % 5], 'place');
    say(['today .', '!', 'with'][Math.floor(i / 3) % 3]);
    if (i % 9 >= 6) say(names[Math.floor(i / 2) % 6], 'person');
    return { tokens, tags };
  });
}

/** The same sentence as a text in which the entities are marked. */
function marked({ tokens, tags }) {
  const entities = [];
  let text = '';
  tokens.forEach((word, i) => {
    const [prefix, type] = tags[i].split('-');
    if (i > 0) text += ' ';
    if (prefix === 'B') entities.push({ start: text.length, type });
    text += word;
    if (prefix !== 'O') entities.at(-1).end = text.length;
  });
  return { text, entities };
}

const TASK = {
  create: { task: 'token-classification', entityTypes: ['person', 'place'] }, call: 'tag', inputs: TEXTS, metric: 'f1',
  row: (it) => (typeof it === 'string' ? { text: it } : it), words: ['--labels', LABELS.join(',')],
};

export const checks = {
  async 'tags: training and entities, as native'(on) {
    const check = ({ answers, validation, info }, lines) => {
      equal('labels', info.labels, LABELS);
      if (!(validation.f1 > 0.5)) throw new Error(`F1 ${validation.f1}`);
      lines.forEach((line, i) => {
        const at = ({ start, end }) => TEXTS[i].toWellFormed().slice(start, end);
        const { entities, words, leftOut } = answers[i];
        equal('entities', entities.map((e) => [at(e), e.type]), line.entities.map((e) => [e.text, e.type]));
        equal('words', words.map((w) => [at(w), w.tag]), line.words.map((w) => [w.text, w.tag]));
        equal('what was not read', leftOut, line.left_out ?? 0);
        compare('scores', words.map((w) => [w.score]), line.words.map((w) => [w.score]), 1e-4);
      });
      if (!answers.some((answer) => answer.leftOut > 0)) throw new Error('nothing was too long');
    };
    return asNative(on, { ...TASK, examples: sentences(64), options: OPTIONS, check });
  },

  async 'tags: marked texts are the same as their words'({ page, server }) {
    await ready(page, server);
    const examples = sentences(24);
    const { create, call, inputs } = TASK;
    const plain = { create, call, inputs };
    const [words, texts] = [await page.evaluate(learn, { ...plain, examples, options: OPTIONS }),
      await page.evaluate(learn, { ...plain, examples: examples.map(marked), options: OPTIONS })];
    equal('bytes', texts.digest, words.digest);
    const held = await page.evaluate(learn, { ...plain, examples: examples.map(marked), options: { ...OPTIONS, validation: 0.25 }, inputs: [] });
    equal('held out', held.validation.predictions.length, 6);
  },

  async 'tags: a killed page goes on with its run'(on) {
    await goesOn(on, { ...TASK, examples: sentences(32), options: OPTIONS });
  },

  async 'tags: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async () => {
      const { backbone, failure } = window;
      const task = 'token-classification';
      const tagger = await backbone.createAdapter({ task, entityTypes: ['person'] });
      const texts = await backbone.createAdapter({ labels: ['ham', 'spam', 'other'] });
      const train = (adapter, ...examples) => failure(async () => {
        for await (const step of adapter.train(examples, { maxSteps: 1 })) void step;
      });
      const mark = (text, ...entities) => train(tagger, { text, entities: entities.map(([start, end, type = 'person']) => ({ start, end, type })) });
      const [answer] = await texts.classify(['free phone'], { topK: 2 });
      const [all] = await texts.classify(['free phone']);
      const tags = await backbone.createAdapter({ task, labels: ['NOUN', 'VERB'] });
      return {
        codes: {
          'classify by a tagger': await failure(() => tagger.classify(['x'])),
          'tag by a classifier': await failure(() => texts.tag(['x'])),
          'loaded for another task': await failure(async () => backbone.loadAdapter(await texts.export(), { task })),
          'few examples of tags': await failure(async () => backbone.fewShot([{ tokens: ['a'], tags: ['O'] }])),
          'labels for a tagger': await train(tagger, { text: 'x', label: 'ham' }),
          'tags for a classifier': await train(texts, { tokens: ['x'], tags: ['ham'] }),
          'a tag too few': await train(tagger, { tokens: ['a', 'b'], tags: ['O'] }),
          'no words': await train(tagger, { tokens: [], tags: [] }),
          'an unknown tag': await train(tagger, { tokens: ['a'], tags: ['B-place'] }),
          'both kinds': await train(tagger, { tokens: ['a'], tags: ['O'] }, { text: 'a', entities: [] }),
          'half an emoji': await mark('😀 Ada', [1, 6]),
          'beyond the end': await mark('Ada', [0, 4]),
          'nothing marked': await mark('Ada', [1, 1]),
          'a space alone': await mark('a b', [1, 2]),
          'half a word': await mark('Ada lives', [0, 6]),
          'a word twice': await mark('Ada lives', [0, 3], [0, 9]),
          'an unknown type': await mark('Ada lives', [0, 3, 'place']),
          'all is well': await mark('Ada lives 😀', [0, 3]),
          'an unknown task': await failure(() => backbone.createAdapter({ task: 'x', labels: ['a', 'b'] })),
          'types of texts': await failure(() => backbone.createAdapter({ entityTypes: ['a'] })),
          'types and labels': await failure(() => backbone.createAdapter({ task, entityTypes: ['a'], labels: ['O'] })),
          'an unknown option': await failure(() => tagger.tag(['x'], { threshold: 1 })),
          'windows': await failure(() => tagger.tag(['x'], { longTexts: 'windows' })),
          'no texts': await failure(() => tagger.tag('x')),
        },
        topK: [Object.values(answer.scores), Object.values(all.scores).sort((a, b) => b - a).slice(0, 2), answer.score === all.score],
        parts: (await tags.tag(['a b']))[0].entities,
      };
    });
    const [wrong, examples, option] = ['wrong-task', 'bad-examples', 'bad-option'];
    equal('codes', found.codes, {
      'classify by a tagger': wrong, 'tag by a classifier': wrong, 'loaded for another task': wrong, 'few examples of tags': examples,
      'labels for a tagger': examples, 'tags for a classifier': examples, 'a tag too few': examples, 'no words': examples,
      'an unknown tag': examples, 'both kinds': examples, 'half an emoji': examples, 'beyond the end': examples,
      'nothing marked': examples, 'a space alone': examples, 'half a word': examples, 'a word twice': examples,
      'an unknown type': examples, 'all is well': 'nothing was thrown', 'an unknown task': option, 'types of texts': option,
      'types and labels': option, 'an unknown option': option, 'windows': option, 'no texts': option,
    });
    equal('the best two', [found.topK[0], found.topK[2], found.parts], [found.topK[1], true, null]);
    return `${Object.keys(found.codes).length} cases`;
  },
};
