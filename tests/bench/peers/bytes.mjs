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

/** Bytes of the library's own files, of the model's with its tokenizer, and of adapters; from what the server was asked for. */
export async function bytes(asked) {
  const sum = async (...folders) => {
    const files = [...asked].filter(([, folder]) => folders.includes(folder)).map(([file]) => size(file));
    return (await Promise.all(files)).reduce((a, b) => a + b, 0);
  };
  return { code: await sum('graftwork', 'npm'), model: await sum('hub'), adapters: await sum('adapters') };
}
