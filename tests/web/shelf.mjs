// A server of large files with `Range`, `If-Range` and validators, and with the faults of real networks and servers.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const tinyBert = new URL('../golden/tiny-bert/', import.meta.url);

export class Shelf {
  /** Path -> what lies there: `bytes`, and how it is served, see `put`. */
  #files = new Map();
  #stalled = new Set();
  /** Every answer: path, headers of the request, status, bytes of the body that were sent. */
  log = [];

  /**
   * Puts a file there. `how` may say `etag`, `modified` (both have defaults, `null` leaves them out), `length: false`,
   * `ranges: 'ignored' | 'refused' | 'wrong'`, `gzip: true | 'always'`, `type`, and `fault(n)`, which for the n-th request gives
   * `{ stall: bytes }`, after which it falls silent, or `{ status }`.
   */
  put(path, bytes, how = {}) {
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    this.#files.set(path, { etag, modified: 'Sat, 07 Nov 2026 07:07:07 GMT', count: 0, ...how, bytes });
  }

  /** Breaks the connections that fell silent. Only then is it known what the page has got. */
  drop() {
    for (const response of this.#stalled) response.destroy();
    this.#stalled.clear();
  }

  /** The requests for a path, in few words: range, status, bytes. */
  story(path) {
    return this.log.filter((entry) => entry.path === path).map(({ range, status, sent }) => [range, status, sent]);
  }

  answer(path, request, response) {
    const file = this.#files.get(path);
    if (file === undefined || request.method !== 'GET') return response.writeHead(404).end();
    const { range, 'if-range': ifRange, 'accept-encoding': encodings = '' } = request.headers;
    const gzip = file.gzip === 'always' || (file.gzip && /gzip/.test(encodings));
    const entry = { path, range, ifRange, status: 200, sent: 0 };
    this.log.push(entry);
    const fault = file.fault?.(file.count) ?? {};
    file.count += 1;
    const headers = { 'Content-Type': file.type ?? 'application/octet-stream' };
    if (file.etag !== null) headers.ETag = file.etag;
    if (file.modified !== null) headers['Last-Modified'] = file.modified;
    let body = file.bytes;
    const first = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
    // A validator that is neither the strong ETag nor the date is that of another file.
    const same = ifRange === undefined || ifRange === file.modified || (ifRange === file.etag && !ifRange.startsWith('W/'));
    if (fault.status !== undefined) {
      entry.status = fault.status;
      body = Buffer.alloc(0);
    } else if (first !== undefined && same && file.ranges !== 'ignored' && !gzip) {
      const total = body.length;
      const start = file.ranges === 'wrong' ? Number(first) - 1000 : Number(first);
      const refused = file.ranges === 'refused' || start >= total;
      entry.status = refused ? 416 : 206;
      headers['Content-Range'] = refused ? `bytes */${total}` : `bytes ${start}-${total - 1}/${total}`;
      body = refused ? Buffer.alloc(0) : body.subarray(start);
    } else if (gzip) {
      headers['Content-Encoding'] = 'gzip';
      body = gzipSync(body, { level: 1 });
    }
    if (file.length !== false) headers['Content-Length'] = body.length;
    response.writeHead(entry.status, headers);
    const part = body.subarray(0, fault.stall ?? body.length);
    entry.sent = part.length;
    if (fault.stall === undefined) return response.end(part);
    this.#stalled.add(response);
    return response.write(part);
  }

  /** Puts the tiny BERT there, with weights that are 5 MiB larger; returns them. `salt` makes other weights. */
  async putBackbone(folder, how, salt = 0) {
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
      this.put(`${folder}/${name}`, await readFile(new URL(name, tinyBert)));
    }
    const weights = await bigWeights(salt);
    this.put(`${folder}/model.safetensors`, weights, how);
    return weights;
  }
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The tiny BERT's weights and a tensor that BERT does not know. */
async function bigWeights(salt) {
  const file = await readFile(new URL('model.safetensors', tinyBert));
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, 8 + length));
  const data = Buffer.from(file.subarray(8 + length));
  // The last value of some tensor.
  data[data.length - 4] ^= salt;
  const filler = Buffer.alloc(5 << 20);
  for (let i = 0; i < filler.length; i += 4) filler.writeUInt32LE(Math.imul(i + salt, 2654435761) >>> 0, i);
  header['cls.filler'] = { dtype: 'U8', shape: [filler.length], data_offsets: [data.length, data.length + filler.length] };
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, data, filler]);
}
