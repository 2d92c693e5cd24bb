/**
 * Where findings of the search for the fastest workgroups outlive the program: a JSON object in the user's cache folder.
 * It is a cache and no more: what cannot be read is searched again, and what cannot be written is found again next time.
 */
import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { PlanStore, WorkgroupShape } from "../../src/index.ts";
import { writeJsonAtomic } from "./atomic-write.ts";
import { isSystemError } from "./system-error.ts";

/** By the XDG rule, which takes absolute folders only. */
export function planStorePath(environment: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  const folder = environment["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(folder) ? folder : join(home, ".cache"), "stochastic-attention", "plans.json");
}

/** @param warn is told, in a sentence, what was wrong with the file */
export function openPlanStore(path: string, warn: (sentence: string) => void): PlanStore {
  let findings: Promise<Map<string, WorkgroupShape>> | undefined;
  const loaded = (): Promise<Map<string, WorkgroupShape>> => (findings ??= readFindings(path, warn));
  return {
    get: async (key) => (await loaded()).get(key),
    async set(key, shape) {
      const all = (await loaded()).set(key, shape);
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeJsonAtomic(path, Object.fromEntries(all));
      } catch (error) {
        if (!isSystemError(error)) throw error;
        warn(`${path} could not be written (${error.code}): the next run searches again`);
      }
    },
  };
}

async function readFindings(path: string, warn: (sentence: string) => void): Promise<Map<string, WorkgroupShape>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (isFindings(value)) return new Map(Object.entries(value));
    warn(`${path} does not hold shapes of workgroups: it is ignored, and written anew`);
  } catch (error) {
    if (isSystemError(error)) {
      if (error.code !== "ENOENT") warn(`${path} could not be read (${error.code}): it is ignored`);
    } else if (error instanceof SyntaxError) {
      warn(`${path} is not JSON: it is ignored, and written anew`);
    } else throw error;
  }
  return new Map();
}

function isFindings(value: unknown): value is Record<string, WorkgroupShape> {
  return isObject(value) && Object.values(value).every(isShape);
}

function isShape(value: unknown): value is WorkgroupShape {
  if (!isObject(value)) return false;
  return isCount(value["quadsPerWorkgroup"]) && Object.values(value).every(isCount);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}
