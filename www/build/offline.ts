import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';

/** Writes `sw.js`: the service worker with the list of the built files and their digests. */
export function offline(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    configResolved: (resolved) => void (config = resolved),
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const files = new Map<string, string | Uint8Array>();
        for (const file of Object.values(bundle)) {
          files.set(file.fileName, file.type === 'chunk' ? file.code : file.source);
        }
        // Adapters are kept by the package, like the backbone; the rest of the public folder is small.
        for (const name of readdirSync(config.publicDir, { withFileTypes: true })) {
          if (name.isFile()) files.set(name.name, readFileSync(join(config.publicDir, name.name)));
        }
        const list = Object.fromEntries([...files].sort().map(([name, content]) => [name, digest(content)]));
        const source = readFileSync(join(config.root, 'build/sw.js'), 'utf8')
          .replace('__FILES__', () => JSON.stringify(list, null, 2))
          .replace('__VERSION__', createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, 16));
        this.emitFile({ type: 'asset', fileName: 'sw.js', source });
      },
    },
  };
}

function digest(content: string | Uint8Array): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
