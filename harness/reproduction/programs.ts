/** Programs of the machine that an experiment may want, for what no library does: run on files of their own. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ExperimentContext } from "../../src/index.ts";

type RunProgram = NonNullable<ExperimentContext["runProgram"]>;

const maxOutputBytes = 2 ** 26;

/** What the program prints; undefined if it is not on this machine. */
export const runProgram: RunProgram = async (name, inputs, argumentsOf) => {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    const paths: Record<string, string> = {};
    for (const [file, content] of Object.entries(inputs)) {
      paths[file] = join(folder, file);
      await writeFile(paths[file], content);
    }
    const { stdout } = await promisify(execFile)(name, argumentsOf(paths), { maxBuffer: maxOutputBytes });
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
};
