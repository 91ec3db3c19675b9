// Several heads on one adapter in the page: learned together, answered by each, interrupted; against the native program.
import { messages } from './golden.mjs';
import { ask, compare, equal, train } from './native.mjs';
import { ready } from './runs.mjs';
import { WAYS } from './tasks.mjs';

// In the order that the program takes from data.
const TAGS = ['B-place', 'I-place', 'O'];
const CREATE = {
  labels: ['ham', 'spam'], head: 'topic',
  and: { places: { task: 'token-classification', labels: TAGS } },
};
const OPTIONS = { epochs: 3, batchSize: 8, lr: 0.01, sampling: 'evenly', lossWeights: { places: 2 } };
const TEXTS = ['we live in Oslo', 'free phone', 'Zoë'];

/** Sentences whose places are tagged. */
function sentences(count) {
  const places = [['Oslo'], ['New', 'York'], ['Rome']];
  return Array.from({ length: count }, (_, i) => {
    const words = ['we', 'live', 'in'];
    const place = places[i % 3];
    return {
      tokens: [...words, ...place],
      tags: [...words.map(() => 'O'), ...place.map((_, at) => (at === 0 ? 'B-place' : 'I-place'))],
    };
  });
}

export const checks = {
  async 'heads: two learn together and answer, as native'({ page, server, program }) {
    const [topics, places] = [await messages(32), sentences(12)];
    const words = ['--head', 'topic', '--labels', 'ham,spam', '--dev', 'EXAMPLES', '--and', 'places=token-classification:OTHERS',
      '--and-dev', 'places=OTHERS', '--epochs', 3, '--batch-size', 8, '--lr', 0.01, '--sampling', 'evenly', '--loss-weight', 'places=2'];
    const native = await train(program, topics, words, { others: places });
    const notes = [];
    for (const way of WAYS) {
      await ready(page, server, way);
      const found = await page.evaluate(async ({ create, topics, places, options, texts }) => {
        const { backbone } = window;
        const both = await backbone.createAdapter(create);
        const steps = [];
        let last;
        const and = { places: { examples: places, validation: places } };
        for await (const progress of both.train(topics, { ...options, validation: topics, and })) {
          if (progress.validation === undefined) steps.push([progress.loss]);
          else if (last === undefined || progress.validation.best) last = progress;
        }
        const view = await both.withHead('places');
        const back = await view.withHead('topic');
        const blob = await view.export();
        const loaded = await backbone.loadAdapter(blob, { head: 'places', task: 'token-classification' });
        const whole = await backbone.loadAdapter(blob);
        const wrong = [
          await window.failure(() => backbone.loadAdapter(blob, { task: 'token-classification' })),
          await window.failure(() => backbone.loadAdapter(blob, { head: 'people' })),
          await window.failure(() => view.classify(texts)),
        ];
        const classified = await both.classify(texts);
        const tagged = await view.tag(texts);
        return {
          steps, validation: last.validation, others: last.others, classified, tagged, wrong,
          again: [await back.classify(texts), await whole.classify(texts), await loaded.tag(texts)],
          infos: [both, view, loaded].map(({ info }) => [info.task, info.labels, info.heads, info.head]),
          metrics: both.info.metrics.dev, file: [...new Uint8Array(await blob.arrayBuffer())],
        };
      }, { create: CREATE, topics, places, options: OPTIONS, texts: TEXTS });
      const worst = compare('losses', found.steps, native.steps.map((step) => [step.loss]), 1e-3);
      const { topic, places: tags } = native.found.dev;
      compare('metrics', [[found.validation.accuracy], [found.others.places.f1]], [[topic.accuracy], [tags.f1]], 0.04);
      equal('what the file says', Object.keys(found.metrics), ['score', 'loss']);
      const heads = ['topic', 'places'];
      const ofPlaces = ['token-classification', TAGS, heads, 'places'];
      equal('infos', found.infos, [['text-classification', ['ham', 'spam'], heads, null], ofPlaces, ofPlaces]);
      equal('wrong use', found.wrong, ['wrong-task', 'no-head', 'wrong-task']);
      equal('by other ways', found.again, [found.classified, found.classified, found.tagged]);
      const lines = await ask(program, ['predict', '--head', 'topic'], TEXTS, found.file);
      compare('probabilities', found.classified.map((one) => Object.values(one.scores)), lines.map((line) => Object.values(line.scores)), 1e-4);
      const tagged = await ask(program, ['predict', '--head', 'places'], TEXTS, found.file);
      compare('tags', found.tagged.map(({ words }) => words.map((word) => word.score)), tagged.map(({ words }) => words.map((word) => word.score)), 1e-4);
      notes.push(`${way.device} ${worst.toExponential(1)}`);
      await page.reload();
    }
    return `${native.steps.length} steps; largest difference of losses: ${notes.join(', ')}`;
  },

  async 'heads: one learns on alone, also after its page was killed'({ page, server }) {
    await ready(page, server);
    const places = sentences(24);
    const run = { epochs: 3, batchSize: 4, lr: 0.01, validation: 0.25 };
    const whole = await page.evaluate(async ({ create, places, run }) => {
      const both = await window.backbone.createAdapter(create);
      const before = await both.classify(['free phone']);
      const view = await both.withHead('places');
      for await (const step of view.train(places, run)) void step;
      const same = JSON.stringify(await both.classify(['free phone'])) === JSON.stringify(before);
      return { digest: await window.digest(view), info: [view.task, view.info.heads], same };
    }, { create: CREATE, places, run });
    equal('what learned', whole.info, ['token-classification', ['topic', 'places']]);
    // What is another adapter from here on leaves the first one as it was.
    equal('the first one', whole.same, true);
    page.evaluate(async ({ create, places, run }) => {
      const view = await (await window.backbone.createAdapter(create)).withHead('places');
      for await (const { step } of view.train(places, { ...run, saveAs: 'run', saveEvery: 0 })) {
        if (step >= 4) await window.holdOnceSaved(4);
      }
    }, { create: CREATE, places, run }).catch(() => undefined);
    await page.waitForFunction(() => window.holding, null, { timeout: 120_000 });
    await page.reload();
    await ready(page, server);
    const found = await page.evaluate(async () => {
      const { adapter, training } = await window.backbone.resume('run', { task: 'token-classification' });
      for await (const step of training) void step;
      return { digest: await window.digest(adapter), head: adapter.info.head };
    });
    equal('gone on with', found, { digest: whole.digest, head: 'places' });
  },

  async 'heads: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async ({ create, places }) => {
      const { backbone, examples, failure } = window;
      const made = (options) => failure(() => backbone.createAdapter(options));
      const both = await backbone.createAdapter(create);
      const train = (options) => failure(async () => {
        for await (const step of both.train(examples, { maxSteps: 1, ...options })) void step;
      });
      return {
        'two of one name': await made({ ...create, head: 'places' }),
        'too few labels': await made({ ...create, and: { other: { labels: ['a'] } } }),
        'beside intents': await made({ ...create, and: { other: { task: 'intent-slot-classification', labels: ['a', 'b'], tags: ['O', 'B-x'] } } }),
        'no options': await made({ ...create, and: { other: { tsk: 'x' } } }),
        'no head of that name': await train({ and: { people: { examples: places } } }),
        'examples of another task': await train({ and: { places: { examples } } }),
        'a weight of nothing': await train({ lossWeights: { places: 1 } }),
        'a weight below 0': await train({ and: { places: { examples: places } }, lossWeights: { places: -1 } }),
        'unknown sampling': await train({ and: { places: { examples: places } }, sampling: 'x' }),
        'no head': await failure(() => both.withHead('people')),
        'all is well': await train({ and: { places: { examples: places } }, validation: 0.2 }),
      };
    }, { create: CREATE, places: sentences(8) });
    equal('codes', found, {
      'two of one name': 'bad-option', 'too few labels': 'bad-option', 'beside intents': 'bad-option', 'no options': 'bad-option',
      'no head of that name': 'no-head', 'examples of another task': 'bad-examples', 'a weight of nothing': 'bad-option',
      'a weight below 0': 'bad-option', 'unknown sampling': 'bad-option', 'no head': 'no-head', 'all is well': 'nothing was thrown',
    });
    return `${Object.keys(found).length} cases`;
  },
};
