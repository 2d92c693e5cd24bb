/**
 * Writing results so that a reader never meets a half-written file: the content goes to a temporary name in the same
 * folder, reaches the disk, and is renamed. Content is hashed as it passes, so a large file needs no second copy and
 * no second reading. What is in the files is the business of the callers.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants, rmdirSync } from "node:fs";
import { access, mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
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
 * Makes sure that files can be written to the folder `path`, by creating it where it is missing and taking it away
 * again: a folder without results would say that there are some.
 * @param parameter the option that named the folder, for example `--out`
 * @returns its absolute path
 * @throws ArgumentError if something else is in the way or permission is missing
 */
export async function requireOutputDirectory(parameter: string, path: string): Promise<string> {
  const folder = resolve(path);
  try {
    const made = await makeFolders(folder);
    try {
      await access(folder, constants.W_OK | constants.X_OK);
    } finally {
      removeEmptyFolders(made);
    }
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

/**
 * Creates a folder and its missing parents, one by one: Node's own recursive creation never ends where the system
 * denies that the parent exists, as it does in /proc. If that fails, those made so far are gone.
 * @param folder an absolute path
 * @returns the folders that were not there, outermost first
 */
export async function makeFolders(folder: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = folder; !(await isFolder(at)); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  try {
    for (const path of missing) {
      // oxlint-disable-next-line no-await-in-loop -- in order: each folder stands in the one before it
      await mkdir(path);
      made.push(path);
    }
  } catch (error) {
    removeEmptyFolders(made);
    throw error;
  }
  return made;
}

/** Takes back folders that were made for results, unless something has come into them. Synchronous, for a last act. */
export function removeEmptyFolders(made: readonly string[]): void {
  try {
    for (const path of made.toReversed()) rmdirSync(path);
  } catch (error) {
    // Not empty, or already gone: then so are, or stay, those around it.
    if (!isSystemError(error)) throw error;
  }
}

/** False if nothing is there. @throws the system's error for anything else that is no folder */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
    throw Object.assign(new Error(`${path} is no folder`), { code: "ENOTDIR", syscall: "stat" });
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT" && dirname(path) !== path) return false;
    throw error;
  }
}
