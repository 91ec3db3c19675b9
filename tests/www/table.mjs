// node table.mjs [WORD]: tables of every kind, as programs and people write them. Of the page only the part that reads and
// writes tables, without a browser.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, zipSync } from '../../www/node_modules/fflate/esm/index.mjs';
import Papa from '../../www/node_modules/papaparse/papaparse.js';
import { ensure, equal, root } from './site.mjs';
import { load, runAlone } from './source.mjs';

const [{ readFile: readTable, readText }, { guessRoles }, { withHeader, lineOf }, { written }] =
  await Promise.all(['read.ts', 'roles.ts', 'table.ts', 'write.ts'].map((name) => load(`table/${name}`)));

const file = (content, name = 'a.csv', wish) => readTable(new Blob([Buffer.from(content)]), name, wish);
const workbook = (name) => readFile(join(root, 'tests/data/tables', name)).then((bytes) => file(bytes, name));
const names = ({ columns }) => columns.map(({ name }) => name);

/** The rows, as text and label by the roles that were guessed. */
function examples(table) {
  const roles = guessRoles(table);
  return table.rows.map((row) => ['text', 'label'].map((role) => row[roles.indexOf(role)] ?? null));
}

async function refused(what, content, words, name) {
  const found = await file(content, name).then(() => 'it was read', (error) => error.message);
  ensure(found.includes(words), `${what}: ${found}`);
}

const SENTENCES = [
  'The parcel never came, and nobody answers.', 'I was charged twice, once in May, once in June.', 'Where is my order?',
  'My card was refused, why?', 'The courier left it in the rain.', 'Please send the invoice again, thanks.',
  'It came a week late, and broken.', 'Can I pay by invoice?',
];
const LABELS = ['delivery', 'payment', 'delivery', 'payment', 'delivery', 'payment', 'delivery', 'payment'];
const PAIRS = SENTENCES.map((text, i) => [text, LABELS[i]]);
const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;

export const checks = {
  async 'tables: text first, label first, with and without a header, names known and unknown'() {
    const heads = [[], ['text', 'label'], ['v2', 'v1'], ['Text', 'Kategorie'], ['メッセージ', 'カテゴリ']];
    for (const head of heads) {
      for (const swap of [false, true]) {
        for (const separator of [',', ';', '\t', '|']) {
          const all = [...(head.length > 0 ? [head] : []), ...PAIRS].map((row) => (swap ? row.toReversed() : row));
          const csv = all.map((row) => row.map(quoted).join(separator)).join('\r\n');
          const table = await file(csv);
          const what = `${head} ${swap} ${separator}`;
          equal(what, examples(table), PAIRS);
          equal(`header: ${what}`, [table.header, names(table)], head.length > 0 ? [true, swap ? head.toReversed() : head] : [false, ['', '']]);
        }
      }
    }
  },

  async 'tables: files of two to five rows'() {
    const rows = PAIRS.slice(0, 5);
    for (let count = 1; count <= 5; count += 1) {
      const body = rows.slice(0, count).map((row) => row.join(';')).join('\n');
      equal(`${count} rows`, examples(await file(body)), rows.slice(0, count));
      for (const head of ['text;label', 'Text;Kategorie', 'Nachricht;Klasse', 'texte;étiquette']) {
        equal(`${head}, ${count} rows`, examples(await file(`${head}\n${body}\n`)), rows.slice(0, count));
      }
    }
    equal('short cells', examples(await file('text;label\nJuly;warm\nsnow;cold\n')), [['July', 'warm'], ['snow', 'cold']]);
    equal('numbers', examples(await file('review;stars\nnice place, this;5\nbad place, that;1\n')), [['nice place, this', '5'], ['bad place, that', '1']]);
    const japanese = [['今日は良い天気ですね1', '天気'], ['明日はとても寒いです2', '天気']];
    equal('no spaces', examples(await file(`文章,分類\n${japanese.join('\n')}\n`)), japanese);
    equal('label first', examples(await file('Category;Message;id\nwarm;July;1')), [['July', 'warm']]);
  },

  async 'tables: as Excel writes them: sep=, marks, Latin-1, Windows-1252, UTF-16, trailing lines'() {
    const body = 'Text;Kategorie\r\nDas Päckchen kam für 3,50 £, «kaputt»;Ärger\r\nSchöne Grüße an alle, es war toll;Lob\r\n';
    const wanted = [['Das Päckchen kam für 3,50 £, «kaputt»', 'Ärger'], ['Schöne Grüße an alle, es war toll', 'Lob']];
    const swapped = (text) => Buffer.from(text, 'utf16le').swap16();
    const cases = {
      'utf-8': Buffer.from(body),
      'utf-8 with mark': Buffer.from(`\uFEFF${body}`),
      // Node takes it for Latin-1, so what Windows adds to that is the page's check.
      'windows-1252': Buffer.from(body, 'latin1'),
      'utf-16le with mark': Buffer.from(`\uFEFF${body}`, 'utf16le'),
      'utf-16be with mark': swapped(`\uFEFF${body}`),
      'utf-16le': Buffer.from(body, 'utf16le'),
      'utf-16be': swapped(body),
      'sep=, then utf-8': Buffer.from(`\uFEFFsep=;\r\n${body}`),
      'trailing lines': Buffer.from(`${body}\r\n\r\n;\r\n`),
      'line ends of old Macs': Buffer.from(body.replaceAll('\r\n', '\r')),
    };
    for (const [what, bytes] of Object.entries(cases)) {
      const table = await file(bytes);
      equal(what, examples(table).filter(([text]) => text !== ''), wanted);
      equal(`names: ${what}`, names(table), ['Text', 'Kategorie']);
      const encoding = what.match(/^(utf-16..|windows-1252)/)?.[0] ?? 'utf-8';
      equal(`how: ${what}`, [table.reading.encoding, table.reading.separator], [encoding, ';']);
    }
    const latin = await file(Buffer.from('text;label\ncafé crème, s’il vous plaît\n'.replace('’', "'"), 'latin1'));
    equal('Latin-1', latin.rows[0]?.[0], "café crème, s'il vous plaît");
    const late = await file('sep=,\na,b\n"c,d\n');
    equal('lines after sep=', [lineOf(late, 0), late.problems[0].line], [2, 3]);
    equal('a tsv without tabs', (await file('a b,c\nd e,f\n', 'x.tsv')).rows, [['a b', 'c'], ['d e', 'f']]);
    // The first line wins over what would be guessed.
    equal('sep=|', (await file('sep=|\na, b|c, d\ne, f|g, h\n')).rows, [['a, b', 'c, d'], ['e, f', 'g, h']]);
    // Another encoding than the one guessed, by hand.
    const cyrillic = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
    equal('by hand', (await file(cyrillic, 'a.txt', { encoding: 'windows-1251' })).rows, [['Привет']]);
    // A wrong byte among many letters is damage, not another encoding.
    const damaged = await file(Buffer.concat([Buffer.from('ä'.repeat(50)), Buffer.from([0xff]), Buffer.from('\n')]));
    equal('damaged', [damaged.reading.encoding, damaged.problems.length], ['utf-8', 1]);
  },

  async 'tables: quoted line breaks, quotation marks that are letters, and one that is never closed'() {
    const csv = 'text,label\n"two\nlines, one cell",a\r\n"said ""so""",b\n"Great" film,a\nplain "word" here,b\n, \n"",\n';
    const table = await file(csv);
    equal('cells', table.rows.slice(0, 4), [['two\nlines, one cell', 'a'], ['said "so"', 'b'], ['"Great" film', 'a'], ['plain "word" here', 'b']]);
    equal('lines', table.rows.map((_, i) => lineOf(table, i)), [2, 4, 5, 6, 7, 8]);
    // Tabs: whoever writes them without quotes means the letter; spreadsheets quote cells with line breaks.
    equal('tabs', (await file('text\tlabel\n"hot\twarm\nice"\tcold\n', 'b.tsv')).rows, [['"hot', 'warm'], ['ice"', 'cold']]);
    equal('clipboard', readText('one\t"two\nlines ""here"""\tx\nthree\tfour\ty').rows, [['one', 'two\nlines "here"', 'x'], ['three', 'four', 'y']]);
    const open = await file('label,text\nwarm,"two\nlines"\nwarm,"open\nend,x\ncold,ice\n');
    equal('after an open one', open.rows.length, 4);
    equal('problem', open.problems, [{ line: 4, text: 'A quotation mark is never closed.' }]);
    const spaced = await file('"a, b", "c, d"\n"e, f", "g, h"\n');
    equal('a space before a quote', spaced.rows, [['a, b', 'c, d'], ['e, f', 'g, h']]);
    // Thousands of open quotation marks take no longer than one.
    const many = `${'x,"""y\n'.repeat(50_000)}`;
    equal('many', readText(many).rows.length > 0, true);
  },

  async 'tables: cells are those that another reader finds'() {
    // Numbers that follow from each other, so that every run is alike.
    let seed = 7;
    const below = (most) => (seed = (seed * 48271) % 2147483647) % most;
    const letters = ['a', 'é', '"', '""', ',', ';', '\n', '\r\n', ' ', '', '😀', "'"];
    for (let round = 0; round < 400; round += 1) {
      const rows = Array.from({ length: 1 + below(6) }, () => Array.from({ length: 3 }, () =>
        Array.from({ length: below(6) }, () => letters[below(letters.length)]).join('')));
      const separator = [',', ';', '\t', '|'][below(4)];
      const csv = Papa.unparse(rows, { delimiter: separator });
      const table = withHeader(readText(csv, { separator }), false);
      equal(JSON.stringify(csv), table.rows, Papa.parse(csv, { delimiter: separator }).data);
      const back = Papa.parse(written(rows).text, { delimiter: ',', skipEmptyLines: true }).data;
      equal(`written: ${JSON.stringify(rows)}`, back, rows.map((row) => row.map((cell) => (cell.startsWith('\r') ? `'${cell}` : cell))));
    }
  },

  async 'tables: one text a line stays one, whatever commas are in it'() {
    const one = (what, text) => equal(what, readText(text).rows, text.trim().split('\n').map((line) => [line]));
    one('a sentence', 'Hello, world');
    one('two', 'Hello, world\nYes, please');
    one('eight', SENTENCES.join('\n'));
    one('verses', 'Roses are red,\nviolets are blue,\nsugar is sweet,\nand so are you.');
    one('prices', 'Das kostet 3,50 Euro\nNur 2,20 heute');
    one('semicolons', 'I came; I saw\nI left; nobody knew why');
    one('times', 'Meet at 12:30 in the hall\nDinner at 19:00 sharp\nBreakfast at 8:15 again\nNothing else');
    one('addresses', 'https://example.org/a\nhttps://example.org/b');
    one('titles', Array.from({ length: 12 }, (_, i) => `Chapter ${'abcdefghijkl'[i]}: what happened`).join('\n'));
    equal('quoted', readText('"Hello, world"\n"He said ""no""\nand left"\n').rows, [['Hello, world'], ['He said "no"\nand left']]);
    equal('a header, quoted where need be', (await file('text\nplain\n"Hello, world"\n"two\nlines"\n')).rows, [['plain'], ['Hello, world'], ['two\nlines']]);
    one('quoted words', '"Great", he said, and "so"\nfine, I said\n"What');
    equal('its role', guessRoles(readText('Hello, world\nYes, please')), ['text']);
    equal('a header', readText(`Message\n${SENTENCES.join('\n')}`).columns, [{ name: 'Message' }]);
    // Who says otherwise is believed.
    equal('by hand', readText('Hello, world', { separator: ',' }).rows, [['Hello', ' world']]);
  },

  async 'tables: label: text, a line each'() {
    const table = readText('urgent: The server room is on fire\ncan wait: New coffee machine, at 9:30\n\nurgent: Help\n');
    equal('rows', examples(table), [['The server room is on fire', 'urgent'], ['New coffee machine, at 9:30', 'can wait'], ['Help', 'urgent']]);
    equal('one', examples(readText('spam: win a prize')), [['win a prize', 'spam']]);
    const mixed = readText('warm: sun\ncold: ice\nwarm: tea\ncold: snow\nwarm: oven\nno label here');
    equal('without one', mixed.rows.at(-1), ['', 'no label here']);
  },

  async 'tables: what Excel and Sheets put on the clipboard'() {
    equal('text and label', examples(readText('The parcel never came\tdelivery\r\nI was charged twice\tpayment\r\n')),
      [['The parcel never came', 'delivery'], ['I was charged twice', 'payment']]);
    equal('a row', readText('The parcel, it never came\tdelivery').rows, [['The parcel, it never came', 'delivery']]);
    equal('empty cells', readText('a text of words\t\tx\n\t\t\nanother text\t\ty').rows, [['a text of words', '', 'x'], ['', '', ''], ['another text', '', 'y']]);
    equal('line breaks', readText('"line one\nline two"\tgood\nshort one\tbad\n').rows, [['line one\nline two', 'good'], ['short one', 'bad']]);
  },

  async 'tables: which column is the text and which the label, by their values'() {
    const rows = Array.from({ length: 40 }, (_, i) => [
      `${1000 + i}`, `2024-03-${String(1 + (i % 28)).padStart(2, '0')}`, `user${i}@example.org`, SENTENCES[i % 8] + i, ['en', 'de'][i % 2],
      LABELS[i % 8], `${i * 3.5}`, `A-${i}f3`,
    ]);
    const roles = async (head, all = rows) => guessRoles(await file([head, ...all].map((row) => row.map(quoted).join(',')).join('\n')));
    const expected = ['unused', 'unused', 'unused', 'text', 'unused', 'label', 'unused', 'unused'];
    equal('names say which of two', await roles(['id', 'date', 'who', 'body', 'language', 'category', 'x', 'code']), expected);
    const wrong = await roles(['text', 'label', 'text', 'a', 'category', 'b', 'class', 'topic']);
    equal('names cannot make a label of a date or a number', [wrong[3], wrong.indexOf('label')], ['text', 4]);
    equal('numbers as labels', await roles(['review', 'stars'], rows.map((row, i) => [row[3], `${i % 5}`])), ['text', 'label']);
    const authors = rows.map((row, i) => [row[3], `Person ${String.fromCharCode(65 + (i % 26))}${'bcd'[i % 3]}`]);
    equal('what hardly comes again is no label', await roles(['text', 'author'], authors), ['text', 'unused']);
    equal('all alike', await roles(['text', 'name'], rows.map((row) => [row[3], 'x'])), ['text', 'label']);
    // Unlabelled rows among them.
    const some = rows.map((row, i) => [row[3], i % 3 === 0 ? '' : row[5]]);
    equal('some without', await roles(['text', 'label'], some), ['text', 'label']);
  },

  async 'tables: headers are told from values'() {
    const header = (text) => readText(text).header;
    equal('numbers below', header('a;b\n1;x\n2;y\n'), true);
    equal('numbers above', header('7;b\n1;x\n2;y\n'), false);
    equal('a label above', header('spam\tfree money for you and me\nham\tsee you at home tonight\nspam\twin a prize now, call\n'), false);
    equal('only names', header('text,label\n'), true);
    equal('two alike', header('text,text\nHello there,one\n'), false);
    const table = readText('text,label\nHello there,one\n');
    equal('switched', withHeader(table, false).rows, [['text', 'label'], ['Hello there', 'one']]);
    equal('and back', withHeader(withHeader(table, false), true).rows, table.rows);
  },

  async 'tables: rows that are out of step, too many rows, too many columns'() {
    const table = await file('text,label\nfine,a\nnot, fine,b\nshort\nwell,b,,\nso,a\nthen,a\nnow,b\nnever,a\n');
    equal('rows', table.rows.slice(0, 4), [['fine', 'a'], ['not', ' fine', 'b'], ['short', ''], ['well', 'b']]);
    const many = await file(`text,label\n${'hello there,a\nwell then,b\n'.repeat(50_001)}`);
    equal('rows of many', [many.rows.length, many.problems[0]?.text], [100_000, 'Only the first 100,000 rows are read: there are more.']);
    const exact = await file(`text,label\n${'hello there,a\nwell then,b\n'.repeat(50_000)}`);
    equal('rows of just enough', [exact.rows.length, exact.problems], [100_000, []]);
    const wide = await file(`${'a,'.repeat(300)}b\n${'1,'.repeat(300)}2\n`);
    equal('columns', [wide.columns.length, wide.rows[0].length, wide.problems.length], [200, 200, 1]);
    const bomb = await file(`${','.repeat(100_000)}x\n${'a\n'.repeat(10_000)}`);
    ensure(bomb.columns.length <= 200, 'a table of 1e9 cells was made');
  },

  async 'tables: JSON, an array or an object a line'() {
    const rows = [{ text: 'snow', label: 'cold' }, { label: 1, text: 'heat, "so much"' }, { text: null, extra: { a: [1] } }];
    const wanted = [['snow', 'cold', ''], ['heat, "so much"', '1', ''], ['', '', '{"a":[1]}']];
    const files = {
      'a.json': JSON.stringify(rows, null, 2), 'a.jsonl': rows.map((row) => JSON.stringify(row)).join('\n\n'),
      'data.json': JSON.stringify({ version: 1, data: rows }),
    };
    for (const [name, text] of Object.entries(files)) {
      const table = await file(text, name);
      equal(name, [names(table), table.rows, table.header, table.named], [['text', 'label', 'extra'], wanted, true, true]);
    }
    equal('arrays', (await file('[["a","b"],["c","d"]]', 'a.json')).rows, [['a', 'b'], ['c', 'd']]);
    equal('texts', (await file('["one, two", "three"]', 'a.json')).rows, [['one, two'], ['three']]);
    const broken = await file('{"text":"x","label":"a"}\n{"text":\n{"text":"y"}\n', 'd.jsonl');
    equal('a broken line', [broken.rows.length, broken.problems], [2, [{ line: 2, text: 'This is not JSON.' }]]);
    equal('only like JSON', readText('{smile} hello\n[sic] well').rows, [['{smile} hello'], ['[sic] well']]);
  },

  async 'tables: workbooks as others write them'() {
    const first = await workbook('openpyxl.xlsx');
    const rows = [
      ['The parcel never came & nobody answers <at all>', 'delivery', '2024-02-29', '17', 'TRUE'],
      ['I was charged twice:\nonce in May, once in June', 'payment', '2024-05-01 09:30:00', '-2.5', 'FALSE'],
      ['  Größe 42, 日本語 😀 "quoted"', 'other', '1999-12-31', '1000000', 'TRUE'],
      ['Where is my order, please?', 'delivery', '2024-03-01', '0', 'FALSE'],
    ];
    equal('openpyxl', first.rows, [...rows, ['Two fonts in one cell', 'other', '', '', '']]);
    equal('its header', names(first), ['Message', 'Team', 'Day', 'Points', 'Open']);
    equal('the sheet with something in it', [first.reading, first.sheets], [{ sheet: 'Kunden & Fälle' }, ['Notes', 'Kunden & Fälle']]);
    equal('its last row is', lineOf(first, 4), 7);
    equal('its roles', guessRoles(first), ['text', 'label', 'unused', 'unused', 'unused']);
    const second = await workbook('xlsxwriter.xlsx');
    equal('XlsxWriter', second.rows, [...rows, ['ab', 'other', '', '', '']]);
  },

  async 'tables: workbooks that are damaged, packed bombs, other packed files'() {
    const zip = (parts) => zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, typeof text === 'string' ? strToU8(text) : text])));
    await refused('a document', zip({ 'word/document.xml': '<a/>' }), 'no .xlsx workbook');
    const whole = await readFile(join(root, 'tests/data/tables/openpyxl.xlsx'));
    await refused('half of it', whole.subarray(0, whole.length / 2), 'damaged');
    const sheets = '<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>';
    const relations = '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>';
    const book = (sheet) => zip({ 'xl/workbook.xml': sheets, 'xl/_rels/workbook.xml.rels': relations, 'xl/worksheets/sheet1.xml': sheet });
    await refused('an empty sheet', book('<worksheet><sheetData/></worksheet>'), 'has nothing in it');
    // What a directory of files says of the largest one's size, which stands 24 bytes into its entry.
    const bomb = Buffer.from(book(`<worksheet>${' '.repeat(5000)}</worksheet>`));
    bomb.writeUInt32LE(400 * 2 ** 20, bomb.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 24);
    await refused('400 MB', bomb, 'too large when unpacked');
    const cells = '<row><c t="str"><v>a</v></c><c r="XFD1" t="str"><v>b</v></c></row><row r="9"><c t="s"><v>77</v></c><c><v>x</v></c></row>';
    const far = await file(book(`<worksheet><sheetData>${cells}</sheetData></worksheet>`));
    ensure(far.columns.length <= 200, `${far.columns.length} columns`);
  },

  async 'tables: what is none'() {
    await refused('nothing', '', 'has nothing in it');
    await refused('spaces', '\n \n', 'has nothing in it');
    await refused('no line of JSON', 'one\ntwo', 'has nothing in it that can be read', 'a.jsonl');
    await refused('a PDF', '%PDF-1.7', 'is a PDF', 'e.pdf');
    await refused('an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'old format');
    await refused('a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'neither a table nor a text');
    await refused('a web page', '<!DOCTYPE html><table></table>', 'is a web page');
    await refused('more than 20 MB', Buffer.alloc(20 * 2 ** 20 + 1, 'a'), 'larger than 20 MB');
  },

  async 'tables: what is written is no formula, and is counted'() {
    const cells = ['=1+1', '+49 30 123', '-', '- buy milk', '@me', '\tx', '-5', '+3.5%', 'a=b', 'plain', ''];
    const { text, guarded } = written([cells]);
    const [back] = Papa.parse(text, { delimiter: ',' }).data;
    equal('cells', back, ["'=1+1", "'+49 30 123", "'-", "'- buy milk", "'@me", "'\tx", '-5', '+3.5%', 'a=b', 'plain', '']);
    equal('counted', guarded, 6);
    ensure(text.endsWith('\r\n'), 'a row has no end');
  },
};

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await runAlone(checks, process.argv[2]);
