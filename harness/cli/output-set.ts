/**
 * The files of one run, which appear together: they are written to a folder of their own inside the output folder and
 * moved out of it when all are complete, run.json last, so that its presence means that the run is.
 */
import { rmSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

/** The file whose presence says that the others belong together. */
export const runFile = "run.json";

export interface OutputSet {
  /** Where to write a file until the set is published. */
  stagedPath(name: string): string;
  /** Moves every named file into the output folder, replacing those of an earlier run. */
  publish(names: readonly string[]): Promise<void>;
  /** Removes what is staged; synchronous, for use when the process is about to end. */
  discard(): void;
}

/** @param folder an output folder that is there and can be written to */
export async function createOutputSet(folder: string): Promise<OutputSet> {
  const staging = await mkdtemp(join(folder, ".unfinished-"));
  return {
    stagedPath: (name) => join(staging, name),
    async publish(names) {
      // An earlier run.json must not vouch for files that are being replaced.
      await rm(join(folder, runFile), { force: true });
      for (const name of [...names.filter((other) => other !== runFile), runFile])
        // One after the other: run.json has to come last.
        // oxlint-disable-next-line no-await-in-loop
        await rename(join(staging, name), join(folder, name));
      await rm(staging, { recursive: true });
    },
    discard() {
      rmSync(staging, { recursive: true, force: true });
    },
  };
}

/** Takes back a folder that was made for results if none came. */
export async function removeIfEmpty(folder: string): Promise<void> {
  if ((await readdir(folder)).length === 0) await rmdir(folder);
}
