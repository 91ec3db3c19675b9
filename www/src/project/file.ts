import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import type { Example } from 'graftwork';
import type { Material, OwnAdapter, Score } from '../store/db';

/*
 * A project file (`.graftwork`) is a zip archive: `project.json`, which is a `Description`, and every version's adapter under the
 * name that it has there. www/README.md describes it for others. It is packed and read in a worker.
 */

const FORMAT = 'graftwork-project';
/** Goes up where an older page could not read it. */
const FORMAT_VERSION = 1;
const DESCRIPTION = 'project.json';
/** A small file may unpack to a very large one. */
const LARGEST = 300 * 2 ** 20;

/** A version as the file has it: dates are written out, the adapter lies beside it. */
interface Described extends Omit<OwnAdapter, 'id' | 'project' | 'file' | 'made' | 'superseded'> {
  made: string;
  inUse: boolean;
  file: string;
}

interface Description extends Material {
  format: typeof FORMAT;
  formatVersion: number;
  versions: Described[];
}

/** What a file gives back. Settings and reports are as they were written: whoever uses them looks at them. */
export interface Unpacked {
  material: Omit<Material, 'settings'> & { settings: unknown };
  /** As they are stored, but for what they belong to. */
  versions: Omit<OwnAdapter, 'id' | 'project'>[];
}

/** A version and its adapter's bytes. */
export interface Bytes {
  own: Omit<OwnAdapter, 'file'>;
  bytes: Uint8Array;
}

export function pack(material: Material, versions: readonly Bytes[]): Uint8Array {
  const files: Zippable = {};
  const described = versions.map(({ own, bytes }): Described => {
    const { id: _, project: __, superseded, made, ...rest } = own;
    const file = `versions/${own.version}.safetensors`;
    // Weights hardly get smaller.
    files[file] = [bytes, { level: 0 }];
    return { ...rest, made: made.toISOString(), inUse: superseded !== true, file };
  });
  const examples = material.examples.map(({ text, label }) => ({ text, label }));
  const description: Description = { format: FORMAT, formatVersion: FORMAT_VERSION, ...material, examples, versions: described };
  return zipSync({ [DESCRIPTION]: strToU8(JSON.stringify(description)), ...files }, { level: 6 });
}

/** Reads a project file. What is wrong with it, the error says as the rest of a sentence, and in a second line what to do. */
export function unpack(bytes: Uint8Array): Unpacked {
  if (strFromU8(bytes.subarray(0, 2)) !== 'PK') throw new Error('is no project.\nChoose a file that ends with .graftwork; tables are opened under Teach.');
  const written = part(bytes, [DESCRIPTION])[DESCRIPTION];
  if (written === undefined) throw new Error('is a packed file, but no project.\nChoose a file that ends with .graftwork.');
  const description = parsed(written);
  if (description['format'] !== FORMAT) throw new Error('is a packed file, but no project.\nChoose a file that ends with .graftwork.');
  const formatVersion = description['formatVersion'];
  if (typeof formatVersion === 'number' && formatVersion > FORMAT_VERSION) {
    throw new Error('was written by a newer version of this page.\nLoad this page again while you are online, then open the file once more.');
  }
  const { title, labels, examples, unlabelled, settings, versions } = description;
  if (typeof title !== 'string' || !all(labels, isString) || !all(examples, isExample) || !all(unlabelled, isString) || !all(versions, isDescribed)) damaged();
  const named = new Set(labels);
  if (!examples.every(({ label }) => named.has(label)) || named.size !== labels.length) damaged();
  const files = part(bytes, versions.map(({ file }) => file));
  return {
    material: { title, labels, examples: examples.map(({ text, label }) => ({ text, label })), unlabelled: [...new Set(unlabelled)], settings },
    versions: versions.map(({ inUse, made, file, title, labels, backbone, version, learned, score, report }) => ({
      title, labels, superseded: !inUse, task: 'text-classification', made: new Date(made), file: adapter(files[file]),
      ...(backbone !== undefined && { backbone }), ...(version !== undefined && { version }), ...(learned !== undefined && { learned }),
      ...(score !== undefined && { score }), ...(report !== undefined && { report }),
    })),
  };
}

function part(bytes: Uint8Array, names: readonly string[]): Record<string, Uint8Array> {
  let size = 0;
  const filter = (file: { name: string; originalSize: number }) => {
    if (!names.includes(file.name)) return false;
    size += file.originalSize;
    return size <= LARGEST;
  };
  let found: Record<string, Uint8Array> = {};
  try {
    found = unzipSync(bytes, { filter });
  } catch {
    damaged();
  }
  if (size > LARGEST) throw new Error('is too large when unpacked.\nIt is no project that this page has written.');
  return found;
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(strFromU8(bytes));
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  return damaged();
}

/** The adapter's bytes, if they are one at first sight: a length, and a header of that length. The engine looks at the rest. */
function adapter(bytes: Uint8Array | undefined): Blob {
  if (bytes === undefined || bytes.length < 10) return damaged();
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8) || bytes[8] !== 0x7b) damaged();
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
}

function damaged(): never {
  throw new Error('is damaged, or only a part of it is there.\nDownload it again where it was made, or take another copy.');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function all<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function isExample(value: unknown): value is Example {
  return isRecord(value) && isString(value['text']) && isString(value['label']);
}

function isScore(value: unknown): value is Score {
  return isRecord(value) && ['accuracy', 'heldOut', 'guessing'].every((key) => isNumber(value[key]));
}

function isDescribed(value: unknown): value is Described {
  if (!isRecord(value)) return false;
  const { title, labels, made, file, inUse, backbone, version, learned, score, report } = value;
  return isString(title) && all(labels, isString) && isString(made) && !Number.isNaN(Date.parse(made)) && isString(file)
    && typeof inUse === 'boolean' && (backbone === undefined || isString(backbone)) && isNumber(version) && (learned === undefined || isNumber(learned))
    && (score === undefined || isScore(score)) && (report === undefined || isRecord(report));
}
