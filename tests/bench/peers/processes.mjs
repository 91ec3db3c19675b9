// What processes hold in memory, in bytes.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Resident now, and at most so far where the system says so (Linux). */
export function memory(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (key) => Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
    return { resident: kib('VmRSS'), peak: kib('VmHWM') };
  } catch {
    const resident = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024;
    return { resident, peak: null };
  }
}

/** The same of a browser's largest renderer, where page and workers are, and of its GPU's process; by its profile's folder. */
export function browserMemory(profile) {
  const rows = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { maxBuffer: 1 << 24 }).toString().trim().split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row)).filter(Boolean)
    .map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args }));
  const family = new Set(rows.filter(({ args }) => args.includes(`--user-data-dir=${profile}`)).map(({ pid }) => pid));
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of rows) if (family.has(parent)) family.add(pid);
  }
  const largest = (type) => rows.filter(({ pid, args }) => family.has(pid) && args.includes(`--type=${type}`))
    .map(({ pid }) => memory(pid)).sort((a, b) => b.resident - a.resident)[0] ?? null;
  return { renderer: largest('renderer'), gpu: largest('gpu-process') };
}
