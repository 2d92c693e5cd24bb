/**
 * The options of `sample` as typed, turned into checked values. Every rule that needs no data is checked here, before
 * anything is read; the rest by the loader, the output folder and the sampler, each before its own work.
 */
import {
  ArgumentError,
  describe,
  kernelNames,
  requireChoice,
  requireCount,
  requirePositive,
  requireStepSize,
  startNames,
  type KernelName,
  type StartName,
} from "../../src/index.ts";
import { selectNames, type SelectName } from "../files/memory-source.ts";
import { engineNames, type EngineName } from "./engines.ts";

export const normalizeNames = ["unit", "none"] as const;
export type NormalizeName = (typeof normalizeNames)[number];

/** Used where the person typed nothing; a smaller memory caps the number of patterns. */
export const defaults = {
  patterns: 100,
  select: "random",
  patternSeed: "0",
  normalize: "unit",
  beta: 10_000,
  kernel: "ou-mala",
  stepSize: "0.5",
  chains: "256",
  burnIn: "20",
  draws: "5",
  thinning: "10",
  start: "pattern",
  seed: "1",
  engine: "auto",
} as const;

/** What commander hands over: text, as typed or by default. */
export interface SampleFlags {
  readonly memory?: string;
  readonly out?: string;
  readonly patterns?: string;
  readonly select: string;
  readonly patternSeed: string;
  readonly imageSize?: string;
  readonly normalize: string;
  readonly beta?: string;
  readonly snr?: string;
  readonly kernel: string;
  readonly stepSize: string;
  readonly chains: string;
  readonly burnIn: string;
  readonly draws: string;
  readonly thinning: string;
  readonly start: string;
  readonly seed: string;
  readonly engine: string;
}

export interface SampleSettings {
  readonly memory: string;
  readonly out: string;
  /** Undefined if not asked for: as many as the default, or as there are. */
  readonly numPatterns: number | undefined;
  readonly select: SelectName;
  readonly patternSeed: bigint;
  readonly imageSize: number | undefined;
  readonly normalize: NormalizeName;
  /** Given outright, or by a signal-to-noise ratio that becomes a β once the dimension is known. */
  readonly temperature: { readonly beta: number } | { readonly signalToNoise: number };
  readonly kernel: KernelName;
  readonly stepSize: number;
  readonly numChains: number;
  readonly numBurnIn: number;
  readonly numDraws: number;
  readonly thinning: number;
  readonly start: StartName;
  readonly seed: bigint;
  readonly engine: EngineName;
}

/** @throws ArgumentError naming the first option that breaks its rule */
export function requireSampleSettings(flags: SampleFlags): SampleSettings {
  const settings: SampleSettings = {
    memory: requireGiven("--memory", flags.memory, "a folder of images, a .npy file or builtin:faces"),
    out: requireGiven("--out", flags.out, "a folder for the results, for example --out out/run"),
    numPatterns: flags.patterns === undefined ? undefined : parseCount("--patterns", flags.patterns, 1),
    select: requireChoice("--select", flags.select, selectNames),
    patternSeed: parseSeed("--pattern-seed", flags.patternSeed),
    imageSize: flags.imageSize === undefined ? undefined : parseCount("--image-size", flags.imageSize, 1),
    normalize: requireChoice("--normalize", flags.normalize, normalizeNames),
    temperature: parseTemperature(flags),
    kernel: requireChoice("--kernel", flags.kernel, kernelNames),
    stepSize: requireStepSize("--step-size", parseNumber(flags.stepSize)),
    numChains: parseCount("--chains", flags.chains, 1),
    numBurnIn: parseCount("--burn-in", flags.burnIn, 0),
    numDraws: parseCount("--draws", flags.draws, 1),
    thinning: parseCount("--thinning", flags.thinning, 1),
    start: requireChoice("--start", flags.start, startNames),
    seed: parseSeed("--seed", flags.seed),
    engine: requireChoice("--engine", flags.engine, engineNames),
  };
  const numSteps = settings.numBurnIn + settings.numDraws * settings.thinning;
  if (numSteps >= 2 ** 32)
    throw new ArgumentError(
      "--thinning",
      `burn-in + draws × thinning must be below 2^32 steps, got ${numSteps}`,
      "thin less, or keep fewer draws",
    );
  return settings;
}

function parseTemperature({ beta, snr }: SampleFlags): SampleSettings["temperature"] {
  if (beta !== undefined && snr !== undefined)
    throw new ArgumentError("--snr", `must not be given together with --beta, got ${snr} and ${beta}`, "leave one out");
  if (snr !== undefined) return { signalToNoise: requirePositive("--snr", parseNumber(snr)) };
  return { beta: beta === undefined ? defaults.beta : requirePositive("--beta", parseNumber(beta)) };
}

function requireGiven(parameter: string, text: string | undefined, what: string): string {
  if (text !== undefined && text !== "") return text;
  throw new ArgumentError(parameter, `must be given, got ${text === undefined ? "nothing" : describe(text)}`, what);
}

/** The number that the text spells in full; the text itself otherwise, for the check that follows to refuse. */
export function parseNumber(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** Counts are spelled out: neither 1e3 nor 10.0 is taken for one. */
function parseCount(parameter: string, text: string, minimum: number): number {
  return requireCount(parameter, /^[+-]?\d+$/.test(text) ? Number(text) : text, minimum);
}

function parseSeed(parameter: string, text: string): bigint {
  if (/^\d+$/.test(text) && BigInt(text) < 1n << 64n) return BigInt(text);
  throw new ArgumentError(parameter, `must be a whole number from 0 to 2^64 - 1, got ${describe(text)}`);
}
