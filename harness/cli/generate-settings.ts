/**
 * The options of `generate` as typed, turned into checked values. Every rule that needs no data is checked here, before
 * anything is read; what follows from the memory is chosen in generate-memory.ts.
 */
import type { Command } from "commander";
import {
  ArgumentError,
  describe,
  isLangevin,
  kernelNames,
  requireChoice,
  requireStepSize,
  type KernelName,
  type Patches,
} from "../../src/index.ts";
import type { ImageShape } from "../files/memory-source.ts";
import { engineNames, threadsHelp, type Engine, type EngineName } from "./engines.ts";
import { addMemoryOptions, requireMemorySettings, type MemoryFlags, type MemorySettings } from "./memory-settings.ts";
import { parseCount, parseNumber, parseSeed, parseThreads, requireGiven } from "./parse-options.ts";
import { parseAnnealRange, type AnnealRange } from "./schedule-options.ts";

export type Window = Patches["window"];

const defaults = {
  stride: "1",
  steps: "2",
  stepSize: "0.35",
  kernel: "ou",
  shift: "0",
  count: "64",
  seed: "1",
  engine: "auto",
} as const;
/** Levels where the memory chooses the range of β. */
export const defaultLevels = 20;

/** Samples side by side on a GPU: of one energy; of an energy each; and at most of those, whose buffers all stand beside each other. */
const gpuChunk = { shared: 32, own: 4, mostOwn: 8 } as const;

const langevinKernels = kernelNames.filter(isLangevin);

/** What commander hands over: text, as typed or by default. */
export interface GenerateFlags extends MemoryFlags {
  readonly out?: string;
  readonly shape?: string;
  readonly heldOut?: string;
  readonly heldOutLabels?: string;
  readonly holdOut?: string;
  readonly window?: string;
  readonly windowPath?: string;
  readonly sweepWindow?: string;
  readonly stride: string;
  readonly anneal?: string;
  readonly steps: string;
  readonly stepSize: string;
  readonly kernel: string;
  readonly shift: string;
  readonly patternsPerSample?: string;
  readonly count: string;
  readonly seed: string;
  readonly engine: string;
  readonly threads?: string;
  readonly chunk?: string;
}

export interface GenerateSettings extends MemorySettings {
  readonly out: string;
  /** Of the rows of an array; by their length if undefined. */
  readonly rowShape: ImageShape | undefined;
  /** Held-out patterns from a source of their own; a share of those that were taken; or what the source has to spare. */
  readonly heldOut:
    { readonly source: string; readonly labels: string | undefined } | { readonly share: number } | "spare";
  /** In the order of the anneal; undefined to choose one by the memory. */
  readonly windows: readonly Window[] | undefined;
  /** Windows to compare, each for a whole anneal; undefined for a single run. */
  readonly sweep: readonly Window[] | undefined;
  readonly stride: number;
  /** Undefined to choose it by the memory. */
  readonly anneal: AnnealRange | undefined;
  readonly stepsPerLevel: number;
  readonly stepSize: number;
  readonly kernel: KernelName;
  readonly maxShift: number;
  /** Undefined for all. */
  readonly patternsPerSample: number | undefined;
  readonly numSamples: number;
  readonly seed: bigint;
  readonly engine: EngineName;
  readonly numThreads: number;
  /** Samples side by side; undefined for what suits the engine. */
  readonly samplesPerRun: number | undefined;
}

export function addGenerateOptions(command: Command): Command {
  return addMemoryOptions(
    command,
    "generate from this class alone: it selects before --patterns and --select, which then take of it",
  )
    .option("--out <folder>", "where the results go (required)")
    .option(
      "--shape <sizes>",
      "what the rows of an array [K, d] are: HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS; 1xLENGTH or 1xLENGTHxCHANNELS for " +
        "signals",
    )
    .option(
      "--held-out <source>",
      "real patterns to compare with, as --memory (default: those of it that are not taken)",
    )
    .option("--held-out-labels <file>", "a class per pattern of --held-out, of which --class selects")
    .option("--hold-out <share>", "keep this share of the patterns taken out of the memory, to compare with")
    .option("--window <pixels>", "side of the windows, or full (default: two fifths of the shorter side)")
    .option("--window-path <list>", "windows that follow each other over the levels, as 27,15,7, in place of --window")
    .option("--sweep-window <list>", "compare these windows instead: a table, a plot and a sheet")
    .option("--stride <pixels>", "from one window to the next; divides the window", defaults.stride)
    .option("--anneal <levels>", `FIRST:LAST:LEVELS of β (default: chosen by the memory, ${defaultLevels} levels)`)
    .option("--steps <count>", "steps at each level", defaults.steps)
    .option("--step-size <number>", "in (0, 1]", defaults.stepSize)
    .option("--kernel <name>", `transition: ${langevinKernels.join(", ")}`, defaults.kernel)
    .option("--shift <pixels>", "patches may also come from up to so many pixels beside where they lie", defaults.shift)
    .option("--patterns-per-sample <count>", "make each sample from so many patterns, drawn anew (default: all)")
    .option("--count <count>", "samples", defaults.count)
    .option("--seed <seed>", "whole number below 2^64", defaults.seed)
    .option(
      "--engine <name>",
      `what runs it: ${engineNames.join(", ")} (auto: a hardware GPU, else the CPU)`,
      defaults.engine,
    )
    .option("--threads <count>", threadsHelp)
    .option(
      "--chunk <count>",
      "samples that anneal side by side, which changes none of them (default: one a thread; on a GPU " +
        `${gpuChunk.shared}, with --patterns-per-sample ${gpuChunk.own} and at most ${gpuChunk.mostOwn})`,
    )
    .option("--debug", "print a stack trace with an error");
}

/** @throws ArgumentError naming the first option that breaks its rule */
export function requireGenerateSettings(flags: GenerateFlags): GenerateSettings {
  exclude(flags, "windowPath", "window");
  exclude(flags, "sweepWindow", "window", "windowPath");
  exclude(flags, "holdOut", "heldOut");
  if (flags.heldOutLabels !== undefined && flags.heldOut === undefined)
    throw new ArgumentError("--held-out-labels", "must go with --held-out", "name the patterns that they belong to");
  const { window, windowPath, sweepWindow } = flags;
  const windows =
    windowPath !== undefined
      ? parseWindows("--window-path", windowPath)
      : window === undefined
        ? undefined
        : [parseWindow("--window", window)];
  const settings: GenerateSettings = {
    ...requireMemorySettings(flags),
    out: requireGiven("--out", flags.out, "a folder for the results, for example --out out/run"),
    rowShape: flags.shape === undefined ? undefined : parseShape(flags.shape),
    heldOut: chooseHeldOut(flags),
    windows,
    sweep: sweepWindow === undefined ? undefined : requireFew(parseWindows("--sweep-window", sweepWindow)),
    stride: parseCount("--stride", flags.stride, 1),
    anneal: flags.anneal === undefined ? undefined : parseAnnealRange(flags.anneal),
    stepsPerLevel: parseCount("--steps", flags.steps, 1),
    stepSize: requireStepSize("--step-size", parseNumber(flags.stepSize)),
    kernel: requireChoice("--kernel", flags.kernel, langevinKernels),
    maxShift: parseCount("--shift", flags.shift, 0),
    patternsPerSample:
      flags.patternsPerSample === undefined
        ? undefined
        : parseCount("--patterns-per-sample", flags.patternsPerSample, 1),
    numSamples: parseCount("--count", flags.count, 1),
    seed: parseSeed("--seed", flags.seed),
    engine: requireChoice("--engine", flags.engine, engineNames),
    numThreads: parseThreads(flags.threads),
    samplesPerRun: flags.chunk === undefined ? undefined : parseCount("--chunk", flags.chunk, 1),
  };
  if (settings.patternsPerSample === 1 && settings.maxShift === 0)
    throw new ArgumentError(
      "--patterns-per-sample",
      "must be at least 2 without --shift, got 1",
      "a sample made from one pattern is that pattern",
    );
  const numLevels = settings.anneal?.numLevels ?? defaultLevels;
  if (windows !== undefined && windows.length > numLevels)
    throw new ArgumentError(
      "--window-path",
      `must have at most as many windows as there are levels, ${numLevels}, got ${windows.length}`,
      "more levels with --anneal",
    );
  return settings;
}

/**
 * Samples side by side, as asked for or as suits the engine.
 * @throws ArgumentError for more energies at a time than a GPU should hold
 */
export function chooseSamplesPerRun(
  { samplesPerRun, patternsPerSample }: Pick<GenerateSettings, "samplesPerRun" | "patternsPerSample">,
  { numThreads }: Pick<Engine, "numThreads">,
): number {
  if (numThreads !== null) return samplesPerRun ?? numThreads;
  if (patternsPerSample === undefined) return samplesPerRun ?? gpuChunk.shared;
  if (samplesPerRun !== undefined && samplesPerRun > gpuChunk.mostOwn)
    throw new ArgumentError(
      "--chunk",
      `must be at most ${gpuChunk.mostOwn} with --patterns-per-sample on a GPU, where each of them has up to 128 MiB of ` +
        `logits and a memory of its own, got ${samplesPerRun}`,
    );
  return samplesPerRun ?? gpuChunk.own;
}

function exclude(flags: GenerateFlags, one: keyof GenerateFlags, ...others: readonly (keyof GenerateFlags)[]): void {
  const spell = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  for (const other of others)
    if (flags[one] !== undefined && flags[other] !== undefined)
      throw new ArgumentError(spell(one), `must not be given together with ${spell(other)}`, "leave one out");
}

function chooseHeldOut({ heldOut, heldOutLabels, holdOut }: GenerateFlags): GenerateSettings["heldOut"] {
  if (heldOut !== undefined) return { source: heldOut, labels: heldOutLabels };
  if (holdOut === undefined) return "spare";
  const share = parseNumber(holdOut);
  if (typeof share === "number" && share > 0 && share < 1) return { share };
  throw new ArgumentError("--hold-out", `must lie between 0 and 1, got ${describe(holdOut)}`, "0.2 keeps a fifth out");
}

function parseWindow(parameter: string, text: string): Window {
  if (text === "full") return text;
  const isCount = /^\d+$/.test(text) && Number(text) >= 1;
  if (isCount && Number.isSafeInteger(Number(text))) return Number(text);
  throw new ArgumentError(parameter, `must be a whole number of at least 1, or full, got ${describe(text)}`);
}

function parseWindows(parameter: string, text: string): readonly Window[] {
  return text.split(",").map((part) => parseWindow(parameter, part.trim()));
}

/** As many as fit one sheet, whatever the size of the images. */
const maxSwept = 50;

function requireFew(windows: readonly Window[]): readonly Window[] {
  if (windows.length <= maxSwept) return windows;
  throw new ArgumentError(
    "--sweep-window",
    `must be at most ${maxSwept} windows, got ${windows.length}`,
    "a few show the trade-off",
  );
}

/** As --shape has it. */
export function formatShape({ height, width, channels = 1 }: ImageShape): string {
  return [height, width, ...(channels > 1 ? [channels] : [])].join("x");
}

function parseShape(text: string): ImageShape {
  const match = /^(\d+)x(\d+)(?:x([1-4]))?$/.exec(text);
  const [height, width, channels] = (match ?? []).slice(1).map(Number);
  if (height === undefined || width === undefined || height < 1 || width < 1)
    throw new ArgumentError(
      "--shape",
      `must be HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS with 1 to 4 channels, got ${describe(text)}`,
      "for example 28x28, 32x32x3, or 1x200 for signals",
    );
  return { height, width, ...(match![3] !== undefined && channels! > 1 && { channels: channels! }) };
}
