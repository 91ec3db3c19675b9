// Projects: several of them, what is taken back, files of them, versions, and that nothing is lost.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { choose, paste } from './collect.mjs';
import { download, sample, train } from './teach.mjs';
import { ensure, equal, root, TINY, until } from './site.mjs';
import { load } from './source.mjs';

const { unzipSync, zipSync, strToU8, strFromU8 } = createRequire(join(root, 'www/package.json'))('fflate');
const { merge } = await load('project/merge.ts');
const { fileName, distinct } = await load('project/name.ts');

const view = (page, name) => page.getByRole('link', { name, exact: true }).click();
const cards = (page) => page.getByRole('article').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
const card = (page, name) => page.getByRole('article', { name, exact: true });
const examples = (page) => page.locator('section[aria-labelledby=list-title] .text').allInnerTexts();
const labels = (page) => page.getByLabel(/^Label \d+$/).evaluateAll((all) => all.map((one) => one.value));
const undo = (page) => page.locator('[data-undo]');
const title = (page) => page.getByLabel('Name of the project');

async function bring(page, text, count) {
  await paste(page, text);
  await page.getByRole('button', { name: `Add ${count} examples`, exact: true }).click();
  await page.getByText(`${count} examples added from`).waitFor();
}

async function switchTo(page, name) {
  await page.locator('summary', { hasText: 'Projects' }).click();
  await page.getByRole('region', { name: 'Project' }).getByRole('button', { name }).click();
  await until(page, () => document.activeElement?.id === 'name');
}

/** What the browser keeps: texts of all projects, and their versions. */
function kept(page) {
  return page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('graftwork-page').onsuccess = ({ target: { result: db } }) => {
      const transaction = db.transaction(['projects', 'contents', 'adapters']);
      const all = (store) => new Promise((done) => (transaction.objectStore(store).getAll().onsuccess = (event) => done(event.target.result)));
      void Promise.all([all('projects'), all('contents'), all('adapters')]).then(([projects, contents, adapters]) => {
        db.close();
        const titled = projects.sort((a, b) => a.title.localeCompare(b.title)).map(({ id, title }) => [title, contents.find((one) => one.id === id)]);
        resolve({
          texts: Object.fromEntries(titled.map(([title, one]) => [title, one.examples.map(({ text }) => text)])),
          versions: adapters.map(({ project, version, superseded }) => [projects.find(({ id }) => id === project)?.title, version, superseded === true]),
        });
      });
    };
  }));
}

/** Waits until the texts are what is kept. */
async function untilKept(page, texts) {
  let found;
  for (let i = 0; i < 100; i += 1) {
    found = (await kept(page)).texts;
    if (JSON.stringify(found) === JSON.stringify(texts)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  equal('kept', found, texts);
}

async function openFile(page, name, buffer) {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer: Buffer.from(buffer) });
}

async function answer(page, text, name = 'Spam or not') {
  await view(page, 'Try it');
  await page.getByRole('radio', { name }).check();
  await page.getByLabel('Text to sort').fill(text);
  const found = page.locator(`[data-task][data-text="${text}"]`);
  await found.waitFor();
  return found.innerText();
}

/** Teaches the sample once, and gives its file. */
async function taught(site) {
  const page = await site.visit(TINY);
  await sample(page, 2);
  await train(page);
  await page.waitForSelector('[data-fact=result]');
  await view(page, 'Yours');
  return page;
}

async function fileOf(page, name) {
  await card(page, name).getByRole('button', { name: 'Download …' }).click();
  const file = await download(page, () => page.getByRole('button', { name: 'The whole project' }).click());
  await page.keyboard.press('Escape');
  return file;
}

export const checks = {
  async 'projects: created, switched between, duplicated, renamed, deleted'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await bring(page, 'warm: sun\ncold: ice', 2);
    await title(page).fill('Weather');
    await title(page).press('Tab');
    await switchTo(page, 'New project');
    equal('a new one', [await examples(page), await title(page).inputValue()], [[], '']);
    await bring(page, 'cat: meow\ndog: woof', 2);
    await switchTo(page, 'Weather');
    equal('the first', [await examples(page), await labels(page)], [['sun', 'ice'], ['warm', 'cold']]);
    await view(page, 'Yours');
    equal('cards', (await cards(page)).sort(), ['Weather', 'cat or dog']);
    await page.getByRole('button', { name: 'Duplicate Weather' }).click();
    await card(page, 'Weather (copy)').waitFor();
    // No two have one name.
    await page.getByLabel('Name of cat or dog').fill('Weather');
    await page.getByLabel('Name of cat or dog').press('Enter');
    await card(page, 'Weather (2)').waitFor();
    await page.getByRole('button', { name: 'Open Weather (copy)' }).click();
    await bring(page, 'warm: july\ncold: frost', 2);
    await untilKept(page, { Weather: ['sun', 'ice'], 'Weather (2)': ['meow', 'woof'], 'Weather (copy)': ['july', 'frost', 'sun', 'ice'] });
    await view(page, 'Yours');
    await page.getByRole('button', { name: 'Delete Weather (copy)' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('“Weather (copy)” is deleted.').waitFor();
    equal('the focus is on', await page.evaluate(() => document.activeElement.textContent), '“Weather (copy)” is deleted.');
    await page.reload();
    await card(page, 'Weather').waitFor();
    equal('after a reload', (await cards(page)).sort(), ['Weather', 'Weather (2)']);
    // A stranger's months-old list says what is what.
    ensure(/2 examples · warm, cold/.test(await card(page, 'Weather').innerText()), await card(page, 'Weather').innerText());
  },

  async 'projects: every step is taken back and done again'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await bring(page, 'warm: sun\ncold: ice\ncold: ice', 3);
    const start = [['sun', 'ice', 'ice'], ['warm', 'cold']];
    const now = async () => [await examples(page), await labels(page)];
    const steps = [
      ['an example removed', () => page.getByRole('button', { name: 'Remove: sun' }).click(), [['ice', 'ice'], ['warm', 'cold']]],
      ['a label removed', async () => {
        await page.getByRole('button', { name: 'Remove the label cold' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      }, [['sun'], ['warm']]],
      ['a label renamed', async () => {
        await page.getByLabel('Label 1', { exact: true }).fill('hot');
        await page.getByLabel('Label 1', { exact: true }).press('Enter');
      }, [['sun', 'ice', 'ice'], ['hot', 'cold']]],
      ['repeats removed', () => page.getByRole('listitem').filter({ hasText: 'twice' }).getByRole('button').click(), [['sun', 'ice'], ['warm', 'cold']]],
      ['all cleared', async () => {
        await page.getByRole('button', { name: 'Clear all' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
      }, [[], []]],
      ['a table added', () => bring(page, 'warm: tea\nmild: milk', 2), [['tea', 'milk', 'sun', 'ice', 'ice'], ['warm', 'cold', 'mild']]],
    ];
    for (const [what, work, after] of steps) {
      await work();
      equal(what, await now(), after);
      // It is there after a look elsewhere.
      await view(page, 'Try it');
      await view(page, 'Teach');
      await undo(page).click();
      equal(`${what}, taken back`, await now(), start);
      await page.getByRole('button', { name: 'Redo' }).click();
      equal(`${what}, done again`, await now(), after);
      await undo(page).press('Control+z');
      equal(`${what}, taken back by keyboard`, await now(), start);
    }
    await page.getByRole('combobox', { name: 'Label of: sun' }).selectOption('cold');
    ensure(/^Undo: the label “cold” of an example/.test(await undo(page).innerText()), await undo(page).innerText());
    await page.keyboard.press('Control+z');
    equal('label', await page.getByRole('combobox', { name: 'Label of: sun' }).inputValue(), 'warm');
    // Letters that are being typed are the browser's to take back.
    await page.getByLabel('Write a text, then').pressSequentially('snow');
    await page.keyboard.press('Control+z');
    equal('steps are left alone', await now(), start);
    // Another project has steps of its own, and these are there again with this one.
    await switchTo(page, 'New project');
    ensure(await undo(page).isDisabled(), 'there is something to take back in a new project');
    await switchTo(page, 'warm or cold');
    ensure(await undo(page).isEnabled(), 'nothing to take back any more');
  },

  async 'projects: what is half typed, and a table that is looked at, are not lost'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await page.getByLabel('New label').fill('half a lab');
    await page.getByLabel('Write a text, then').fill('half a text');
    await page.getByText('Or paste them').click();
    await page.getByLabel('Rows from a spreadsheet').fill('warm: su');
    await title(page).pressSequentially('Half a na');
    const typed = async () => [
      await title(page).inputValue(), await page.getByLabel('New label').inputValue(), await page.getByLabel('Write a text, then').inputValue(),
      await page.getByLabel('Rows from a spreadsheet').inputValue(),
    ];
    const all = ['Half a na', 'half a lab', 'half a text', 'warm: su'];
    await page.reload();
    await site.ready();
    equal('after a reload', await typed(), all);
    await view(page, 'Yours');
    await view(page, 'Teach');
    equal('after another view', await typed(), all);
    await switchTo(page, 'New project');
    equal('in another project', (await typed()).slice(0, 3), ['', '', '']);
    await switchTo(page, 'Half a na');
    equal('in this one again', await typed(), all);
    // A table before it is added, and texts in it that have no label.
    await choose(page, 'a.csv', 'text,label\nsun today,warm\nice today,cold\nfog,\nfog,\n');
    await page.getByText('2 examples, 2 labels').waitFor();
    await view(page, 'Lists');
    await view(page, 'Teach');
    await page.getByRole('heading', { name: 'What is in a.csv' }).waitFor();
    await switchTo(page, 'New project');
    equal('a look in another project', await page.getByRole('heading', { name: 'What is in a.csv' }).count(), 0);
    await page.reload();
    await site.ready();
    await switchTo(page, 'Half a na');
    await page.getByRole('heading', { name: 'What is in a.csv' }).waitFor();
    await page.getByRole('button', { name: 'Add 2 examples' }).click();
    await page.getByText('1 text kept without a label').waitFor();
    await view(page, 'Yours');
    await card(page, 'Half a na').getByText('2 examples, 1 text without a label').waitFor();
    await view(page, 'Teach');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    equal('taken back', await examples(page), []);
    await choose(page, 'b.txt', 'It rains today.\nThe sun is out.\nWho knows?');
    await page.getByRole('button', { name: 'Keep 3 texts for later' }).click();
    await page.getByText('3 texts kept without a label, to be labelled later.').waitFor();
    await page.reload();
    await view(page, 'Yours');
    await card(page, 'Half a na').getByText('0 examples, 3 texts without a label').waitFor();
  },

  async 'projects: a file gives all of it back'(site) {
    const page = await taught(site);
    const before = await answer(page, 'win a prize');
    await view(page, 'Yours');
    const result = await card(page, 'Spam or not').locator('strong').innerText();
    await page.getByLabel('Name of Spam or not').fill('Спам: да/нет?');
    await page.getByLabel('Name of Spam or not').press('Enter');
    const file = await fileOf(page, 'Спам: да/нет?');
    equal('name of the file', file.name, 'спам-да-нет.graftwork');
    const description = JSON.parse(strFromU8(unzipSync(file.bytes)['project.json']));
    equal('in it', [description.formatVersion, description.examples.length, Object.keys(description.examples[0])], [1, 200, ['text', 'label']]);
    // On another machine.
    const context = await site.browser.newContext();
    const other = await site.visit(`${TINY}#yours`, await site.newPage(context));
    await openFile(other, file.name, file.bytes);
    await other.getByText('“Спам: да/нет?” is here.').waitFor();
    equal('result', await card(other, 'Спам: да/нет?').locator('strong').innerText(), result);
    await card(other, 'Спам: да/нет?').getByText('1 version', { exact: true }).click();
    await other.getByText('Its report', { exact: true }).click();
    await other.locator('td.cell').first().waitFor();
    equal('answers in the report', await other.locator('td.cell').count(), 4);
    await other.reload();
    await site.ready(other);
    equal('its answer', await answer(other, 'win a prize', 'Спам: да/нет?'), before);
    await view(other, 'Yours');
    await other.getByRole('button', { name: 'Open Спам' }).click();
    await other.getByText('200 examples', { exact: true }).waitFor();
    await context.close();
    // Here again: under a name of its own, nothing of the first is touched.
    await view(page, 'Yours');
    await openFile(page, 'renamed.graftwork', file.bytes);
    await card(page, 'Спам: да/нет? (2)').waitFor();
    equal('cards', (await cards(page)).sort(), ['Спам: да/нет?', 'Спам: да/нет? (2)']);
    await card(page, 'Спам: да/нет? (2)').getByRole('button', { name: 'Download …' }).click();
    const csv = await download(page, () => page.getByRole('button', { name: 'Texts and labels as csv' }).click());
    equal('csv', [csv.name, csv.bytes.toString().slice(0, 13)], ['спам-да-нет-2.csv', '\uFEFFtext,label\r\n']);
  },

  async 'projects: files that are none are refused, and nothing of them is kept'(site) {
    const page = await taught(site);
    const { bytes } = await fileOf(page, 'Spam or not');
    const files = unzipSync(bytes);
    const description = JSON.parse(strFromU8(files['project.json']));
    const changed = (change, more = {}) => zipSync({ ...files, ...more, 'project.json': strToU8(JSON.stringify({ ...description, ...change })) });
    const before = await kept(page);
    const cases = [
      ['cut.graftwork', bytes.subarray(0, bytes.length / 2), 'cut.graftwork is damaged'],
      ['end.graftwork', bytes.subarray(bytes.length / 2), 'end.graftwork is no project.'],
      ['cat.graftwork', 'text,label', 'cat.graftwork is no project.'],
      ['other.graftwork', zipSync({ 'a.txt': strToU8('x') }), 'other.graftwork is a packed file, but no project.'],
      ['newer.graftwork', changed({ formatVersion: 2, examples: 'in another way' }), 'newer.graftwork was written by a newer version of this page.'],
      ['label.graftwork', changed({ examples: [...description.examples, { text: 'x', label: 'not there' }] }), 'label.graftwork is damaged'],
      ['number.graftwork', changed({ unlabelled: [7] }), 'number.graftwork is damaged'],
      ['adapter.graftwork', changed({}, { 'versions/1.safetensors': strToU8('not an adapter at all') }), 'adapter.graftwork is damaged'],
      ['gone.graftwork', changed({ versions: [{ ...description.versions[0], file: 'versions/9.safetensors' }] }), 'gone.graftwork is damaged'],
      ['many.graftwork', changed({ labels: [...description.labels, ...Array.from({ length: 50 }, (_, i) => `${i}`)] }), 'many.graftwork has more labels or texts'],
    ];
    for (const [name, content, words] of cases) {
      await openFile(page, name, content);
      await page.getByRole('alert').filter({ hasText: words }).waitFor();
      await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    }
    equal('kept', await kept(page), before);
    equal('cards', await cards(page), ['Spam or not']);
    // A report from elsewhere that is none does not take the page along.
    await openFile(page, 'report.graftwork', changed({ versions: [{ ...description.versions[0], report: { mistakes: 7 } }] }));
    const own = card(page, 'Spam or not (2)');
    await own.getByText('1 version', { exact: true }).click();
    await own.getByText('Its report', { exact: true }).click();
    await own.getByText('It cannot be shown.').waitFor();
  },

  async 'projects: teaching again makes another version, and one can go back'(site) {
    const page = await taught(site);
    const text = 'win a prize now';
    const first = await answer(page, text);
    await view(page, 'Teach');
    await page.getByRole('button', { name: 'Back to the examples' }).click();
    await page.getByText('becomes version 2').waitFor();
    await page.getByRole('button', { name: 'Remove the label spam' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await bring(page, Array.from({ length: 20 }, (_, i) => `spam: prize and money number ${i}`).join('\n'), 20);
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    const second = await answer(page, text);
    ensure(second !== first, `both versions say ${first}`);
    equal('skills of this name', await page.getByRole('radio', { name: /^Spam or not/ }).count(), 1);
    await view(page, 'Yours');
    equal('cards', await cards(page), ['Spam or not']);
    await page.reload();
    await site.ready();
    await page.getByText('2 versions', { exact: true }).click();
    // The older one is tried without a change, then taken.
    await page.getByRole('button', { name: 'Try version 1' }).click();
    await page.getByRole('radio', { name: /^Spam or not \(version 1\)/ }).waitFor();
    equal('version 1', await answer(page, text, 'Spam or not (version 1)'), first);
    equal('in use', (await kept(page)).versions.sort(), [['Spam or not', 1, true], ['Spam or not', 2, false]]);
    await view(page, 'Yours');
    await page.getByText('2 versions', { exact: true }).click();
    const file = await download(page, () => page.getByRole('button', { name: 'Download version 1' }).click());
    equal('name of the file', file.name, 'spam-or-not-1.safetensors');
    await page.getByRole('button', { name: 'Go back to version 1' }).click();
    await card(page, 'Spam or not').getByText('Version 1, in use').waitFor();
    await page.reload();
    await site.ready();
    equal('gone back', await answer(page, text), first);
    await view(page, 'Yours');
    await page.getByText('2 versions', { exact: true }).click();
    await page.getByRole('button', { name: 'Delete version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('1 version', { exact: true }).waitFor();
    equal('the other takes its place', (await kept(page)).versions, [['Spam or not', 2, false]]);
  },

  async 'projects: the newest 20 versions stay'(site) {
    const page = await taught(site);
    const { bytes } = await fileOf(page, 'Spam or not');
    const files = unzipSync(bytes);
    const description = JSON.parse(strFromU8(files['project.json']));
    const versions = Array.from({ length: 20 }, (_, i) => ({ ...description.versions[0], version: i + 1, inUse: i === 3 }));
    await openFile(page, 'many.graftwork', zipSync({ ...files, 'project.json': strToU8(JSON.stringify({ ...description, title: 'Many', versions })) }));
    await card(page, 'Many').getByText('version 4').waitFor();
    await page.getByRole('button', { name: 'Open Many' }).click();
    await page.getByText('becomes version 21').waitFor();
    await train(page);
    await page.waitForSelector('[data-fact=result]');
    await view(page, 'Yours');
    await card(page, 'Many').getByText('version 21').waitFor();
    await card(page, 'Many').getByText('20 versions', { exact: true }).click();
    const { versions: stored } = await kept(page);
    equal('numbers', stored.filter(([title]) => title === 'Many').map(([, version]) => version).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 2));
    await page.getByText('The newest 20 versions are kept.').waitFor();
  },

  async 'projects: a run goes on in its project while another one is open'(site) {
    const page = await site.visit(TINY);
    await sample(page, 100);
    await train(page);
    await page.getByRole('heading', { name: 'Learning …' }).waitFor();
    await view(page, 'Yours');
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByText('“Spam or not” is learning.').waitFor();
    await bring(page, Array.from({ length: 8 }, (_, i) => `${['warm', 'cold'][i % 2]}: text ${i}`).join('\n'), 8);
    ensure(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled(), 'two could be taught at once');
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.waitForSelector('[data-fact=result]');
    equal('version', (await kept(page)).versions, [['Spam or not', 1, false]]);
  },

  async 'projects: two tabs on one of them keep the examples of both'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await bring(page, 'warm: sun\ncold: ice', 2);
    await untilKept(page, { '': ['sun', 'ice'] });
    const other = await site.visit(`${TINY}#teach`, await site.newPage());
    equal('in the other tab', await examples(other), ['sun', 'ice']);
    await bring(other, 'warm: july\ncold: frost', 2);
    await until(page, () => document.body.textContent.includes('frost'));
    // At the same time, so that each saves what it does not know of the other.
    const write = (page, text) => page.evaluate((text) => {
      const box = document.querySelector('#example');
      box.value = text;
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
      [...document.querySelectorAll('.write button')].find(({ textContent }) => textContent.trim() === 'warm').click();
    }, text);
    await Promise.all([write(page, 'from here'), write(other, 'from there')]);
    for (const tab of [page, other]) {
      await until(tab, () => ['from here', 'from there'].every((text) => document.body.textContent.includes(text)));
      equal('examples', (await examples(tab)).sort(), ['from here', 'from there', 'frost', 'ice', 'july', 'sun']);
    }
    // Deleted in one, it is not written again by the other.
    await view(page, 'Yours');
    await page.getByRole('button', { name: 'Delete warm or cold' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await other.getByText('“warm or cold” was deleted in another tab.').waitFor();
    equal('kept', (await kept(page)).texts, {});
  },

  async 'projects: what an earlier version of the page stored becomes one'(site) {
    const { page } = site;
    await page.goto(`${site.server.address}favicon.svg`);
    await page.evaluate(() => new Promise((resolve) => {
      const opening = indexedDB.open('graftwork-page', 2);
      opening.onupgradeneeded = ({ target: { result: db } }) => {
        db.createObjectStore('adapters', { keyPath: 'id' });
        db.createObjectStore('runs', { keyPath: 'name' });
        db.createObjectStore('draft');
        db.createObjectStore('marks');
      };
      opening.onsuccess = ({ target: { result: db } }) => {
        const transaction = db.transaction(['draft', 'adapters', 'marks'], 'readwrite');
        const settings = { epochs: 3, lr: 0.002, reductionFactor: 8, seed: 7, heldOut: 0.1 };
        transaction.objectStore('draft').put({ title: 'Old one', labels: ['warm', 'cold'], examples: [{ text: 'sun', label: 'warm' }], settings }, 'draft');
        transaction.objectStore('marks').put({ title: 'Old names', types: ['street'], texts: [{ text: 'High Street', entities: [] }] }, 'marks');
        const own = (id, title, day) => ({ id, title, labels: ['warm', 'cold'], made: new Date(2026, 1, day), file: new Blob(['x']) });
        for (const one of [own('run-b', 'Old one', 2), own('run-a', 'Old one', 1), own('c', 'Old one', 3), own('run-d', 'Another', 4)]) transaction.objectStore('adapters').put(one);
        transaction.oncomplete = () => resolve(db.close());
      };
    }));
    await site.visit(`${TINY}#teach`);
    equal('opened', [await title(page).inputValue(), await examples(page), await labels(page)], ['Old one', ['sun'], ['warm', 'cold']]);
    await page.getByText('Settings').click();
    equal('settings', [await page.getByLabel('Adapter width').inputValue(), await page.getByLabel('Seed').inputValue()], ['8', '7']);
    equal('versions', (await kept(page)).versions.sort(), [[null, null, false], [null, null, false], ['Old one', 1, true], ['Old one', 2, false]]);
    await view(page, 'Yours');
    equal('cards', (await cards(page)).sort(), ['Another', 'Old one', 'Old one']);
    await view(page, 'Names');
    equal('marked texts', await page.getByLabel('What is it to be called?').inputValue(), 'Old names');
  },

  async 'projects: a browser without storage has several all the same'(site) {
    const { page } = site;
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };
    });
    await site.visit(`${TINY}#teach`);
    await bring(page, 'warm: sun\ncold: ice', 2);
    await page.getByText('This project is not kept by the browser').waitFor();
    await switchTo(page, 'New project');
    await bring(page, 'cat: meow\ndog: woof', 2);
    await switchTo(page, 'warm or cold');
    equal('examples', await examples(page), ['sun', 'ice']);
    await view(page, 'Yours');
    const file = await fileOf(page, 'cat or dog');
    equal('in the file', JSON.parse(strFromU8(unzipSync(file.bytes)['project.json'])).examples, [{ text: 'meow', label: 'cat' }, { text: 'woof', label: 'dog' }]);
  },

  async 'projects: a full disk is said, and nothing is lost'(site) {
    const page = await site.visit(`${TINY}#teach`);
    await bring(page, 'warm: sun\ncold: ice', 2);
    await untilKept(page, { '': ['sun', 'ice'] });
    await page.evaluate(() => {
      window.put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
    });
    await bring(page, 'warm: july\ncold: frost', 2);
    await page.getByText('What you add to your project is not kept.').waitFor();
    await switchTo(page, 'New project');
    await switchTo(page, 'warm or cold');
    equal('examples', await examples(page), ['july', 'frost', 'sun', 'ice']);
    await page.evaluate(() => void (IDBObjectStore.prototype.put = window.put));
    await page.getByRole('button', { name: 'Remove: ice' }).click();
    await untilKept(page, { '': ['july', 'frost', 'sun'] });
    await page.getByText('What you add to your project is not kept.').waitFor({ state: 'detached' });
  },

  async 'projects: names, and two tabs’ changes as one'() {
    equal('name of a file', ['Été à Köln!', '日本語 テスト', '../..\\x', '???'].map(fileName), ['été-à-köln', '日本語-テスト', 'x', 'graftwork']);
    equal('names', [distinct('a', ['a', 'a (2)']), distinct('b', ['a'])], ['a (3)', 'b']);
    const settings = { seed: 1 };
    const example = (text, label = 'x') => ({ text, label });
    const base = { title: 'a', labels: ['x', 'y'], examples: [example('1'), example('2'), example('2')], unlabelled: ['u', 'v'], settings };
    const mine = { ...base, examples: [example('3'), example('2'), example('2')], unlabelled: ['v', 'w'] };
    const theirs = { ...base, title: 'b', labels: ['x', 'z'], examples: [example('4', 'z'), ...base.examples.slice(0, 2)], unlabelled: ['u', 'v', 'q'], settings: { seed: 2 } };
    const both = merge(base, mine, theirs);
    equal('examples', both.examples.map(({ text }) => text), ['3', '4', '2']);
    equal('the rest', [both.title, both.labels, both.unlabelled, both.settings], ['b', ['x', 'z'], ['w', 'v', 'q'], { seed: 2 }]);
    equal('a label that went is there again with its examples', merge(base, { ...base, examples: [example('5', 'y'), ...base.examples] }, theirs).labels, ['x', 'z', 'y']);
  },
};
