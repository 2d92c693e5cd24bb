/**
 * Writing results so that a reader never meets a half-written file: the content goes to a temporary name in the same
 * folder, reaches the disk, and is renamed. Content is hashed as it passes, so a large file needs no second copy and
 * no second reading. What is in the files is the business of the callers.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ArgumentError } from "../../src/index.ts";
import { isSystemError } from "./system-error.ts";

export interface WrittenFile {
  /** Absolute path. */
  readonly path: string;
  readonly numBytes: number;
  /** Of the whole content, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** All at once, or in pieces; a piece may reuse the memory of the one before it. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes or replaces the file at `path`. If that fails, `path` is as it was and the temporary file is gone. */
export async function writeFileAtomic(path: string, content: FileContent): Promise<WrittenFile> {
  const target = resolve(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  const hash = createHash("sha256");
  let numBytes = 0;
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces(content)) {
      hash.update(piece);
      numBytes += piece.byteLength;
      yield piece;
    }
  }

  const file = await open(temporary, "wx");
  try {
    try {
      await writeFile(file, measured());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { path: target, numBytes, sha256: hash.digest("hex") };
}

/** Writes `value` as JSON, indented by two spaces, with a newline at its end. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<WrittenFile> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

function pieces(content: FileContent): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/**
 * Makes sure that files can be written to the folder `path`, creating it and its parents where they are missing.
 * @param parameter the option that named the folder, for example `--out`
 * @returns its absolute path
 * @throws ArgumentError if something else is in the way or permission is missing
 */
export async function requireOutputDirectory(parameter: string, path: string): Promise<string> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const place = JSON.stringify(path);
    if (error.code === "EEXIST" || error.code === "ENOTDIR")
      throw new ArgumentError(
        parameter,
        `must be a folder, got ${place}, where a file is in the way`,
        "choose another",
      );
    if (error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS")
      throw new ArgumentError(
        parameter,
        `must be a folder that can be written to, got ${place}, which cannot (${error.code})`,
        "choose another, or change its permissions",
      );
    throw new ArgumentError(
      parameter,
      `must be a folder that exists or can be created, got ${place} (${error.code})`,
      "choose another",
    );
  }
}
