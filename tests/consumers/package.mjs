// What has to be in the tarball, and what must not.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { root } from '../web/server.mjs';

/** Folders of whoever built it: nobody's business, and no two builds would be the same. */
const FOLDERS = ['/root', '/home', '/Users', '/tmp', homedir(), tmpdir(), root].filter((path) => path.length > 1);

/** Checks the unpacked package; returns a note. */
export async function readPackage(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'));
  const text = (name) => readFile(join(folder, name), 'utf8');
  const manifest = JSON.parse(await text('package.json'));

  const entry = manifest.exports['.'];
  const wanted = ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'dist/PROVENANCE.json', entry.types, entry.default];
  const missing = wanted.map((name) => name.replace('./', '')).filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`not in the tarball: ${missing.join(', ')}`);
  if (manifest.dependencies !== undefined) throw new Error('the package has dependencies');
  const acts = Object.keys(manifest.scripts ?? {}).filter((name) => /install|prepare/.test(name));
  if (acts.length > 0) throw new Error(`the package runs ${acts.join(', ')} when it is installed`);

  const provenance = JSON.parse(await text('dist/PROVENANCE.json'));
  if (provenance.version !== manifest.version) throw new Error(`provenance of version ${provenance.version}`);
  for (const key of ['commit', 'rustc', 'wasm-bindgen', 'binaryen']) {
    if (typeof provenance[key] !== 'string') throw new Error(`provenance without ${key}`);
  }
  const modules = names.filter((name) => name.endsWith('.wasm'));
  if (modules.length !== 2) throw new Error(`${modules.length} WebAssembly modules: ${modules.join(', ')}`);
  for (const name of modules) {
    const sha256 = createHash('sha256').update(await readFile(join(folder, name))).digest('hex');
    if (provenance.sha256[name] !== sha256) throw new Error(`${name} is not the one of PROVENANCE.json`);
  }

  const found = [];
  for (const name of names) {
    const bytes = await readFile(join(folder, name), 'latin1');
    for (const path of new Set(FOLDERS)) {
      const at = bytes.indexOf(`${path}${sep}`);
      if (at >= 0) found.push(`${name}: ${bytes.slice(at, at + 60).replace(/[^ -~].*/s, '')}`);
    }
  }
  if (found.length > 0) throw new Error(`a folder of the machine that built it is in ${found.join('; ')}`);
  return `${names.length} files`;
}
