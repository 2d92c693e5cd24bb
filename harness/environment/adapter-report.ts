/**
 * What WebGPU offers in a Node process with a given environment, found out in a child: drivers are chosen by variables
 * that must be set before a process starts. print-adapters.ts is the child.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { AdapterDescription } from "../../src/index.ts";

/** Hardware before software; none with the reason why. */
export interface AdapterReport {
  readonly adapters: readonly AdapterDescription[];
  readonly reason?: string;
}

/** The child's line of output starts with this; drivers may print what they like around it. */
export const reportMark = "adapters:";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Asks a child process with exactly this environment. A child that dies reports no adapter. */
export async function reportAdapters(env: NodeJS.ProcessEnv): Promise<AdapterReport> {
  try {
    const child = ["harness/launch.js", "harness/environment/print-adapters.ts"];
    const { stdout } = await promisify(execFile)(process.execPath, child, { cwd: root, env, timeout: 60_000 });
    const line = stdout.split("\n").find((candidate) => candidate.startsWith(reportMark));
    if (line === undefined) return { adapters: [], reason: "the process that lists WebGPU adapters printed none" };
    return JSON.parse(line.slice(reportMark.length)) as AdapterReport;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { adapters: [], reason: `the process that lists WebGPU adapters failed: ${message.trim()}` };
  }
}
