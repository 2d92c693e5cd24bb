/**
 * The measurements as they are kept: bench/results/<adapter>.json, and one file of the same rows for every finished job
 * while a benchmark runs. What is read back is checked field by field: tables are made from files that somebody else may
 * have sent.
 */
import { ArgumentError, describe } from "../../src/index.ts";
import type { Spread } from "./statistics.ts";

/** Of this file's shape; another one is refused. */
export const recordFormat = 1;

/** One contestant at one job. */
export interface Row {
  readonly contestant: string;
  readonly label: string;
  readonly place: "node" | "chrome";
  readonly space: string;
  readonly arithmetic: string;
  /** Why it was not measured; then what follows is null. */
  readonly skipped: string | null;
  /** What verification compared, and the largest relative difference; null for the yardstick. */
  readonly verified: string;
  readonly error: number | null;
  readonly numRounds: number | null;
  /** Steps of every chain between two kept draws. */
  readonly thinning: number | null;
  readonly chainStepsPerSecond: Spread | null;
  /** By the GPU's own clock, where it can be trusted. */
  readonly gpuChainStepsPerSecond: Spread | null;
  readonly gflops: number | null;
  readonly shareOfPeak: number | null;
}

/** A job with the rows of its contestants. */
export interface JobRecord {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly dim: number;
  readonly numPatterns: number;
  readonly numChains: number;
  readonly beta: number;
  readonly kernel: string;
  readonly stepSize: number;
  readonly leastBytesPerStep: number | null;
  readonly rows: readonly Row[];
}

/** Effective samples of a kernel on an engine at one target. */
export interface EssRow {
  readonly kernel: string;
  readonly engine: string;
  readonly stepSize: number | null;
  readonly thinning: number;
  readonly numChains: number;
  readonly numDraws: number;
  readonly acceptanceRate: number | null;
  readonly secondsPerRun: number;
  /** Of the whole position along a fixed direction, its R-hat, and effective samples a second. */
  readonly essPerSecond: number | null;
  readonly splitRhat: number | null;
  /** The same of what is left without T(ξ): how fast a chain moves around the pattern it is at. */
  readonly essPerSecondInBasin: number | null;
  readonly skipped: string | null;
}

export interface EssRecord {
  readonly id: string;
  readonly title: string;
  readonly dim: number;
  readonly numPatterns: number;
  readonly beta: number;
  readonly rows: readonly EssRow[];
}

export interface BenchRecord {
  readonly format: typeof recordFormat;
  readonly adapter: { readonly name: string; readonly driver: string; readonly isSoftware: boolean } | null;
  readonly machine: { readonly cpu: string; readonly numCores: number; readonly platform: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  /** As typed, so that the run can be repeated. */
  readonly command: string;
  readonly isQuick: boolean;
  /** Operations a second, by what rows refer to. */
  readonly peaks: Readonly<Record<string, number>>;
  readonly launch: { readonly secondsPerDispatch: number; readonly secondsPerRoundTrip: number } | null;
  /** Peers that were not there, with the reason. */
  readonly missing: readonly string[];
  readonly jobs: readonly JobRecord[];
  readonly ess: readonly EssRecord[];
}

type Check = (value: unknown, path: string) => void;

function refuse(path: string, rule: string, value: unknown): never {
  throw new ArgumentError(path, `must be ${rule}, got ${describe(value)}`, "is it a file of this benchmark's?");
}

const text: Check = (value, path) => typeof value === "string" || refuse(path, "text", value);
const flag: Check = (value, path) => typeof value === "boolean" || refuse(path, "true or false", value);
const finite: Check = (value, path) => Number.isFinite(value) || refuse(path, "a finite number", value);
const format: Check = (value, path) => value === recordFormat || refuse(path, String(recordFormat), value);
const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null || check(value, path);
const list =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? value.forEach((item, i) => check(item, `${path}[${i}]`)) : refuse(path, "a list", value);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const table =
  (check: Check): Check =>
  (value, path) => {
    if (!isObject(value)) refuse(path, "a table", value);
    for (const [key, item] of Object.entries(value)) check(item, `${path}.${key}`);
  };

/** An object with exactly these fields. */
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isObject(value)) refuse(path, "an object", value);
    for (const [key, check] of Object.entries(fields)) check(value[key], `${path}.${key}`);
    for (const key of Object.keys(value)) if (!(key in fields)) refuse(`${path}.${key}`, "absent", value[key]);
  };

const spreadFields = object({ median: finite, lower: finite, upper: finite });

const jobFields = object({
  id: text,
  title: text,
  group: text,
  dim: finite,
  numPatterns: finite,
  numChains: finite,
  beta: finite,
  kernel: text,
  stepSize: finite,
  leastBytesPerStep: orNull(finite),
  rows: list(
    object({
      contestant: text,
      label: text,
      place: text,
      space: text,
      arithmetic: text,
      skipped: orNull(text),
      verified: text,
      error: orNull(finite),
      numRounds: orNull(finite),
      thinning: orNull(finite),
      chainStepsPerSecond: orNull(spreadFields),
      gpuChainStepsPerSecond: orNull(spreadFields),
      gflops: orNull(finite),
      shareOfPeak: orNull(finite),
    }),
  ),
});

const essFields = object({
  id: text,
  title: text,
  dim: finite,
  numPatterns: finite,
  beta: finite,
  rows: list(
    object({
      kernel: text,
      engine: text,
      stepSize: orNull(finite),
      thinning: finite,
      numChains: finite,
      numDraws: finite,
      acceptanceRate: orNull(finite),
      secondsPerRun: finite,
      essPerSecond: orNull(finite),
      splitRhat: orNull(finite),
      essPerSecondInBasin: orNull(finite),
      skipped: orNull(text),
    }),
  ),
});

const recordFields = object({
  format,
  adapter: orNull(object({ name: text, driver: text, isSoftware: flag })),
  machine: object({ cpu: text, numCores: finite, platform: text }),
  versions: table(text),
  commit: text,
  command: text,
  isQuick: flag,
  peaks: table(finite),
  launch: orNull(object({ secondsPerDispatch: finite, secondsPerRoundTrip: finite })),
  missing: list(text),
  jobs: list(jobFields),
  ess: list(essFields),
});

/** @param name of the file, for messages. @throws ArgumentError naming the first field that is not as it must be */
export function parseRecord(json: string, name: string): BenchRecord {
  const value = parse(json, name);
  recordFields(value, name);
  return value as BenchRecord;
}

/** @throws ArgumentError, as above */
export function parseJobRecord(json: string, name: string): JobRecord {
  const value = parse(json, name);
  jobFields(value, name);
  return value as JobRecord;
}

/** @throws ArgumentError, as above */
export function parseEssRecord(json: string, name: string): EssRecord {
  const value = parse(json, name);
  essFields(value, name);
  return value as EssRecord;
}

function parse(json: string, name: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new ArgumentError(name, "must be JSON, got something else", "was it cut short?");
  }
}
