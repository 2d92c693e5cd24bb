/** Programs of the machine that an experiment may want, for what no library does: run on files of their own. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ExperimentContext } from "../../src/index.ts";
import { isSystemError } from "../files/system-error.ts";

type RunProgram = NonNullable<ExperimentContext["runProgram"]>;

const maxPrintedBytes = 2 ** 26;

/**
 * What the program writes to the file that it is told; undefined if it is not on this machine. It gets a file rather than
 * its output because what Node hands to a program as output is a socket, which cannot be opened by name.
 */
export const runProgram: RunProgram = async (name, inputs, argumentsOf) => {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    const paths: Record<string, string> = {};
    for (const [file, content] of Object.entries(inputs)) {
      paths[file] = join(folder, file);
      await writeFile(paths[file], content);
    }
    const output = join(folder, "output");
    await promisify(execFile)(name, argumentsOf(paths, output), { maxBuffer: maxPrintedBytes });
    return await readFile(output, "utf8");
  } catch (error) {
    if (isAbsent(error, name)) return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
};

function isAbsent(error: unknown, name: string): boolean {
  return isSystemError(error) && error.code === "ENOENT" && error.syscall === `spawn ${name}`;
}
