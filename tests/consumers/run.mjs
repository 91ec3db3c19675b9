// node run.mjs CHROMIUM TARBALL [WORD]: the npm package's tarball, unpacked and installed in fresh projects as users have
// them, each built and run in headless Chromium under a strict content security policy. With a word, only the checks
// whose names hold it.
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch, withTimeout } from '../browser/launch.mjs';
import { root } from '../web/server.mjs';
import { run } from './command.mjs';
import { goldenFiles, runJob } from './job.mjs';
import { readPackage } from './package.mjs';
import { serveSite } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [browser, tarball, word = ''] = process.argv.slice(2);
const work = await mkdtemp(join(tmpdir(), 'graftwork-consumers-'));
const instance = await launch(browser);
let vite;
let failed = 0;
try {
  await check('tarball', inTarball);
  await check('plain', inPlainPages);
  await check('webpack', inWebpack);
  await check('vite build', inViteBuild);
  await check('vite dev', inViteDev);
} finally {
  await instance.close();
  await rm(work, { recursive: true });
}
console.log(failed === 0 ? 'consumers: all checks pass' : `consumers: ${failed} checks FAILED`);
process.exitCode = failed === 0 ? 0 : 1;

async function check(name, body) {
  if (!name.includes(word)) return;
  const started = performance.now();
  let note;
  try {
    note = await withTimeout(body(), 240_000);
  } catch (error) {
    failed += 1;
    note = `FAILED: ${error.message}`;
  }
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s ${note}`);
}

async function inTarball() {
  return readPackage(await unpacked(await folder('tarball')));
}

/** The package's files as they are, on a static host. */
async function inPlainPages() {
  const site = await project('plain');
  await unpacked(site, 'graftwork');
  return onPage(await serveSite(site));
}

async function inWebpack() {
  const site = await project('webpack');
  await install(site);
  await run('npm', ['run', 'build'], site);
  await cp(join(site, 'index.html'), join(site, 'dist/index.html'));
  return onPage(await serveSite(join(site, 'dist')));
}

/** Types are checked in the same go: those of the project, and the example in the package's README. */
async function inViteBuild() {
  const site = await viteProject();
  const readme = await readFile(join(site, 'node_modules/graftwork/README.md'), 'utf8');
  const [, example] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  if (example === undefined) throw new Error('the README has no example');
  const given = 'declare const examples: { text: string; label: string }[];\ndeclare const signal: AbortSignal;\n';
  await writeFile(join(site, 'src/readme.ts'), `${example}\n${given}`);
  await run('npm', ['run', 'build'], site);
  return onPage(await serveSite(join(site, 'dist')));
}

/** The development server prepares dependencies its own way, and needs a policy of its own. */
async function inViteDev() {
  const site = await viteProject();
  const { createServer } = await import(pathToFileURL(join(site, 'node_modules/vite/dist/node/index.js')));
  const server = await createServer({ root: site, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
  await server.listen();
  return onPage({ address: server.resolvedUrls.local[0], close: () => server.close() });
}

/** One for both checks: installing is what takes long. */
function viteProject() {
  vite ??= project('vite').then(async (site) => {
    await install(site);
    await goldenFiles(join(site, 'public'));
    return site;
  });
  return vite;
}

/** A copy of a project beside this file. */
async function project(name) {
  const site = await folder(name);
  await cp(join(here, name), site, { recursive: true, filter: (path) => !/node_modules|dist/.test(path) });
  return site;
}

function folder(name) {
  return mkdtemp(join(work, `${name}-`));
}

/** What the lock file names, and the tarball. */
async function install(site) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  await run('npm', ['install', ...quiet, resolve(root, tarball)], site);
}

async function unpacked(into, name = 'package') {
  await run('tar', ['-xzf', resolve(root, tarball)], into);
  if (name !== 'package') await rename(join(into, 'package'), join(into, name));
  return join(into, name);
}

async function onPage(server) {
  try {
    return await runJob(instance, server.address);
  } finally {
    await server.close();
  }
}
