/**
 * Arrays on disk, whatever they are in: .npy or IDX, plain or gzip-compressed. What a file is, its first bytes say:
 * IDX has no name of its own. Inflation is bounded, because a few kilobytes of gzip can stand for a terabyte.
 */
import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ArgumentError, isIdx, parseIdx, parseNpy, type IdxArray, type NpyArray } from "../../src/index.ts";
import { isSystemError } from "./system-error.ts";

/** Inflated bytes: as many values as a memory may hold, were each 2 bytes wide. */
const maxInflatedBytes = 2 ** 30;
const numSniffedBytes = 6;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
/** \x93NUMPY */
const isNpy = (bytes: Uint8Array): boolean =>
  [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => bytes[i] === byte);

/**
 * Whether a file starts as those do that `readArrayFile` takes; false if it cannot be read.
 * @param path of a file, not of a folder
 */
export async function isArrayFile(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(numSniffedBytes), 0, numSniffedBytes, 0);
      const start = buffer.subarray(0, bytesRead);
      return isGzip(start) || isNpy(start) || isIdx(start);
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
 * @param maxBytes most bytes that a compressed file may inflate to
 * @throws ArgumentError if the file cannot be read or inflated whole, or is not one array that `parseNpy` or `parseIdx`
 * takes
 */
export async function readArrayFile(
  parameter: string,
  path: string,
  maxBytes = maxInflatedBytes,
): Promise<NpyArray | IdxArray> {
  const content = await readWhole(parameter, path);
  const bytes = isGzip(content) ? await inflate(parameter, path, content, maxBytes) : content;
  const name = `${parameter} ${path}`;
  return isIdx(bytes) ? parseIdx(bytes, name) : parseNpy(bytes, name);
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

async function inflate(parameter: string, path: string, content: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const place = JSON.stringify(path);
  try {
    return await promisify(gunzip)(content, { maxOutputLength: maxBytes });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ERR_BUFFER_TOO_LARGE")
      throw new ArgumentError(
        parameter,
        `must inflate to at most ${maxBytes} bytes, got ${place}, whose ${content.length} bytes inflate to more`,
        "decompress it first, if it is what you think",
      );
    throw new ArgumentError(
      parameter,
      `must be whole gzip data, got ${place} (${error.message})`,
      error.code === "Z_BUF_ERROR" ? "is the file truncated?" : "is the file damaged?",
    );
  }
}
