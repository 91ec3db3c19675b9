// node pack-adapter.mjs FOLDER FILE: an adapter's folder, as `graftwork train` writes it, as one file in half precision.
//
// The single-file layout (crates/model/src/single_file.rs): all tensors, and both configurations in the metadata.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [folder, out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node pack-adapter.mjs FOLDER FILE');

const json = async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'));
const configs = { adapter_config: await json('adapter_config.json'), head_config: await json('head_config.json') };
// It is the digest of the weights in full precision, and only guards against mixed files.
delete configs.adapter_config.graftwork.weights_sha256;

const header = { __metadata__: { graftwork: JSON.stringify(configs) } };
const parts = [];
let end = 0;
for (const file of ['adapter.safetensors', 'model_head.safetensors']) {
  const bytes = await readFile(join(folder, file));
  const length = Number(bytes.readBigUInt64LE(0));
  const tensors = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === '__metadata__') continue;
    if (tensor.dtype !== 'F32') throw new Error(`${name} is ${tensor.dtype}, not F32`);
    const [from, to] = tensor.data_offsets.map((offset) => 8 + length + offset);
    const half = Buffer.alloc((to - from) / 2);
    for (let at = from; at < to; at += 4) half.writeUInt16LE(toHalf(bytes.readFloatLE(at)), (at - from) / 2);
    header[name] = { dtype: 'F16', shape: tensor.shape, data_offsets: [end, (end += half.length)] };
    parts.push(half);
  }
}
const head = Buffer.from(JSON.stringify(header));
// Tensors begin at a multiple of 8.
const padded = Buffer.concat([head, Buffer.alloc((8 - (head.length % 8)) % 8, ' ')]);
const size = Buffer.alloc(8);
size.writeBigUInt64LE(BigInt(padded.length));
await writeFile(out, Buffer.concat([size, padded, ...parts]));

/** The nearest half-precision number, ties to even. */
function toHalf(value) {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (!(size < 65520)) throw new Error(`${value} does not fit half precision`);
  if (size < 2 ** -14) return sign | evenRound(size * 2 ** 24);
  const exponent = ((bits >>> 23) & 0xff) - 127;
  // Rounding up may carry into the exponent, which is then right too.
  return sign | (((exponent + 15) << 10) + evenRound((size / 2 ** exponent - 1) * 1024));
}

function evenRound(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
