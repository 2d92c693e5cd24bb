/**
 * IDX, the format of MNIST and its relatives: a magic number of two zeros, a type and a rank, then the shape and the
 * values, all big-endian. From bytes, in browsers and Node alike; files and their compression are the harness's.
 */
import { ArgumentError } from "../core/errors.ts";
import { foreignFile } from "./foreign-file.ts";

export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export interface IdxArray {
  /** Values in C order (row-major), [...shape]. */
  readonly data: IdxData;
  readonly shape: readonly number[];
}

interface IdxType {
  readonly name: string;
  /** Bytes. */
  readonly itemSize: number;
  readonly read: (view: DataView, length: number) => IdxData;
}

/** By the third byte of the file. 0x0a, and what lies beyond, was never given a meaning. */
const types: ReadonlyMap<number, IdxType> = new Map([
  [0x08, { name: "uint8", itemSize: 1, read: viewUint8 }],
  [0x09, { name: "int8", itemSize: 1, read: (view, n) => Int8Array.from({ length: n }, (_, i) => view.getInt8(i)) }],
  [
    0x0b,
    { name: "int16", itemSize: 2, read: (view, n) => Int16Array.from({ length: n }, (_, i) => view.getInt16(2 * i)) },
  ],
  [
    0x0c,
    { name: "int32", itemSize: 4, read: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt32(4 * i)) },
  ],
  [
    0x0d,
    {
      name: "float32",
      itemSize: 4,
      read: (view, n) => Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * i)),
    },
  ],
  [
    0x0e,
    {
      name: "float64",
      itemSize: 8,
      read: (view, n) => Float64Array.from({ length: n }, (_, i) => view.getFloat64(8 * i)),
    },
  ],
]);

const magicLength = 4;
/** Of one axis's length. */
const lengthSize = 4;

/** Whether bytes can only be IDX: two zeros, a type that exists, and at least one axis. */
export function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && types.has(bytes[2] ?? 0) && (bytes[3] ?? 0) > 0;
}

/**
 * Reads one array. Bytes are a view of the file's own memory, wider types a copy: treat both as read-only.
 * @param name the file's name, as the messages shall spell it
 * @throws ArgumentError unless `bytes` is one whole, non-empty IDX array
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  if (bytes[0] !== 0 || bytes[1] !== 0) throw foreignFile(bytes, name, "an IDX array", "see the files of MNIST");
  if (bytes.length < magicLength) throw cutHeader(name, magicLength, bytes.length);
  const type = types.get(bytes[2]!);
  if (type === undefined)
    throw new ArgumentError(
      name,
      `must hold uint8, int8, int16, int32, float32 or float64, got the type 0x${bytes[2]!.toString(16).padStart(2, "0")}`,
      "is it an IDX file?",
    );
  const rank = bytes[3]!;
  if (rank === 0) throw new ArgumentError(name, "must have at least one axis, got an array of rank 0");
  const dataStart = magicLength + rank * lengthSize;
  if (bytes.length < dataStart) throw cutHeader(name, dataStart, bytes.length);

  const header = new DataView(bytes.buffer, bytes.byteOffset, dataStart);
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(magicLength + axis * lengthSize));
  const printed = `[${shape.join(", ")}]`;
  if (shape.includes(0))
    throw new ArgumentError(name, `must hold at least one value, got an array of shape ${printed}`);
  // The product can exceed every float: exact integers, and nothing is allocated before the file is known to hold it.
  const expected = shape.reduce((product, length) => product * BigInt(length), BigInt(type.itemSize));
  const found = bytes.length - dataStart;
  if (BigInt(found) !== expected)
    throw new ArgumentError(
      name,
      `must hold ${expected} bytes after its header for shape ${printed} of ${type.name}, got ${found}`,
      BigInt(found) < expected ? "is the file truncated?" : "is something appended to it?",
    );
  return {
    data: type.read(new DataView(bytes.buffer, bytes.byteOffset + dataStart, found), found / type.itemSize),
    shape,
  };
}

function viewUint8(view: DataView, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, length);
}

function cutHeader(name: string, needed: number, numBytes: number): ArgumentError {
  return new ArgumentError(
    name,
    `must hold a header of ${needed} bytes, got a file of ${numBytes} bytes`,
    "is the file truncated?",
  );
}
