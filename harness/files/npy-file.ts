/**
 * Writing .npy files. The format itself is the library's; here arrays are streamed, because copying one costs as much
 * memory again. Reading is in array-file.ts.
 */
import { npyHeader, type NpyData } from "../../src/index.ts";
import { writeFileAtomic, type WrittenFile } from "./atomic-write.ts";

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
