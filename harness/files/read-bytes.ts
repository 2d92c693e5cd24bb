/**
 * The bytes of a file, out of their gzip compression if they are in one. Inflation is bounded, because a few kilobytes of
 * gzip can stand for a terabyte.
 */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ArgumentError } from "../../src/index.ts";
import { isSystemError } from "./system-error.ts";

/** Inflated bytes: as many values as a memory may hold, were each 2 bytes wide. */
const maxInflatedBytes = 2 ** 30;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * @param parameter the option that named the file, for example `--memory`
 * @param maxBytes most bytes that a compressed file may inflate to
 * @throws ArgumentError if the file cannot be read or inflated whole
 */
export async function readBytes(parameter: string, path: string, maxBytes = maxInflatedBytes): Promise<Uint8Array> {
  const content = await readWhole(parameter, path);
  return isGzip(content) ? inflate(parameter, path, content, maxBytes) : content;
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
