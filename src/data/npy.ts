/**
 * NumPy's .npy format (versions 1.0, 2.0 and 3.0), from bytes and to bytes, in browsers and Node alike. It leaves out
 * files (the harness reads and writes those), archives (.npz), and every dtype that no sampler takes; object arrays
 * are refused on principle, because reading one runs the pickle inside it.
 */
import { describe, requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { foreignFile, startsWith } from "./foreign-file.ts";

/** The arrays that this module reads and writes. */
export type NpyData = Float32Array | Float64Array | Uint8Array | Int32Array;
/** What is read: int64, NumPy's own integer, becomes float64 where that is exact, and is never written. */
export type NpyDtype = "float32" | "float64" | "uint8" | "int32" | "int64";

export interface NpyArray {
  /** Values in C order (row-major), [...shape]. */
  readonly data: NpyData;
  readonly shape: readonly number[];
}

interface DtypeInfo {
  /** Kind and item size as NumPy writes them, without the byte order. */
  readonly code: string;
  readonly create: (buffer: ArrayBufferLike, byteOffset: number, length: number) => NpyData;
}

const dtypes: Record<NpyDtype, DtypeInfo> = {
  float32: { code: "f4", create: (buffer, offset, length) => new Float32Array(buffer, offset, length) },
  float64: { code: "f8", create: (buffer, offset, length) => new Float64Array(buffer, offset, length) },
  uint8: { code: "u1", create: (buffer, offset, length) => new Uint8Array(buffer, offset, length) },
  int32: { code: "i4", create: (buffer, offset, length) => new Int32Array(buffer, offset, length) },
  int64: {
    code: "i8",
    create: (buffer, offset, length) => Float64Array.from(new BigInt64Array(buffer, offset, length), Number),
  },
};

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const headerAlignment = 64;
/** NumPy's own limit on the number of axes. */
const maxRank = 64;
/** Structured dtypes nest; a header that nests deeper than this is an attack on the stack. */
const maxNesting = 32;

const isLittleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Reads one array. `data` shares memory with `bytes` where order, byte order and alignment allow it, and is a copy
 * otherwise: treat both as read-only.
 * @param name the file's name, as the messages shall spell it
 * @throws ArgumentError unless `bytes` is one whole, non-empty .npy array of float32, float64, uint8, int32 or int64 up to
 * 2^53
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const { text, dataStart } = readHeader(bytes, name);
  const { descr, isFortranOrder, shape } = interpretHeader(text, name);
  const { dtype, isSwapped } = interpretDescr(descr, name);

  if (shape.includes(0))
    throw new ArgumentError(name, `must hold at least one value, got an array of shape ${formatShape(shape)}`);
  const itemSize = Number(dtypes[dtype].code[1]);
  // The product can exceed every float: exact integers, and nothing is allocated before the file is known to hold it.
  const expected = shape.reduce((product, length) => product * BigInt(length), BigInt(itemSize));
  const found = bytes.length - dataStart;
  const holding = `must hold ${expected} bytes after its header for shape ${formatShape(shape)} of ${dtype}, got ${found}`;
  if (found < expected) throw new ArgumentError(name, holding, "is the file truncated?");
  if (found > expected)
    throw new ArgumentError(name, holding, "were several arrays saved to one file? Save each to its own");

  const length = found / itemSize;
  const offset = bytes.byteOffset + dataStart;
  const isViewable = !isSwapped && offset % itemSize === 0;
  const body = isViewable ? undefined : bytes.slice(dataStart);
  if (body !== undefined && isSwapped) reverseItems(body, itemSize);
  const data =
    body === undefined
      ? dtypes[dtype].create(bytes.buffer, offset, length)
      : dtypes[dtype].create(body.buffer, body.byteOffset, length);
  if (dtype === "int64") requireSafe(data, name);
  return { data: isFortranOrder ? toRowMajor(data, shape) : data, shape };
}

function requireSafe(data: NpyData, name: string): void {
  const large = data.find((value) => !Number.isSafeInteger(value));
  if (large !== undefined)
    throw new ArgumentError(
      name,
      `must hold whole numbers of at most 2^53 - 1, got ${large}`,
      "save array.astype('float64') instead",
    );
}

/**
 * The bytes of a .npy file of format 1.0 in C order: a header, padded so that the data is aligned to 64 bytes, and
 * the data in the host's byte order. For arrays too large to copy, write `npyHeader` and then the data's own bytes.
 * @throws ArgumentError unless `shape` describes exactly `data`
 */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array {
  const header = npyHeader(data, shape);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/**
 * The header of a .npy file that holds `data` as an array of `shape`; the data's bytes follow it as they lie in memory.
 * @throws ArgumentError unless `shape` describes exactly `data`
 */
export function npyHeader(data: NpyData, shape: readonly number[]): Uint8Array {
  if (shape.length > maxRank)
    throw new ArgumentError("shape", `must have at most ${maxRank} axes, as in NumPy, got ${shape.length}`);
  shape.forEach((length, axis) => requireCount(`shape[${axis}]`, length, 1));
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length)
    throw new ArgumentError("shape", `must describe ${data.length} values, got ${formatShape(shape)} = ${size}`);

  const byteOrder = data.BYTES_PER_ELEMENT === 1 ? "|" : isLittleEndianHost ? "<" : ">";
  const descr = byteOrder + dtypes[dtypeOf(data)].code;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${formatShape(shape)}, }`;
  const preambleLength = magic.length + 4;
  const total = Math.ceil((preambleLength + dictionary.length + 1) / headerAlignment) * headerAlignment;
  const text = `${dictionary.padEnd(total - preambleLength - 1)}\n`;
  const version = [1, 0];
  const textLength = [text.length & 0xff, text.length >>> 8];
  return Uint8Array.from([...magic, ...version, ...textLength, ...new TextEncoder().encode(text)]);
}

function dtypeOf(data: NpyData): NpyDtype {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return data instanceof Int32Array ? "int32" : "uint8";
}

/** A shape as NumPy prints it: (3,) is a tuple, (3) is not. */
function formatShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** Checks magic and version; returns the header's text and where the data starts. */
function readHeader(bytes: Uint8Array, name: string): { text: string; dataStart: number } {
  if (!startsWith(bytes, magic)) throw foreignFile(bytes, name, "a .npy array", "save it with numpy.save");
  if (bytes.length < 10) throw cutHeader(name, "its header's length", bytes.length);
  const version = `${bytes[6]}.${bytes[7]}`;
  if (!["1.0", "2.0", "3.0"].includes(version))
    throw new ArgumentError(
      name,
      `must have .npy format version 1.0, 2.0 or 3.0, got ${version}`,
      "save it with numpy.save",
    );
  const lengthSize = version === "1.0" ? 2 : 4;
  const textStart = 8 + lengthSize;
  if (bytes.length < textStart) throw cutHeader(name, "its header's length", bytes.length);
  let textLength = 0;
  for (let i = textStart - 1; i >= 8; i--) textLength = textLength * 256 + bytes[i]!;
  const dataStart = textStart + textLength;
  if (bytes.length < dataStart) throw cutHeader(name, `a header of ${dataStart} bytes`, bytes.length);
  // ASCII in practice; 3.0 differs from the others only in that names of structured fields are UTF-8.
  const text = new TextDecoder(version === "3.0" ? "utf-8" : "latin1").decode(bytes.subarray(textStart, dataStart));
  return { text, dataStart };
}

function cutHeader(name: string, needed: string, numBytes: number): ArgumentError {
  return new ArgumentError(name, `must hold ${needed}, got a file of ${numBytes} bytes`, "is the file truncated?");
}

type PythonLiteral = string | number | boolean | null | readonly PythonLiteral[] | Map<string, PythonLiteral>;

interface Header {
  readonly descr: PythonLiteral;
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The header's three entries, checked one by one. */
function interpretHeader(text: string, name: string): Header {
  const malformed = (what: string): ArgumentError =>
    new ArgumentError(
      name,
      `must have a header that is a Python dictionary of descr, fortran_order and shape, got ${what}`,
      "is the file damaged?",
    );
  let entries: PythonLiteral;
  try {
    entries = parsePythonLiteral(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed(describe(text.trim()));
    throw error;
  }
  if (!(entries instanceof Map)) throw malformed(describe(text.trim()));
  const descr = entries.get("descr");
  const isFortranOrder = entries.get("fortran_order");
  const shape = entries.get("shape");
  if (descr === undefined) throw malformed("one without descr");
  if (typeof isFortranOrder !== "boolean") throw malformed("one whose fortran_order is neither True nor False");
  if (!isShape(shape)) throw malformed("one whose shape is not a tuple of at most 64 whole numbers");
  return { descr, isFortranOrder, shape };
}

function isShape(value: PythonLiteral | undefined): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length <= maxRank &&
    value.every((length) => Number.isSafeInteger(length) && length >= 0)
  );
}

function interpretDescr(descr: PythonLiteral, name: string): { dtype: NpyDtype; isSwapped: boolean } {
  const fix = "save array.astype('float32') instead";
  if (typeof descr !== "string")
    throw new ArgumentError(name, "must have one plain dtype, got a structured one with named fields", fix);
  if (/^[|<>=]?O/.test(descr))
    throw new ArgumentError(
      name,
      "must hold numbers, got an object array: object arrays hold Python pickles and are never loaded, because reading one runs the code inside it",
      fix,
    );
  const byteOrder = /^[|<>=]/.test(descr) ? descr[0]! : "=";
  const code = descr.replace(/^[|<>=]/, "");
  const dtype = (Object.keys(dtypes) as NpyDtype[]).find((key) => dtypes[key].code === code);
  if (dtype === undefined || (byteOrder === "|" && code !== "u1"))
    throw new ArgumentError(name, `must be float32, float64, uint8, int32 or int64, got dtype ${describe(descr)}`, fix);
  return { dtype, isSwapped: byteOrder === (isLittleEndianHost ? ">" : "<") && code !== "u1" };
}

/**
 * Reads what a .npy header can hold: dictionaries, tuples, lists, quoted strings, whole numbers, True, False, None.
 * @throws SyntaxError for anything else
 */
function parsePythonLiteral(text: string): PythonLiteral {
  const token = /\s*(?:('[^'\\]*'|"[^"\\]*")|(-?\d+)L?|(True|False|None)\b|([{}()[\],:]))/y;
  const next = (): RegExpExecArray => {
    const match = token.exec(text);
    if (match === null) throw new SyntaxError("not a Python literal");
    return match;
  };
  const peek = (symbol: string): boolean => {
    const place = token.lastIndex;
    if (token.exec(text)?.[4] === symbol) return true;
    token.lastIndex = place;
    return false;
  };
  const sequence = (close: string, nesting: number): PythonLiteral[] => {
    const items: PythonLiteral[] = [];
    while (!peek(close)) {
      items.push(value(nesting));
      if (peek(",")) continue;
      if (!peek(close)) throw new SyntaxError("a comma is missing");
      // (x) is x in brackets, (x,) a tuple of one.
      if (close === ")" && items.length === 1) throw new SyntaxError("not a tuple");
      break;
    }
    return items;
  };
  const dictionary = (nesting: number): Map<string, PythonLiteral> => {
    const entries = new Map<string, PythonLiteral>();
    while (!peek("}")) {
      const key = value(nesting);
      if (typeof key !== "string" || entries.has(key) || !peek(":")) throw new SyntaxError("not a key");
      entries.set(key, value(nesting));
      if (peek(",")) continue;
      if (!peek("}")) throw new SyntaxError("a comma is missing");
      break;
    }
    return entries;
  };
  const value = (nesting: number): PythonLiteral => {
    if (nesting > maxNesting) throw new SyntaxError("nested too deeply");
    const [, quoted, digits, word, symbol] = next();
    if (quoted !== undefined) return quoted.slice(1, -1);
    if (digits !== undefined) return Number(digits);
    if (word !== undefined) return word === "None" ? null : word === "True";
    if (symbol === "(") return sequence(")", nesting + 1);
    if (symbol === "[") return sequence("]", nesting + 1);
    if (symbol === "{") return dictionary(nesting + 1);
    throw new SyntaxError("not a value");
  };
  const result = value(0);
  if (text.slice(token.lastIndex).trim() !== "") throw new SyntaxError("something follows the dictionary");
  return result;
}

/** Turns the bytes of every item round, in place. */
function reverseItems(bytes: Uint8Array, itemSize: number): void {
  for (let start = 0; start < bytes.length; start += itemSize) {
    for (let low = start, high = start + itemSize - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/** A copy in C order of `data` in Fortran order (first index fastest). */
function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  const strides: number[] = [];
  shape.reduce((stride, length) => (strides.push(stride), stride * length), 1);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    // Advance the index as an odometer, last axis fastest, and `from` with it.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
