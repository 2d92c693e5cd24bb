/**
 * The files of one run, which appear together: they are written to a folder of their own inside the output folder and
 * moved out of it when all are complete, run.json last, so that its presence means that the run is.
 */
import { rmSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolders, removeEmptyFolders } from "../files/atomic-write.ts";

/** The file whose presence says that the others belong together. */
export const runFile = "run.json";

export interface OutputSet {
  /** Where to write a file until the set is published. */
  stagedPath(name: string): string;
  /** Moves every named file into the output folder, replacing those of an earlier run. */
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
    stagedPath: (name) => join(staging, name),
    async publish(names) {
      // An earlier run.json must not vouch for files that are being replaced.
      await rm(join(folder, runFile), { force: true });
      for (const name of [...names.filter((other) => other !== runFile), runFile])
        // oxlint-disable-next-line no-await-in-loop -- one after the other: run.json has to come last
        await rename(join(staging, name), join(folder, name));
      await rm(staging, { recursive: true });
    },
    discard() {
      rmSync(staging, { recursive: true, force: true });
      removeEmptyFolders(made);
    },
  };
}
