/** What a file is that is not what it was taken for: the readers of this folder say so in one sentence. */
import { ArgumentError } from "../core/errors.ts";

/** Formats that people hand over by mistake: first bytes, what they are, and what to do instead. */
const known: readonly (readonly [prefix: readonly number[], what: string, fix: string])[] = [
  [[0x89, 0x50, 0x4e, 0x47], "a PNG image", "for images, pass the folder that holds them"],
  [[0xff, 0xd8, 0xff], "a JPEG image", "for images, pass the folder that holds them"],
  [[0x50, 0x4b, 3, 4], "a zip archive, as numpy.savez writes it (.npz)", "save one array with numpy.save"],
  [[0x1f, 0x8b], "gzip-compressed data", "decompress it first, for example with gunzip"],
  [[0x80], "a Python pickle", "save the array with numpy.save"],
];

export function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

/**
 * The sentence for a file that is empty or starts as another format does, if it does: enough for formats without a magic
 * number of their own.
 * @param format what was expected, with its article: "a CSV table"
 */
export function recognizedFile(bytes: Uint8Array, name: string, format: string): ArgumentError | undefined {
  const rule = (what: string): string => `must be ${format}, got ${what}`;
  if (bytes.length === 0) return new ArgumentError(name, rule("an empty file"));
  const match = known.find(([prefix]) => startsWith(bytes, prefix));
  return match && new ArgumentError(name, rule(match[1]), match[2]);
}

/**
 * @param format what was expected, with its article: "a .npy array"
 * @param fix what to do about a file that is nothing known
 */
export function foreignFile(bytes: Uint8Array, name: string, format: string, fix: string): ArgumentError {
  const recognized = recognizedFile(bytes, name, format);
  if (recognized !== undefined) return recognized;
  const start = Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new ArgumentError(name, `must be ${format}, got a file that starts with the bytes ${start}`, fix);
}
