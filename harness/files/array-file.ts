/**
 * Arrays on disk, whatever they are in: .npy, .npz, IDX or CSV, plain or gzip-compressed. What a file is, its first bytes
 * say, because IDX has no name of its own; only CSV, which may start with anything, is known by its name.
 */
import { open } from "node:fs/promises";
import {
  ArgumentError,
  isIdx,
  isNpz,
  openNpz,
  parseCsv,
  parseIdx,
  parseNpy,
  type IdxArray,
  type NpyArray,
} from "../../src/index.ts";
import { isGzip, readBytes } from "./read-bytes.ts";
import { isSystemError } from "./system-error.ts";

/** An array, and what its rows are called where the file says so, [shape[0]]. */
export type FileArray = (NpyArray | IdxArray) & { readonly rowNames?: readonly string[] };

const numSniffedBytes = 6;
const csvName = /\.(?:csv|tsv)(?:\.gz)?$/i;
/** An archive and one of its arrays. */
const memberName = /^(.*\.npz):([^/\\:]+)$/is;

/** \x93NUMPY */
const isNpy = (bytes: Uint8Array): boolean =>
  [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => bytes[i] === byte);

/** The file that `path` lies in: an array of an archive is written `archive.npz:name`. */
export function fileOf(path: string): string {
  return memberName.exec(path)?.[1] ?? path;
}

/**
 * Whether a file starts, or is called, as those do that `readArrayFile` takes; false if it cannot be read.
 * @param path of a file, not of a folder, as `readArrayFile` takes it
 */
export async function isArrayFile(path: string): Promise<boolean> {
  try {
    const file = await open(fileOf(path));
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(numSniffedBytes), 0, numSniffedBytes, 0);
      const start = buffer.subarray(0, bytesRead);
      return isGzip(start) || isNpy(start) || isNpz(start) || isIdx(start) || csvName.test(path);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}

/**
 * Reads one array.
 * @param parameter the option that named the file, for example `--memory`
 * @param path of a file, or of an array in an archive, `archive.npz:name`; the name may be left out where there is one
 * @param maxBytes most bytes that a compressed file may inflate to
 * @throws ArgumentError if the file cannot be read or inflated whole, or is not one array that `parseNpy`, `openNpz`,
 * `parseIdx` or `parseCsv` takes
 */
export async function readArrayFile(parameter: string, path: string, maxBytes?: number): Promise<FileArray> {
  const [, , member] = memberName.exec(path) ?? [];
  const file = fileOf(path);
  const bytes = await readBytes(parameter, file, maxBytes);
  const name = `${parameter} ${file}`;
  if (member !== undefined || isNpz(bytes)) {
    const archive = openNpz(bytes, name, maxBytes);
    if (member === undefined && archive.names.length > 1)
      throw new ArgumentError(
        name,
        `must name one of its arrays, which are ${archive.describeNames()}`,
        `for example ${file}:${archive.names[0]}`,
      );
    return archive.read(member ?? archive.names[0]!);
  }
  if (isIdx(bytes)) return parseIdx(bytes, name);
  if (!csvName.test(file) || isNpy(bytes)) return parseNpy(bytes, name);
  const { values, numRows, numColumns, rowNames } = parseCsv(bytes, name);
  return { data: values, shape: [numRows, numColumns], ...(rowNames && { rowNames }) };
}
