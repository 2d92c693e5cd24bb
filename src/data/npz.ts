/**
 * NumPy's .npz archives: named .npy arrays in a zip file, stored or deflated. Inflating is fflate's; an archive is listed
 * first, and of its arrays only those are inflated that are asked for, because a few kilobytes can stand for a terabyte.
 */
import { unzipSync, type UnzipFileInfo } from "fflate";
import { describe } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { foreignFile, startsWith } from "./foreign-file.ts";
import { firstRepeated } from "./names.ts";
import { parseNpy, type NpyArray } from "./npy.ts";

export interface NpzArchive {
  /** In the order of the file, without the ending .npy. */
  readonly names: readonly string[];
  /** The first of the names, for a sentence. */
  describeNames(): string;
  /** @throws ArgumentError unless there is one whole array of that name, as `parseNpy` has it */
  read(arrayName: string): NpyArray;
}

/** PK\3\4, and PK\5\6 for an archive without a member. */
const magics = [
  [0x50, 0x4b, 3, 4],
  [0x50, 0x4b, 5, 6],
];
const extension = ".npy";
/** Of a member's entry in the directory of a zip file. */
const minMemberBytes = 46;
/** Inflated bytes of one array: as many values as a memory may hold, were each 2 bytes wide. */
const maxArrayBytes = 2 ** 30;

export function isNpz(bytes: Uint8Array): boolean {
  return magics.some((magic) => startsWith(bytes, magic));
}

/**
 * Opens an archive; nothing is inflated yet.
 * @param name the file's name, as the messages shall spell it
 * @param maxBytes most bytes that an array may inflate to
 * @throws ArgumentError unless `bytes` is a whole zip file of .npy arrays with different names
 */
export function openNpz(bytes: Uint8Array, name: string, maxBytes = maxArrayBytes): NpzArchive {
  if (!isNpz(bytes)) throw foreignFile(bytes, name, "a .npz archive", "save it with numpy.savez");
  const members: UnzipFileInfo[] = [];
  unzip(bytes, name, (member) => {
    members.push(member);
    // A count that the file cannot hold would be believed: entries that are not there read as zeros.
    if (members.length * minMemberBytes > bytes.length) throw new Error("more members than bytes");
    return false;
  });
  const files = members.map((member) => member.name);
  const foreign = files.find((file) => !file.endsWith(extension));
  if (foreign !== undefined)
    throw new ArgumentError(name, `must hold .npy arrays only, got ${describe(foreign)}`, "save it with numpy.savez");
  if (files.length === 0) throw new ArgumentError(name, "must hold at least one array, got an empty archive");
  const twice = firstRepeated(files);
  if (twice !== undefined)
    throw new ArgumentError(name, `must have different names for its arrays, got ${describe(twice)} twice`);
  const names = files.map((file) => file.slice(0, -extension.length));
  return {
    names,
    describeNames: () => listed(names),
    read(arrayName) {
      const file = `${arrayName}${extension}`;
      const member = members.find((each) => each.name === file);
      if (member === undefined)
        throw new ArgumentError(name, `must hold the array ${describe(arrayName)}, got ${listed(names)}`);
      const place = `${name}:${arrayName}`;
      if (member.originalSize > maxBytes)
        throw new ArgumentError(place, `must inflate to at most ${maxBytes} bytes, got ${member.originalSize}`);
      return parseNpy(unzip(bytes, name, (each) => each.name === file)[file]!, place);
    },
  };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

function unzip(bytes: Uint8Array, name: string, filter: (file: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    throw new ArgumentError(
      name,
      `must be a whole zip file, got one that cannot be read (${(error as Error).message})`,
      "is it truncated?",
    );
  }
}
