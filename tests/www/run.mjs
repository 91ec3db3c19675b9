// node run.mjs CHROMIUM GRAFTWORK [WORD]: the application, as a visitor uses it, in headless Chromium. With a word, only
// the checks whose names hold it.
import { launch, withTimeout } from '../browser/launch.mjs';
import { checks as access } from './access.mjs';
import { checks as ask } from './ask.mjs';
import { checks as collect } from './collect.mjs';
import { checks as correct } from './correct.mjs';
import { checks as faults } from './faults.mjs';
import { checks as honest } from './honest.mjs';
import { checks as keep } from './keep.mjs';
import { checks as label } from './label.mjs';
import { checks as languages } from './languages.mjs';
import { checks as lists } from './lists.mjs';
import { checks as names } from './names.mjs';
import { checks as offline } from './offline.mjs';
import { checks as plan } from './plan.mjs';
import { checks as projects } from './projects.mjs';
import { Site } from './site.mjs';
import { checks as table } from './table.mjs';
import { checks as teach } from './teach.mjs';
import { checks as tryIt } from './try.mjs';
import { checks as why } from './why.mjs';

const [chromium, program, word = ''] = process.argv.slice(2);
const browser = await launch(chromium);
let failed = 0;
try {
  const all = { ...table, ...plan, ...honest, ...tryIt, ...why, ...lists, ...names, ...ask, ...collect, ...label, ...languages, ...teach, ...correct, ...keep, ...projects, ...offline, ...faults, ...access };
  for (const [name, work] of Object.entries(all)) {
    if (name.includes(word)) await check(name, work);
  }
} finally {
  await browser.close();
}
console.log(failed === 0 ? 'page: all checks pass' : `page: ${failed} checks FAILED`);
process.exitCode = failed === 0 ? 0 : 1;

/** Each with a server and a browser profile of its own, so with nothing stored. */
async function check(name, work) {
  const started = performance.now();
  let note = '';
  const site = await Site.open(browser, { chromium, program });
  try {
    note = (await withTimeout(work(site), 420_000)) ?? '';
    site.complain();
  } catch (error) {
    failed += 1;
    note = `FAILED: ${error.message}\n${[...new Set(site.problems)].slice(0, 3).join('\n')}`;
  } finally {
    await site.close();
  }
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s ${note}`);
}
