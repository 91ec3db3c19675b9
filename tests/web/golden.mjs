// Golden files as the page needs them: texts, since its interface takes no token ids.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from './server.mjs';

const golden = join(root, 'tests/golden');

/** The entries of a safetensors file by name, with their bytes. */
async function entries(file) {
  const bytes = await readFile(join(golden, file));
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const data = ([from, to]) => bytes.subarray(8 + length + from, 8 + length + to);
  return Object.entries(header).map(([name, { dtype, shape, data_offsets: at }]) => [name, { dtype, shape, data: data(at) }]);
}

/** The tensors of a safetensors file by name, as arrays of numbers. */
async function tensors(file) {
  const read = ({ dtype, data }) => {
    const count = data.length / (dtype === 'I64' ? 8 : 4);
    return Array.from({ length: count }, (_, i) => (dtype === 'I64' ? Number(data.readBigInt64LE(8 * i)) : data.readFloatLE(4 * i)));
  };
  return Object.fromEntries((await entries(file)).map(([name, entry]) => [name, read(entry)]));
}

/** The weights of the tiny backbone beside the head for words that transformers' `BertForMaskedLM` has, as one file. */
export async function weightsWithOwnHead() {
  const own = (await entries('tiny-words/bert.safetensors')).filter(([name]) => name.startsWith('head.'));
  const all = [...await entries('tiny-bert/model.safetensors'), ...own.map(([name, entry]) => [name.slice(5), entry])];
  const header = {};
  let size = 0;
  for (const [name, { dtype, shape, data }] of all) header[name] = { dtype, shape, data_offsets: [size, size += data.length] };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...all.map(([, { data }]) => data)]);
}

/** Texts that the tokenizer turns into these ids again; null where it cannot, because a word would begin inside. */
async function texts({ ids, cu_seqlens: starts }) {
  const words = (await readFile(join(golden, 'tiny-bert/vocab.txt'), 'utf8')).split('\n');
  return starts.slice(1).map((end, i) => {
    const pieces = ids.slice(starts[i] + 1, end - 1).map((id) => words[id]);
    const possible = pieces.every((piece, at) => !piece.startsWith('##') || (at > 0 && /^##\w/.test(piece)));
    return possible ? pieces.join(' ').replaceAll(' ##', '') : null;
  });
}

/** Texts and the logits that PyTorch computes for them. */
export async function goldenLogits() {
  const found = await tensors('tiny-cases/double_seq_bn-flex/golden.safetensors');
  const classes = found.logits.length / found.labels.length;
  const rows = (await texts(found)).map((text, i) => ({ text, logits: found.logits.slice(i * classes, (i + 1) * classes) }));
  return rows.filter((row) => row.text !== null);
}

/** The training run of `tiny-curve`: examples, settings, and PyTorch's losses. */
export async function goldenCurve() {
  const curve = JSON.parse(await readFile(join(golden, 'tiny-curve/curve.json'), 'utf8'));
  const found = await tensors('tiny-curve/batches.safetensors');
  const labels = curve.adapter.labels;
  const examples = (await texts(found)).map((text, i) => ({ text, label: labels[found.labels[i]] }));
  const options = {
    epochs: 1, batchSize: curve.batch_size, lr: curve.optimizer.lr, weightDecay: curve.optimizer.weight_decay,
    warmupRatio: curve.warmup_steps / curve.steps, clip: curve.clip.max_norm, shuffle: false, maxLength: curve.max_length,
  };
  return { examples, options, losses: curve.log.map((step) => step.loss) };
}

/** Some real text messages with their labels. */
export async function messages(count) {
  const packed = await readFile(join(root, 'tests/data/sms-spam/test.tsv.gz'));
  const [header, ...lines] = gunzipSync(packed).toString().trim().split('\n');
  const columns = header.split('\t');
  const [text, label] = [columns.indexOf('text'), columns.indexOf('label')];
  return lines.slice(0, count).map((line) => line.split('\t')).map((row) => ({ text: row[text], label: row[label] }));
}
