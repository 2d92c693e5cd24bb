/** What the tests of `generate` start from: a folder with a small memory, and the command that runs on it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { encodeNpy, fillNormals, purposes } from "../../../src/index.ts";

export const side = 6;
export const numPatterns = 12;

/** Positive noise, another for each stream. */
export function noise(length: number, stream: number): Float32Array {
  return Float32Array.from(fillNormals(stream, 0, purposes.data, [9, 9], new Float64Array(length)), (x) =>
    Math.exp(x / 2),
  );
}

/** A run of a moment. */
export const small = ["--window", "3", "--anneal", "1:10000:6", "--steps", "2"];

/** A folder with a memory in it, which goes when the tests of the file are over, and the command that writes into it. */
export interface GenerateFolder {
  readonly folder: string;
  readonly memory: string;
  /** On any memory. */
  readonly commandOn: (source: string, out: string, ...args: string[]) => string[];
  /** On the memory in the folder, and small. */
  readonly command: (out: string, ...args: string[]) => string[];
}

export function generateFolder(): GenerateFolder {
  const folder = mkdtempSync(join(tmpdir(), "cli-generate-"));
  const memory = join(folder, "memory.npy");
  writeFileSync(memory, encodeNpy(noise(numPatterns * side * side, 1), [numPatterns, side, side]));
  afterAll(() => rmSync(folder, { recursive: true }));
  const engine = ["--engine", "reference", "--threads", "1"];
  const commandOn: GenerateFolder["commandOn"] = (source, out, ...args) => [
    "generate",
    "--memory",
    source,
    "--out",
    join(folder, out),
    ...engine,
    ...args,
  ];
  return { folder, memory, commandOn, command: (out, ...args) => commandOn(memory, out, ...small, ...args) };
}
