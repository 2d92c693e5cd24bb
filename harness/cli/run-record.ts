/** What every run.json says beside its own results: where the run took place. */
import { cpus } from "node:os";
import type { Engine } from "./engines.ts";
import { installedVersion, packageVersion, platformName } from "./versions.ts";

/** Engine, machine and versions. */
export function placeOfRun({ name, adapter, numThreads }: Engine) {
  return {
    engine: name,
    adapter,
    threads: numThreads,
    machine: { cpu: cpus()[0]?.model.trim() ?? null, platform: platformName() },
    versions: {
      "stochastic-attention": packageVersion,
      node: process.versions.node,
      webgpu: installedVersion("webgpu"),
    },
  };
}

/** JSON readers keep whole numbers to 2^53 - 1; larger ones go as text. */
export function jsonInteger(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

export function engineName({ name, adapter }: Engine): string {
  if (adapter === null) return `${name} on the CPU`;
  return `${name} on ${adapter.name}${adapter.isSoftware ? " (software)" : ""}`;
}
