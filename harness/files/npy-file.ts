/** .npy files on disk. The format itself is the library's; here arrays are streamed, because copying one costs as much memory again. */
import { readFile } from "node:fs/promises";
import { ArgumentError, npyHeader, parseNpy, type NpyArray, type NpyData } from "../../src/index.ts";
import { writeFileAtomic, type WrittenFile } from "./atomic-write.ts";
import { isSystemError } from "./system-error.ts";

const pieceLength = 1 << 23;

/** The bytes of an array as they lie in memory, in views of at most 8 MiB. */
export function* bytesOf(data: NpyData): Generator<Uint8Array> {
  for (let start = 0; start < data.byteLength; start += pieceLength)
    yield new Uint8Array(data.buffer, data.byteOffset + start, Math.min(pieceLength, data.byteLength - start));
}

/**
 * Writes `data` as an array of `shape`, by temporary name and rename, without a copy in memory.
 * @throws ArgumentError unless `shape` describes exactly `data`
 */
export async function writeNpyFile(path: string, data: NpyData, shape: readonly number[]): Promise<WrittenFile> {
  const header = npyHeader(data, shape);
  function* content(): Generator<Uint8Array> {
    yield header;
    yield* bytesOf(data);
  }
  return writeFileAtomic(path, content());
}

/**
 * Reads one array.
 * @param parameter the option that named the file, for example `--memory`
 * @throws ArgumentError if the file cannot be read whole, or is not one .npy array that `parseNpy` takes
 */
export async function readNpyFile(parameter: string, path: string): Promise<NpyArray> {
  return parseNpy(await readWhole(parameter, path), `${parameter} ${path}`);
}

async function readWhole(parameter: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const place = JSON.stringify(path);
    if (error instanceof RangeError)
      throw new ArgumentError(parameter, `must be a file of at most 2 GiB, got ${place}, which is larger`);
    if (isSystemError(error))
      throw new ArgumentError(parameter, `must be a file that can be read, got ${place} (${error.code})`);
    throw error;
  }
}
