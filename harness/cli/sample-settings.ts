/**
 * The options of `sample` as typed, turned into checked values. Every rule that needs no data is checked here, before
 * anything is read; the rest by the loader, the output folder and the sampler, each before its own work.
 */
import {
  ArgumentError,
  collapseNames,
  isAdjusted,
  isExponential,
  isLangevin,
  maxSteps,
  describe,
  kernelNames,
  requireChoice,
  requirePositive,
  requireStepSize,
  startNames,
  type CollapseName,
  type KernelName,
  type Recommended,
  type ScheduleLevel,
  type StartName,
} from "../../src/index.ts";
import { engineNames, type EngineName } from "./engines.ts";
import { requireMemorySettings, type MemoryFlags, type MemorySettings } from "./memory-settings.ts";
import { parseCount, parseNumber, parseSeed, parseThreads, requireGiven } from "./parse-options.ts";
import { parseAnneal, parseHeads, parsePowers, readSchedule, type HeadRule } from "./schedule-options.ts";

/** Used where the person typed nothing. */
export const defaults = {
  beta: 10_000,
  kernel: "ou-mala",
  stepSize: 0.5,
  chains: "256",
  burnIn: "20",
  draws: "5",
  thinning: "10",
  start: "pattern",
  seed: "1",
  engine: "auto",
  stepsPerLevel: "4",
  collapse: "auto",
  circulation: "0",
} as const;

/** What commander hands over: text, as typed or by default. */
export interface SampleFlags extends MemoryFlags {
  readonly out?: string;
  readonly beta?: string;
  readonly snr?: string;
  readonly kernel: string;
  readonly stepSize?: string;
  readonly chains: string;
  readonly burnIn: string;
  readonly draws: string;
  readonly thinning: string;
  readonly start: string;
  readonly seed: string;
  readonly engine: string;
  readonly threads?: string;
  readonly heads?: string;
  readonly powers?: string;
  readonly anneal?: string;
  readonly stepsPerLevel: string;
  readonly schedule?: string;
  readonly adapt?: boolean;
  readonly collapse: string;
  readonly circulation: string;
  readonly plan?: boolean;
  readonly search?: boolean;
}

/** What a temperature can be recommended for. */
export const purposeNames = ["retrieval", "blending", "generation"] as const satisfies (keyof Recommended)[];
export type PurposeName = (typeof purposeNames)[number];
const autoPrefix = "auto:";

export interface SampleSettings extends MemorySettings {
  readonly out: string;
  /**
   * Given outright, or by a signal-to-noise ratio or a purpose that becomes a β once the patterns are known.
   */
  readonly temperature:
    { readonly beta: number } | { readonly signalToNoise: number } | { readonly purpose: PurposeName };
  readonly kernel: KernelName;
  readonly stepSize: number;
  /** A step size was asked for, and neither the kernel nor the temperature has a use for it. */
  readonly isStepSizeIdle: boolean;
  readonly numChains: number;
  readonly numBurnIn: number;
  readonly numDraws: number;
  readonly thinning: number;
  readonly start: StartName;
  readonly seed: bigint;
  readonly engine: EngineName;
  /** Of the reference. */
  readonly numThreads: number;
  /** Undefined for the plain energy. */
  readonly heads: HeadRule | undefined;
  /** ω of each class of a product; equal if undefined. */
  readonly powers: readonly number[] | undefined;
  /** Levels that come before burn-in, the last of which goes on; undefined for a constant temperature. */
  readonly schedule: readonly ScheduleLevel[] | undefined;
  /** The step size is adapted first, from `stepSize`. */
  readonly isAdapted: boolean;
  readonly collapse: CollapseName;
  /** γ; 0 for none. */
  readonly circulation: number;
  /** The GPU's workgroups are chosen by trying. */
  readonly isSearching: boolean;
  /** The GPU's plan is told. */
  readonly tellsPlan: boolean;
}

/** @throws ArgumentError naming the first option that breaks its rule */
export async function requireSampleSettings(flags: SampleFlags): Promise<SampleSettings> {
  const kernel = requireChoice("--kernel", flags.kernel, kernelNames);
  requireCompatible(flags, kernel);
  const schedule = await chooseSchedule(flags);
  const heads = flags.heads === undefined ? undefined : parseHeads(flags.heads);
  const settings: SampleSettings = {
    ...requireMemorySettings(flags),
    out: requireGiven("--out", flags.out, "a folder for the results, for example --out out/run"),
    temperature: schedule === undefined ? parseTemperature(flags) : { beta: schedule.at(-1)!.beta },
    kernel,
    stepSize:
      flags.stepSize === undefined ? defaults.stepSize : requireStepSize("--step-size", parseNumber(flags.stepSize)),
    isStepSizeIdle: flags.stepSize !== undefined && flags.snr === undefined && !isLangevin(kernel),
    numChains: parseCount("--chains", flags.chains, 1),
    numBurnIn: parseCount("--burn-in", flags.burnIn, 0),
    numDraws: parseCount("--draws", flags.draws, 1),
    thinning: parseCount("--thinning", flags.thinning, 1),
    start: requireChoice("--start", flags.start, startNames),
    seed: parseSeed("--seed", flags.seed),
    engine: requireChoice("--engine", flags.engine, engineNames),
    numThreads: parseThreads(flags.threads),
    heads,
    powers: choosePowers(flags.powers, heads),
    schedule,
    isAdapted: flags.adapt === true,
    collapse: requireChoice("--collapse", flags.collapse, collapseNames),
    circulation: parseCirculation(flags.circulation, kernel),
    tellsPlan: flags.plan === true,
    isSearching: flags.search === true,
  };
  const numSteps = settings.numBurnIn + settings.numDraws * settings.thinning;
  if (numSteps >= maxSteps)
    throw new ArgumentError(
      "--thinning",
      `burn-in + draws × thinning must be below 2^32 steps, got ${numSteps}`,
      "thin less, or keep fewer draws",
    );
  return settings;
}

function parseCirculation(text: string, kernel: KernelName): number {
  const circulation = parseNumber(text);
  if (typeof circulation === "string" || !Number.isFinite(circulation))
    throw new ArgumentError("--circulation", `must be a finite number, got ${describe(text)}`);
  if (circulation !== 0 && !isExponential(kernel))
    throw new ArgumentError("--circulation", `must be 0 for ${kernel}, got ${text}`, "use --kernel ou or ou-mala");
  return circulation;
}

function choosePowers(text: string | undefined, heads: HeadRule | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  if (heads === undefined || !("classes" in heads))
    throw new ArgumentError("--powers", "must go with --heads classes:", "name the classes that they weigh");
  return parsePowers(text, heads.classes.length);
}

/** @throws ArgumentError for options that contradict each other */
function requireCompatible(flags: SampleFlags, kernel: KernelName): void {
  const exclude = (one: keyof SampleFlags, ...others: readonly (keyof SampleFlags)[]): void => {
    for (const other of others)
      if (flags[one] !== undefined && flags[other] !== undefined)
        throw new ArgumentError(`--${one}`, `must not be given together with --${other}`, "leave one out");
  };
  exclude("anneal", "schedule", "beta", "snr");
  exclude("schedule", "beta", "snr");
  exclude("adapt", "anneal", "schedule", "heads", "snr");
  if (flags.adapt === true && !isAdjusted(kernel))
    throw new ArgumentError("--adapt", `must go with a kernel that can reject, mala or ou-mala, got ${kernel}`);
  if (flags.adapt === true && flags.circulation !== defaults.circulation)
    throw new ArgumentError("--adapt", "must not be given together with --circulation", "leave one out");
}

async function chooseSchedule({ anneal, stepsPerLevel, schedule }: SampleFlags): Promise<SampleSettings["schedule"]> {
  if (anneal !== undefined) return parseAnneal(anneal, stepsPerLevel);
  return schedule === undefined ? undefined : readSchedule(schedule);
}

function parseTemperature({ beta, snr }: SampleFlags): SampleSettings["temperature"] {
  if (beta !== undefined && snr !== undefined)
    throw new ArgumentError("--snr", `must not be given together with --beta, got ${snr} and ${beta}`, "leave one out");
  if (snr !== undefined) return { signalToNoise: requirePositive("--snr", parseNumber(snr)) };
  if (beta?.startsWith(autoPrefix) === true) {
    const purpose = purposeNames.find((name) => beta === `${autoPrefix}${name}`);
    if (purpose !== undefined) return { purpose };
    const choices = purposeNames.map((name) => `${autoPrefix}${name}`).join(", ");
    throw new ArgumentError("--beta", `must be a finite number above 0, or one of ${choices}, got ${describe(beta)}`);
  }
  return { beta: beta === undefined ? defaults.beta : requirePositive("--beta", parseNumber(beta)) };
}
