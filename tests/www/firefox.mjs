// node firefox.mjs FIREFOX: the page's main job once in headless Firefox, on the CPU and, where it has WebGPU, on that.
// Run by hand: `npm install --no-save puppeteer-core@25.16.0` in tests/browser and `cargo xtask demo` (for `www/dist`)
// come first.
import { join } from 'node:path';
import { serve } from '../../www/serve.mjs';
import { launchFirefox } from '../browser/firefox.mjs';
import { dist, ensure, models, root } from './site.mjs';

const server = await serve({ folders: { '': dist, models, golden: join(root, 'tests/golden') } });
const browser = await launchFirefox(process.argv[2]);
try {
  console.log(await browser.version());
  // The real model on the CPU; a software GPU would take long, so there the tiny one.
  await job('the model, device=cpu', '?device=cpu', { learns: true });
  await job('a tiny model, device=gpu', '?device=gpu&backbone=/golden/tiny-bert', { learns: false });
} finally {
  await browser.close();
  await server.close();
}

async function job(name, address, { learns }) {
  // A visitor of its own: the page remembers what the one before has collected.
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const fact = (what) => page.$eval(`[data-fact=${what}]`, (node) => node.textContent.trim());
  try {
    await page.goto(server.address + address);
    await page.waitForFunction(() => /^[CG]PU/.test(document.querySelector('[data-fact=device]')?.textContent ?? ''));
    console.log(`${name}: ready on ${await fact('device')} after ${seconds()}`);
    if (learns) {
      await page.type('#text', 'WINNER!! Claim your free prize now, call 09061701461 before midnight');
      await page.waitForSelector('[data-task=spam][data-text^=WINNER]');
      console.log(`  classify: ${await page.$eval('.verdict p.label', (node) => node.textContent)}, ${seconds()}`);
    }
    await page.locator('a::-p-text(Teach)').click();
    await page.locator('button::-p-text(Try with 200 text messages)').click();
    await page.locator('button::-p-text(Train)').click();
    await page.waitForSelector('[data-fact=result]');
    console.log(`  teach: ${await fact('result')}, ${seconds()}; requests since the model loaded: ${await fact('requests')}`);
    ensure(problems.length === 0, problems.join('\n'));
  } catch (error) {
    process.exitCode = 1;
    console.log(`  FAILED: ${error.message}\n${problems.join('\n')}`);
  } finally {
    await context.close();
  }
}
