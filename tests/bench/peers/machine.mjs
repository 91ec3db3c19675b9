// What the figures were made on.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** The machine, its browser and its GPU. `extensions` are those that products of floats and of bytes live from. */
export function machine({ version, gpu }) {
  return {
    cpu: cpus()[0].model, cores: cpus().length, extensions: extensions(), memory: totalmem(),
    system: `${platform()} ${release()} ${arch()}`, node: process.version, chromium: version, gpu,
    load: loadavg()[0],
  };
}

function extensions() {
  if (!existsSync('/proc/cpuinfo')) return [];
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(' ') ?? [];
  return flags.filter((flag) => /^(avx2|fma|avx512f|avx512_vnni|avx_vnni|amx_int8|amx_bf16|asimd|asimddp|i8mm|sve2?)$/.test(flag));
}

/** Why Python cannot run the native peers, or null. */
export function lackOfPython(program) {
  if (program === undefined) return 'there is no Python with these libraries';
  try {
    execFileSync(program, ['-W', 'ignore', '-c', 'import adapters, onnxruntime, tokenizers, torch'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    const said = error.stderr?.toString().trim().split('\n').at(-1);
    return `${program}: ${said || error.message}`;
  }
}
