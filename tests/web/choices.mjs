// Choices in the page: training, answers, interrupted runs, wrong use; against the native program.
import { ask, compare, equal, train } from './native.mjs';
import { killedAndResumed, ready } from './runs.mjs';

const WAYS = [{ device: 'cpu' }, { device: 'gpu' }, { device: 'cpu', worker: false }];
const OPTIONS = { epochs: 6, batchSize: 8, lr: 0.01, dropout: 0.1, maxLength: 32 };
const CREATE = { task: 'multiple-choice', choices: 4 };

/** Two to four choices, of which the right one speaks of what the prompt asks for. */
function prompts(count) {
  const [things, ways] = [['phone', 'train', 'money', 'music'], ['call', 'ride', 'pay', 'listen']];
  return Array.from({ length: count }, (_, i) => {
    const [asked, size] = [i * 3 % 4, 2 + i % 3];
    const label = Math.floor(i / 3) % size;
    const choices = Array.from({ length: size }, (_, place) => `we ${ways[(asked + (place + size - label) % size) % 4]} today`);
    return { prompt: `what do you do with your ${things[asked]} ?`, choices, label };
  });
}

/** As the program reads it. */
const row = ({ prompt, choices, label }) => ({ question: prompt, choices, label });

/** Runs in the page: a new adapter learns to choose, and chooses. */
async function learn({ create, examples, options, asked }) {
  const { backbone } = window;
  const adapter = await backbone.createAdapter(create);
  const steps = [];
  let validation;
  for await (const progress of adapter.train(examples, options)) {
    if (progress.validation === undefined) steps.push([progress.loss]);
    validation = progress.validation ?? validation;
  }
  const answers = await adapter.choose(asked);
  const streamed = [];
  for await (const answer of adapter.choose((async function* () { yield* asked; })())) streamed.push(answer);
  const blob = await adapter.export();
  const again = await (await backbone.loadAdapter(blob, { task: 'multiple-choice' })).choose(asked);
  const { task, labels, metrics } = adapter.info;
  const file = [...new Uint8Array(await blob.arrayBuffer())];
  return { steps, validation, answers, streamed, again, about: [task, labels], metrics: Object.keys(metrics.dev), file };
}

export const checks = {
  async 'choices: training and answers, as native'({ page, server, program }) {
    const examples = prompts(60);
    const { epochs, batchSize, lr, dropout, maxLength } = OPTIONS;
    const native = await train(program, examples.map(row), ['--task', 'multiple-choice', '--dev', 'EXAMPLES', '--epochs', epochs,
      '--batch-size', batchSize, '--lr', lr, '--dropout', dropout, '--max-length', maxLength]);
    // More choices than there ever were, one alone, and a prompt that is too long.
    const asked = [...prompts(5), { prompt: 'Zoë 😀', choices: ['a', 'b', 'c', 'd', 'e', 'f'] }, { prompt: 'x', choices: ['y', 'z'] },
      { prompt: 'so '.repeat(90), choices: ['yes', 'no'] }];
    const notes = [];
    for (const way of WAYS) {
      await ready(page, server, way);
      const found = await page.evaluate(learn, { create: CREATE, examples, options: { ...OPTIONS, validation: examples }, asked });
      equal('what it is', found.about, ['multiple-choice', ['0', '1', '2', '3']]);
      const worst = compare('losses', found.steps, native.steps.map((step) => [step.loss]), 1e-3);
      const { accuracy, predictions, loss } = found.validation;
      compare('last evaluation', [[accuracy, loss]], [[native.found.dev.accuracy, native.found.dev.loss]], 0.02);
      if (!(accuracy > 0.6)) throw new Error(`accuracy ${accuracy}`);
      const right = predictions.filter((place, i) => place === examples[i].label).length;
      equal('the file says', [right / examples.length, found.metrics], [accuracy, ['accuracy', 'loss']]);
      equal('again', [found.again, found.streamed], [found.answers, found.answers]);
      const lines = await ask(program, ['predict', '--format', 'jsonl'], asked.map((one) => JSON.stringify(row(one))), found.file);
      lines.forEach((line, i) => {
        const { choice, index, scores, logits, warnings } = found.answers[i];
        equal('choice', [choice, index, warnings.map((w) => w.type)], [line.choice, line.index, (line.warnings ?? []).map((w) => w.type)]);
        compare('scores', [scores, logits], [line.scores, line.logits], 1e-3);
      });
      notes.push(`${way.device} ${worst.toExponential(1)}`);
      await page.reload();
    }
    return `${native.steps.length} steps; largest difference of losses: ${notes.join(', ')}`;
  },

  async 'choices: a killed page goes on with its run'({ page, server }) {
    const options = { ...OPTIONS, epochs: 16, validation: 0.25 };
    await killedAndResumed({ page, server }, WAYS[0], { create: CREATE, examples: prompts(32), options });
  },

  async 'choices: wrong use has codes'({ page, server }) {
    await ready(page, server);
    const found = await page.evaluate(async () => {
      const { backbone, failure } = window;
      const task = 'multiple-choice';
      const chooser = await backbone.createAdapter({ task });
      const texts = await backbone.createAdapter({ labels: ['ham', 'spam'] });
      let said = '';
      const train = (...examples) => failure(async () => {
        try {
          for await (const step of chooser.train(examples, { maxSteps: 1 })) void step;
        } catch (error) {
          said = error.message;
          throw error;
        }
      });
      const good = { prompt: 'p', choices: ['a', 'b'], label: 1 };
      const create = (options) => failure(() => backbone.createAdapter(options));
      return {
        codes: {
          'choose by a classifier': await failure(() => texts.choose([good])),
          'classify by a chooser': await failure(() => chooser.classify(['x'])),
          'no prompts': await failure(() => chooser.choose(good)),
          'a text': await failure(() => chooser.choose(['x'])),
          'no choices': await failure(() => chooser.choose([{ prompt: 'p', choices: [] }])),
          'choices that are none': await failure(() => chooser.choose([{ prompt: 'p', choices: ['a', 1] }])),
          'no prompt': await failure(() => chooser.choose([{ choices: ['a', 'b'] }])),
          'an unknown option': await failure(() => chooser.choose([good], { topK: 1 })),
          'windows': await failure(() => chooser.choose([good], { longTexts: 'windows' })),
          'labels': await create({ task, labels: ['a', 'b'] }),
          'one choice alone': await create({ task, choices: 1 }),
          'too many': await create({ task, choices: 65 }),
          'choices of texts': await create({ labels: ['a', 'b'], choices: 2 }),
          'no label': await train(good, { prompt: 'p', choices: ['a', 'b'] }),
          'a label beyond': await train({ ...good, label: 2 }),
          'a label that is none': await train({ ...good, label: 'b' }),
          'one choice to learn from': await train({ ...good, choices: ['a'], label: 0 }),
          'a prompt that is none': await train({ ...good, prompt: 1 }),
          'few examples of choices': await failure(async () => backbone.fewShot([good])),
          'more than it was made for': await train(good, { ...good, choices: ['a', 'b', 'c'] }),
          'all is well': await train(good),
        },
        said,
        one: (await chooser.choose([{ prompt: 'p', choices: ['a'] }]))[0].scores,
      };
    });
    const [wrong, examples, option] = ['wrong-task', 'bad-examples', 'bad-option'];
    equal('codes', found.codes, {
      'choose by a classifier': wrong, 'classify by a chooser': wrong, 'no prompts': option, 'a text': option, 'no choices': option,
      'choices that are none': option, 'no prompt': option, 'an unknown option': option, 'windows': option, 'labels': option,
      'one choice alone': option, 'too many': option, 'choices of texts': option, 'no label': examples, 'a label beyond': examples,
      'a label that is none': examples, 'one choice to learn from': examples, 'a prompt that is none': examples,
      'few examples of choices': examples, 'more than it was made for': examples, 'all is well': 'nothing was thrown',
    });
    equal('said', found.said, 'example 1 (counted from 0) has 3 choices, but the adapter was made for 2 to 2');
    equal('one alone', found.one, [1]);
    return `${Object.keys(found.codes).length} cases`;
  },
};
