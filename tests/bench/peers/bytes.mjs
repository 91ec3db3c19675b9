// What a first visit downloads. Everything is counted as brotli makes it, but for weights, which hardly become smaller.
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

const compress = promisify(brotliCompress);
const seen = new Map();

function size(file) {
  const weights = ['.safetensors', '.onnx'].includes(extname(file));
  const measured = async () => (weights ? (await stat(file)).size : (await compress(await readFile(file))).length);
  if (!seen.has(file)) seen.set(file, measured());
  return seen.get(file);
}

/** Bytes of the library's own files, and of the model's with its tokenizer. */
export async function bytes(files, model) {
  const sum = async (some) => (await Promise.all(some.map(size))).reduce((a, b) => a + b, 0);
  const own = (file) => file.startsWith(model);
  return { code: await sum(files.filter((file) => !own(file))), model: await sum(files.filter(own)) };
}
