/**
 * Where results of experiments live between runs: one JSON file each, written whole, under a key of everything that it
 * depends on; and the parts of an experiment that is still running, so that an interruption loses only one of them.
 */
import { createHash } from "node:crypto";
import { readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ExperimentResult } from "../../src/index.ts";
import { makeFolders, writeFileAtomic, writeJsonAtomic } from "../files/atomic-write.ts";
import { isSystemError } from "../files/system-error.ts";
import { decodeArrays, encodeArrays } from "./typed-json.ts";

/** Raised with the shape of the files below. */
export const resultFormat = 1;

/** What a result depends on. */
export interface ResultInputs {
  readonly experiment: string;
  readonly revision: number;
  readonly isQuick: boolean;
  readonly seed: string;
  readonly engine: string;
  readonly version: string;
  /** SHA-256 of every file read, or how the data was made; by kind. */
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type StoredPicture = Pick<ExperimentResult["pictures"][number], "name" | "title" | "subtitle">;

export interface StoredResult extends Omit<ExperimentResult, "pictures"> {
  readonly format: number;
  readonly key: string;
  readonly inputs: ResultInputs;
  readonly pictures: readonly StoredPicture[];
}

export function resultKey(inputs: ResultInputs): string {
  return createHash("sha256")
    .update(JSON.stringify([resultFormat, inputs]))
    .digest("hex");
}

export interface ResultStore {
  readonly folder: string;
  /** The result of these inputs, or nothing. */
  read(name: string, key: string): Promise<StoredResult | undefined>;
  /** The result that is there, of whatever inputs. */
  find(name: string): Promise<StoredResult | undefined>;
  /** Writes a result, its pictures beside it, and lets its parts go. */
  write(name: string, result: StoredResult, pictures: Readonly<Record<string, Buffer>>): Promise<void>;
  /** Keeps parts of an experiment, and gives back those that an interrupted run of the same inputs has left. */
  keeper(name: string, key: string): <T extends object>(part: string, make: () => Promise<T>) => Promise<T>;
  picturePath(name: string): string;
  /** Seconds that experiments took, by name: apart from the results, which are the same in every run. */
  readTimes(): Promise<Readonly<Record<string, number>>>;
  addTime(name: string, seconds: number): Promise<void>;
  /** Lets the time of other inputs go: only what is left of an interrupted run of these is added to. */
  startTime(name: string, key: string): Promise<void>;
  forget(name: string): Promise<void>;
}

/** @param folder absolute; made where it is missing, with the first result */
export function openStore(folder: string): ResultStore {
  const resultPath = (name: string): string => join(folder, "results", `${name}.json`);
  const partsFolder = (name: string): string => join(folder, "parts", name);
  const timesPath = join(folder, "times.json");
  const readTimes = async (): Promise<Record<string, number>> =>
    ((await readJson(timesPath)) as Record<string, number> | undefined) ?? {};
  const forgetTime = async (name: string): Promise<void> => {
    const times = await readTimes();
    if (!(name in times)) return;
    delete times[name];
    await writeJsonAtomic(timesPath, times);
  };
  const ownParts = (name: string, key: string): string => join(partsFolder(name), key.slice(0, 16));
  const find = async (name: string): Promise<StoredResult | undefined> => {
    const stored = (await readJson(resultPath(name))) as StoredResult | undefined;
    return stored?.format === resultFormat ? stored : undefined;
  };
  const picturePath = (name: string): string => join(folder, "pictures", `${name}.png`);
  return {
    folder,
    async read(name, key) {
      const stored = await find(name);
      return stored?.key === key ? stored : undefined;
    },
    find,
    async write(name, result, pictures) {
      await makeFolders(join(folder, "results"));
      if (Object.keys(pictures).length > 0) await makeFolders(join(folder, "pictures"));
      for (const [picture, bytes] of Object.entries(pictures)) await writeFileAtomic(picturePath(picture), bytes);
      // Last: a result vouches for its pictures.
      await writeJsonAtomic(resultPath(name), result);
      await rm(partsFolder(name), { recursive: true, force: true });
    },
    keeper: (name, key) => {
      const own = ownParts(name, key);
      return async <T extends object>(part: string, make: () => Promise<T>): Promise<T> => {
        const path = join(own, `${createHash("sha256").update(part).digest("hex").slice(0, 24)}.json`);
        const kept = await readJson(path);
        if (kept !== undefined) return decodeArrays(kept) as T;
        const made = await make();
        await makeFolders(own);
        await removeOthers(partsFolder(name), key.slice(0, 16));
        await writeFileAtomic(path, JSON.stringify(encodeArrays(made)));
        // What is kept and what was made are the same bytes from here on, whichever it was.
        return made;
      };
    },
    picturePath,
    readTimes,
    async addTime(name, seconds) {
      const times = await readTimes();
      times[name] = (times[name] ?? 0) + Number(seconds.toFixed(1));
      await makeFolders(folder);
      await writeJsonAtomic(timesPath, times);
    },
    async startTime(name, key) {
      if (!(await isFolder(ownParts(name, key)))) await forgetTime(name);
    },
    async forget(name) {
      await rm(resultPath(name), { force: true });
      await rm(partsFolder(name), { recursive: true, force: true });
      await forgetTime(name);
    },
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}

/** Parts of other inputs are of no use any more. */
async function removeOthers(folder: string, kept: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name !== kept) await rm(join(folder, name), { recursive: true, force: true });
}

/** The content of a JSON file; undefined if there is none, or none that is whole. */
async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isSystemError(error) && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Not of ours: it is made again.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
