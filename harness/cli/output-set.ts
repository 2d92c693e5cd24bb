/**
 * The files of one run, which appear together: they are written to a folder of their own inside the output folder and
 * moved out of it when all are complete, run.json last, so that its presence means that the run is.
 */
import { mkdirSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { makeFolders, removeEmptyFolders } from "../files/atomic-write.ts";

/** The file whose presence says that the others belong together. */
export const runFile = "run.json";

export interface OutputSet {
  /** Where to write a file until the set is published; its name may have a folder in it. */
  stagedPath(name: string): string;
  /**
   * Moves every named file into the output folder, replacing those of an earlier run; what that run wrote besides, as its
   * run.json says, goes, and nothing else does.
   */
  publish(names: readonly string[]): Promise<void>;
  /**
   * Removes what is staged, and the folders that were made for it; synchronous, for use when the process is about to
   * end.
   */
  discard(): void;
}

/** @param folder the absolute path of the output folder; it and its parents are created where they are missing */
export async function createOutputSet(folder: string): Promise<OutputSet> {
  const made = await makeFolders(folder);
  const staging = await mkdtemp(join(folder, ".unfinished-")).catch((error: unknown) => {
    removeEmptyFolders(made);
    throw error;
  });
  return {
    stagedPath(name) {
      const path = join(staging, name);
      mkdirSync(dirname(path), { recursive: true });
      return path;
    },
    async publish(names) {
      const earlier = await filesOf(join(folder, runFile));
      // An earlier run.json must not vouch for files that are being replaced.
      await rm(join(folder, runFile), { force: true });
      for (const name of earlier.filter((other) => !names.includes(other)))
        await rm(join(folder, name), { force: true });
      for (const name of [...names.filter((other) => other !== runFile), runFile]) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await rename(join(staging, name), join(folder, name));
      }
      await rm(staging, { recursive: true });
    },
    discard() {
      rmSync(staging, { recursive: true, force: true });
      removeEmptyFolders(made);
    },
  };
}

/** How many files of an earlier run lie in the folder, as its run.json says, which is one of them. */
export async function countEarlierFiles(folder: string): Promise<number> {
  const names = [...(await filesOf(join(folder, runFile))), runFile];
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.filter((file) => file?.isFile() === true).length;
}

/** The files that a run.json says its run wrote; none if there is no such file, or it is not one of ours. */
async function filesOf(path: string): Promise<readonly string[]> {
  try {
    const { outputs } = JSON.parse(await readFile(path, "utf8")) as { outputs?: Record<string, string> };
    // Within the folder: a file of that name may come from anywhere.
    return Object.keys(outputs ?? {}).filter((name) => name === normalize(name) && !/^(\.\.|\/|[a-z]:)/i.test(name));
  } catch {
    return [];
  }
}
