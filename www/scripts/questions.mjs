// node questions.mjs NEW_WIKI XQUAD OUT: what the adapter `questions` learns from and is measured on, as `graftwork` reads it.
//
// NEW_WIKI is SQuADShifts' new_wiki_v1.0.json, XQUAD a folder with XQuAD's English part as {train,dev,test}.jsonl, OUT a folder.
// Neither has questions without an answer. So some are asked of the paragraph that follows theirs in the data, mostly of the
// same article: it is about the same, and does not say.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [newWiki, xquad, out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node questions.mjs NEW_WIKI XQUAD OUT');

const squad = JSON.parse(readFileSync(newWiki, 'utf8')).data.flatMap(({ paragraphs }) => paragraphs.flatMap(({ context, qas }) =>
  qas.map(({ question, answers }) => ({ context, question, answers: answers.map(({ text, answer_start: start }) => ({ text, start })) }))));
const part = (name) => readFileSync(join(xquad, `${name}.jsonl`), 'utf8').trim().split('\n').map((line) => {
  const { context, question, answers } = JSON.parse(line);
  return { context, question, answers };
});

/** Every `each`-th of the questions, asked of the next paragraph, unless that has the words of the answer. */
function unanswerable(rows, each) {
  const contexts = [...new Set(rows.map(({ context }) => context))];
  return rows.filter((_, i) => i % each === 0).flatMap(({ context, question, answers }) => {
    const next = contexts[(contexts.indexOf(context) + 1) % contexts.length];
    const said = answers.some(({ text }) => next.toLowerCase().includes(text.toLowerCase()));
    return said ? [] : [{ context: next, question, answers: [] }];
  });
}

mkdirSync(out, { recursive: true });
const write = (name, rows) => writeFileSync(join(out, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const train = [...part('train'), ...squad];
write('train', [...train, ...unanswerable(train, 5)]);
write('dev', [...part('dev'), ...unanswerable(part('dev'), 2)]);
write('test', part('test'));
write('test-without', unanswerable(part('test'), 1));
