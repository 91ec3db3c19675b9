// node honest.mjs [WORD]: what the page says of how good something is, and why: counts, folds, reasons, words left out.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensure, equal } from './site.mjs';
import { load, runAlone } from './source.mjs';

const MODULES = ['teach/numbers.ts', 'teach/split.ts', 'teach/score.ts', 'teach/diagnosis.ts', 'teach/facts.ts', 'teach/ways.ts', 'why/parts.ts', 'try/doubt.ts', 'teach/checks.ts', 'parts/words.ts', 'language/reads.ts'];
const [numbers, { split, folds }, { report }, { diagnose, learnedNothing }, { facts }, ways, why, { doubt }, { foreign }, { likely }, { ENGLISH, MANY, UNKNOWN }] = await Promise.all(MODULES.map(load));

const rounded = (pair) => pair.map((share) => Number(share.toFixed(3)));
/** A report on so many texts of each label (rows), answered so. */
function reported(labels, confusion) {
  const answers = confusion.flatMap((row, i) => row.flatMap((n, k) => Array.from({ length: n }, () => {
    return { example: { text: 't', label: labels[i] }, answer: { label: labels[k], score: 0.9, scores: {} }, by: 0 };
  })));
  return report(labels, answers);
}
const known = (some) => ({ texts: 60, longest: 90, maxLength: 512, longer: 0, cut: 0, foreign: 0, counts: { a: 20, b: 20, c: 20 }, contradictions: 0, same: {}, ...some });
const said = (found) => found.map(({ what }) => what);

export const checks = {
  async 'honest: intervals are Wilson’s, and never certain'() {
    // Against R's prop.test(48, 60, correct = FALSE), prop.test(10, 10, ...), prop.test(0, 10, ...) and prop.test(1, 2, ...).
    equal('48 of 60', rounded(numbers.wilson(48, 60)), [0.682, 0.882]);
    equal('10 of 10', rounded(numbers.wilson(10, 10)), [0.722, 1]);
    equal('0 of 10', rounded(numbers.wilson(0, 10)), [0, 0.278]);
    equal('1 of 2', rounded(numbers.wilson(1, 2)), [0.095, 0.905]);
    equal('none asked', numbers.wilson(0, 0), [0, 1]);
  },

  async 'honest: figures in words'() {
    const words = [[48, 60], [57, 60], [60, 60], [0, 60], [1, 60], [3, 60]].map(([right, of]) => numbers.ofTen(right, of));
    equal('of ten', words, ['about 8 of 10', 'more than 9 of 10', 'all', 'none', 'fewer than 1 of 10', 'about 1 of 10']);
    equal('ranges', [numbers.range(48, 60), numbers.range(12, 12), numbers.range(450, 500)], ['between 7 and 9 of 10', 'between 8 and 10 of 10', undefined]);
    equal('luck', [numbers.mayBeLuck(23, 60, 1 / 3), numbers.mayBeLuck(40, 60, 1 / 3), numbers.mayBeLuck(9, 10, 0.8)], [true, false, true]);
    equal('likely', [likely(1), likely(0.9999), likely(0.874), likely(0)], ['over 99 %', 'over 99 %', '87.4 %', 'under 1 %']);
  },

  async 'honest: each example is in one fold, and each fold has its share of each label'() {
    const labels = [...Array(11).fill('a'), ...Array(7).fill('b'), ...Array(5).fill('c')];
    const found = folds(labels, 5, 7);
    for (const [label, size] of [['a', 11], ['b', 7], ['c', 5]]) {
      for (let fold = 0; fold < 5; fold += 1) {
        const count = labels.filter((own, i) => own === label && found[i] === fold).length;
        ensure(count === Math.floor(size / 5) || count === Math.ceil(size / 5), `${count} of ${label} in fold ${fold}`);
      }
    }
    equal('again', folds(labels, 5, 7), found);
    ensure(JSON.stringify(folds(labels, 5, 8)) !== JSON.stringify(found), 'another seed gives the same folds');
  },

  async 'honest: who chooses the weights is neither learned from nor asked about'() {
    const examples = Array.from({ length: 2000 }, (_, i) => ({ text: `text ${i}`, label: i % 10 === 0 ? 'rare' : 'common' }));
    const { learned, chosenBy, heldOut } = split(examples, 0.2, 1);
    equal('sizes', [learned.length, chosenBy.length, heldOut.length], [1440, 160, 400]);
    equal('all of them, each once', new Set([...learned, ...chosenBy, ...heldOut].map(({ text }) => text)).size, 2000);
    equal('rare ones', [chosenBy, heldOut].map((some) => some.filter(({ label }) => label === 'rare').length), [16, 40]);
    equal('none held out', split(examples, 0, 1).heldOut, []);
  },

  async 'honest: as many examples as there are decide how it is learned'() {
    equal('ways', [ways.isFew('auto', 60, 3), ways.isFew('auto', 1000, 2), ways.isFew('auto', 1001, 2), ways.isFew('auto', 2000, 40), ways.isFew('many', 60, 3)], [true, true, false, true, false]);
    equal('passes', [ways.epochsFor(10), ways.epochsFor(1000), ways.epochsFor(10_000)], [20, 7, 3]);
  },

  async 'honest: a report can be stored, and counts'() {
    const found = reported(['a', 'b'], [[18, 2], [5, 15]]);
    equal('counts', [found.right, found.heldOut, found.accuracy, found.guessing, found.commonest, found.mistakes.length], [33, 40, 0.825, 0.5, 'a', 7]);
    equal('cloned', structuredClone(found), found);
    equal('nothing asked', report(['a', 'b'], []), undefined);
  },

  async 'honest: reasons for what is weak'() {
    const weak = reported(['a', 'b', 'c'], [[12, 1, 7], [0, 20, 0], [5, 1, 14]]);
    equal('mixed up', said(diagnose(weak, known(), ENGLISH)), ['a and c are mixed up: 12 of 40.']);
    const good = reported(['a', 'b', 'c'], [[20, 0, 0], [0, 20, 0], [1, 0, 19]]);
    equal('good', diagnose(good, known({ cut: 41 }), ENGLISH), []);
    const lost = reported(['a', 'b', 'c'], [[8, 6, 6], [6, 8, 6], [6, 6, 8]]);
    ensure(learnedNothing(lost) && !learnedNothing(weak), 'what was learned is called nothing, or nothing something');
    equal('lost', said(diagnose(lost, known(), ENGLISH)), ['Nothing in the texts seems to go with the labels.']);
    equal('long', said(diagnose(lost, known({ cut: 41 }), ENGLISH)), ['41 of 60 texts are longer than it reads: about 384 words of each.']);
    equal('foreign', said(diagnose(lost, known({ foreign: 38 }), ENGLISH)), ['38 of 60 texts are not in English, and the model here knows English only.']);
    equal('foreign to another', said(diagnose(lost, known({ foreign: 38 }), UNKNOWN)), ['38 of 60 texts are hardly known to it, and the model here was made for other texts.']);
    equal('nothing is foreign', said(diagnose(lost, known({ foreign: 38 }), MANY)), ['Nothing in the texts seems to go with the labels.']);
    equal('few', said(diagnose(lost, known({ counts: { a: 4, b: 20, c: 20 } }), ENGLISH)), ['There are too few of a: 4.']);
    equal('contradictions', said(diagnose(lost, known({ contradictions: 2 }), ENGLISH)), ['2 texts are there under more than one label.']);
    const ignored = reported(['a', 'b', 'c'], [[26, 0, 0], [4, 20, 0], [4, 1, 0]]);
    equal('never said', said(diagnose(ignored, known(), ENGLISH)).at(-1), 'It never says c.');
  },

  async 'honest: texts that are one text, and texts under two labels'() {
    const form = Array.from({ length: 6 }, (_, i) => ({ text: `Your order no. ${i} has been sent!`, label: 'sent' }));
    const others = ['one thing', 'another thing', 'a third thing', 'Same text.', 'the last'].map((text) => ({ text, label: 'other' }));
    const reading = { maxLength: 512, survey: { texts: 12, longer: 1, longest: 700, truncated: 1, uncovered: 2 } };
    const found = await facts([...form, ...others, { text: 'same text', label: 'sent' }], reading);
    equal('facts', found, {
      texts: 12, longest: 700, maxLength: 512, longer: 1, cut: 1, foreign: 2, counts: { sent: 7, other: 5 }, contradictions: 1, same: { sent: 6 },
    });
    equal('said before', [foreign(38, 60, ENGLISH), foreign(1, 60, ENGLISH), foreign(0, 0, ENGLISH), foreign(38, 60, MANY)].map((all) => all.length), [1, 0, 0, 0]);
  },

  async 'honest: words that are left out, one by one or a few together'() {
    const text = 'Where is my parcel?  It never came.';
    equal('words', why.parts(text).map(({ start, end }) => text.slice(start, end)), ['Where', 'is', 'my', 'parcel?', 'It', 'never', 'came.']);
    equal('without', why.without(text, why.parts(text)[3]), 'Where is my It never came.');
    const unspaced = '请把钱退还给我，什么时候可以退款？ OK';
    const words = why.parts(unspaced);
    ensure(words.length > 6 && words.every(({ start, end }) => end - start <= 4), `words: ${words.map(({ start, end }) => unspaced.slice(start, end)).join('|')}`);
    equal('all of them', words.map(({ start, end }) => unspaced.slice(start, end)).join(''), unspaced.replace(' ', ''));
    equal('without one', why.without('请把钱退还', { start: 1, end: 2 }), '请钱退还');
    const long = Array.from({ length: 300 }, (_, i) => (i % 12 === 11 ? `w${i}.` : `w${i}`)).join(' ');
    const pieces = why.parts(long).map(({ start, end }) => long.slice(start, end));
    ensure(pieces.length <= why.MOST && pieces.length > why.MOST / 2, `${pieces.length} pieces`);
    equal('all words', pieces.join(' '), long);
    ensure(pieces.every((piece) => !/\. /.test(piece)), 'a piece goes across the end of a sentence');
    // However it is written, no more are asked about.
    const short = why.parts(Array.from({ length: 500 }, () => 'No.').join(' '));
    ensure(short.length <= why.MOST && short.at(-1).end === 1999, `${short.length} pieces, up to letter ${short.at(-1).end}`);
    equal('no text', why.parts('  '), []);
  },

  async 'honest: which words mattered'() {
    const drops = [0.05, 2, -1.5, 0.3, 1.2];
    const { pro, contra } = why.mattering(drops.map((drop, start) => ({ start, end: start + 1, drop, label: 'a' })));
    equal('for and against', [pro.map(({ start }) => start), contra.map(({ start }) => start)], [[1, 4], [2]]);
    equal('none', why.mattering([{ start: 0, end: 1, drop: 0.01, label: 'a' }]), { pro: [], contra: [] });
    ensure(Number.isFinite(why.logOdds(1)) && why.logOdds(0.5) === 0, 'certainty has no end');
  },

  async 'honest: an answer is not sure if it is a near tie, low, or of a strange text'() {
    const told = (scores, ...types) => doubt({ scores, warnings: types.map((type) => ({ type })) });
    equal('sure', [told({ a: 0.8, b: 0.2 }), told({ a: 0.7, b: 0.3 }, 'truncated')], [undefined, undefined]);
    equal('a near tie', told({ a: 0.45, b: 0.55 }), 'It may as well be a (45.0 %).');
    equal('low', told({ a: 0.5, b: 0.25, c: 0.25 }), 'No label fits well.');
    equal('several labels', doubt({ scores: { a: 0.5, b: 0.49 }, thresholds: { a: 0.4, b: 0.4 }, warnings: [] }), undefined);
    equal('strange', [told({ a: 0.99, b: 0.01 }, 'unfamiliar'), told({ a: 0.99, b: 0.01 }, 'uncovered')], ['', '']);
  },
};

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await runAlone(checks, process.argv[2]);
