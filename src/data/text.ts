/** Bytes to text, for the formats that people can open in an editor: UTF-8 without its byte order mark, or one sentence. */
import { ArgumentError } from "../core/errors.ts";
import { recognizedFile, startsWith } from "./foreign-file.ts";

/** Below the length that engines allow a string. */
const maxTextBytes = 500_000_000;
const wideMarks = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];

/**
 * @param name the file's name, as the messages shall spell it
 * @param format what was expected, with its article: "a CSV table"
 * @throws ArgumentError unless `bytes` is UTF-8 text of at most 500 MB
 */
export function decodeText(bytes: Uint8Array, name: string, format: string): string {
  const foreign = recognizedFile(bytes, name, format);
  if (foreign !== undefined) throw foreign;
  if (wideMarks.some((mark) => startsWith(bytes, mark)) || bytes.subarray(0, 4).includes(0))
    throw new ArgumentError(name, `must be ${format} in UTF-8, got UTF-16 text or binary data`, "save it as UTF-8");
  if (bytes.length > maxTextBytes)
    throw new ArgumentError(
      name,
      `must be text of at most ${maxTextBytes} bytes, got ${bytes.length}`,
      "save numbers as .npy instead",
    );
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ArgumentError(name, `must be ${format} in UTF-8, got bytes that are none`, "save it as UTF-8");
  }
}
