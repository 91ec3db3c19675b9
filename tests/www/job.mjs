// node job.mjs CHROMIUM: the main job on the served page, once: classify, teach, export.
import { launch } from '../browser/launch.mjs';
import { ensure, equal, Site } from './site.mjs';
import { download, train } from './teach.mjs';

const browser = await launch(process.argv[2]);
const site = await Site.open(browser, {});
try {
  const page = await site.visit();
  await page.getByLabel('Text to sort').fill('WINNER!! Claim your free prize now, call 09061701461 before midnight');
  await page.waitForSelector('[data-task=spam][data-text^=WINNER] >> text=spam');
  console.log(`classify: ${await page.locator('.verdict p.label').innerText()}, on ${await site.fact('device')}`);

  await page.getByRole('link', { name: 'Teach', exact: true }).click();
  await page.getByRole('button', { name: 'Try with 200 text messages' }).click();
  await train(page);
  await page.waitForSelector('[data-fact=result]', { timeout: 540_000 });
  const words = await site.fact('result');
  const [right, of] = (await site.fact('right')).split(' of ').map(Number);
  ensure(right >= 0.9 * of && of >= 100, words);
  console.log(`teach: ${words}`);

  const { name, bytes } = await download(page, () => page.getByRole('button', { name: 'Download' }).click());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
  ensure(header.__metadata__.graftwork.includes('adapter_config'), `${name} is no adapter`);
  console.log(`export: ${name}, ${bytes.length} bytes`);
  equal('requests since the model loaded', await site.fact('requests'), '0');
  site.complain();
  console.log('the page does its job');
} catch (error) {
  console.error(`FAILED: ${error.message}\n${site.problems.join('\n')}`);
  process.exitCode = 1;
} finally {
  await site.close();
  await browser.close();
}
