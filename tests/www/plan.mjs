// node plan.mjs [WORD]: what becomes of a table's rows when they are added to the examples.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensure, equal } from './site.mjs';
import { load, runAlone } from './source.mjs';

const [{ tally, plan, gather, remarks }, { readText }, { guessRoles }] = await Promise.all(['teach/plan.ts', 'table/read.ts', 'table/roles.ts'].map(load));
const { signal } = new AbortController();
const NOTHING = { merge: true, commonest: false, otherwise: '', later: false };

/** Everything between a text and its examples. */
async function through(text, { wishes = {}, present = [], room = 10_000, most = 50 } = {}) {
  const table = readText(text);
  const roles = guessRoles(table);
  const all = { ...NOTHING, ...wishes };
  const counted = await tally(table, roles, signal);
  const planned = plan(counted, all, present, most, room);
  return { planned, notes: remarks(counted, all), examples: await gather(table, roles, planned, all, signal) };
}

const labels = ({ planned }) => planned.labels.map(({ name, count }) => [name, count]);
const SPAM = `text;label\n${['win', 'now', 'free', 'call'].map((word) => `${word} a prize, ${word};Spam`).join('\n')}
see you, at home;ham\nwell, hello there;HAM \nso, good night;ham\nbig, big win;spam\nyes, a win; SPAM\n`;

export const checks = {
  async 'plan: labels that differ in case and space are one, or not'() {
    const merged = await through(SPAM);
    equal('merged', labels(merged), [['Spam', 6], ['ham', 3]]);
    equal('alike', merged.planned.alike.map(({ spellings }) => spellings), [['Spam', 'spam', 'SPAM'], ['ham', 'HAM']]);
    equal('examples', [...new Set(merged.examples.map(({ label }) => label))], ['Spam', 'ham']);
    const apart = await through(SPAM, { wishes: { merge: false } });
    equal('apart', labels(apart), [['Spam', 4], ['ham', 2], ['HAM', 1], ['spam', 1], ['SPAM', 1]]);
    equal('all of them', apart.examples.length, 9);
    // What is there already has the say, also where it is in no row.
    equal('present', labels(await through(SPAM, { present: ['SPAM', 'Ham'] })), [['SPAM', 6], ['Ham', 3]]);
    equal('inner spaces', labels(await through('text;label\na text;can  wait\nb text;Can wait\n')), [['can  wait', 2]]);
  },

  async 'plan: more labels than there is room for'() {
    const rows = Array.from({ length: 120 }, (_, i) => `a text of some length ${i};label ${i}\nanother text, not short ${i};label ${i}\na third one for it ${i};label ${i}`);
    const text = `text;label\n${rows.join('\n')}\none more for this;label 7\n`;
    const stopped = await through(text);
    equal('said', [stopped.planned.tooMany, stopped.planned.dropped.length], [true, 70]);
    const some = await through(text, { wishes: { commonest: true } });
    equal('taken', [some.planned.labels.length, some.planned.labels[0].name, some.planned.taken, some.examples.length], [50, 'label 7', 151, 151]);
    // Those that are there already count, and those of them that come again need no room.
    const beside = await through(text, { wishes: { commonest: true }, present: ['label 3', 'x', 'y'] });
    equal('beside others', [beside.planned.labels.length, beside.planned.dropped.length], [48, 72]);
    const values = Array.from({ length: 3000 }, (_, i) => `the text is the same and long\tvalue ${i}`).join('\n');
    const counted = await tally(readText(values), ['text', 'label'], signal);
    equal('no labels at all', plan(counted, NOTHING, [], 50, 10_000), { labels: [], alike: [], tooMany: true, dropped: [], found: 0, taken: 0, share: 0 });
  },

  async 'plan: rows that are no examples are counted, with their lines'() {
    const text = `text;label\nfine, this one;a\nno label here;\n;b\n;\nalso fine, this;b\nnot, this; one;a\nwell, well;a\n${'long '.repeat(500)};b\nyes, fine;${'x'.repeat(61)}\n`;
    const { planned, notes, examples } = await through(text);
    equal('examples', [planned.taken, examples.length], [4, 4]);
    equal('notes', notes, [
      '1 row has no label and is left out (line 3).', '1 row has no text and is left out (line 4).', '1 row is empty (line 5).',
      '1 row has a label of more than 60 letters and is left out (line 10).',
      '1 row has more cells than there are columns and is left out (line 7).',
      '1 text is long: where they are many, it reads the beginning and the end.',
    ]);
    const many = await through(`text;label\nfine, this one;a\n${'no label here;\n'.repeat(9)}so, fine;b\nit, is;a\nwhat, so;b\nah, yes;b\nno, no;a\n`);
    equal('many', many.notes, ['9 rows have no label and are left out (lines 3, 4, 5, …).']);
  },

  async 'plan: rows without a label may all get one'() {
    const { planned, examples, notes } = await through('Hello, world\nYes, please\nNo, thanks', { wishes: { otherwise: ' chat ' } });
    equal('labels', labels({ planned }), [['chat', 3]]);
    equal('examples', [examples.length, examples[0], notes], [3, { text: 'Hello, world', label: 'chat' }, []]);
    equal('none', (await through('Hello, world\nYes, please\nNo, thanks')).planned.taken, 0);
  },

  async 'plan: of more examples than there is room for each label has its share'() {
    const rows = Array.from({ length: 3000 }, (_, i) => `text number ${i}, of many words;${i === 2999 ? 'rare' : i % 3 === 0 ? 'a' : 'b'}`);
    const { planned, examples } = await through(rows.join('\n'), { room: 300 });
    const counts = ['a', 'b', 'rare'].map((label) => examples.filter((example) => example.label === label).length);
    equal('shares', counts, [100, 200, 1]);
    equal('taken', [planned.found, planned.taken], [3000, 301]);
    ensure(/^text number 2[89]/.test(examples.at(-2).text), 'only the beginning was taken');
    equal('no room', (await through(rows.join('\n'), { room: 0 })).planned.taken, 0);
  },
};

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await runAlone(checks, process.argv[2]);
