/** An anneal with its figures, as a single run of `generate` and every window of a sweep have it; and how it is told. */
import {
  generate,
  numManifoldNeighbours,
  planGeneration,
  shiftedMemory,
  type Draws,
  type GenerateOptions,
  type HopfieldTarget,
} from "../../src/index.ts";
import type { WrittenFile } from "../files/atomic-write.ts";
import { createYardstick, summarizeGeneration, type GenerationMetrics, type Yardstick } from "../report/generation.ts";
import { requireFiniteDraws } from "../report/soundness.ts";
import type { CommandContext } from "./context.ts";
import type { Engine } from "./engines.ts";
import { trackFinishedDraws } from "./finished-draws.ts";
import { formatBeta, formatCount } from "./format.ts";
import type { ImageShape } from "../files/memory-source.ts";
import type { GenerationMemory } from "./generate-memory.ts";
import { formatShape, type GenerateSettings } from "./generate-settings.ts";
import type { Interruption } from "./interruption.ts";
import { createProgressLine } from "./progress-line.ts";
import { jsonInteger, placeOfRun } from "./run-record.ts";

/** What every part of the command needs. */
export interface GenerationWork {
  readonly settings: GenerateSettings;
  readonly memory: GenerationMemory;
  readonly options: GenerateOptions;
  readonly engine: Engine;
  readonly interruption: Interruption;
  readonly context: CommandContext;
  readonly folder: string;
  /** What samples are measured against, worked out when it is first asked for. */
  readonly yardstick: () => Yardstick;
  /** performance.now() */
  readonly started: number;
}

/** What came of one anneal. */
export interface Generated {
  /** Whole, or the finished samples of an interrupted run. */
  readonly draws: Draws;
  readonly isInterrupted: boolean;
  readonly seconds: number;
  readonly numChainSteps: number;
}

/** @returns undefined if it was interrupted before a sample was finished */
export async function anneal(
  { memory, engine, interruption: { signal }, context }: GenerationWork,
  options: GenerateOptions,
  label = "generating",
): Promise<Generated | undefined> {
  const { numSamples } = options;
  const finished = trackFinishedDraws(numSamples);
  const line = createProgressLine(context, label);
  const started = performance.now();
  let numChainSteps = 0;
  const ended = (draws: Draws, isInterrupted: boolean): Generated => ({
    draws,
    isInterrupted,
    numChainSteps,
    seconds: (performance.now() - started) / 1000,
  });
  try {
    const draws = await generate((target) => engine.createSampler(target), memory.loaded.memory, options, {
      signal,
      onDraws: (chunk) => finished.add(chunk),
      onProgress: (progress) => {
        numChainSteps = progress.done;
        line.update(progress);
      },
    });
    return ended(draws, false);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const draws = finished.rectangle();
    return draws && ended(draws, true);
  } finally {
    line.stop();
  }
}

/** The figures of samples from one anneal. */
export function measure(
  { memory: { loaded }, yardstick }: GenerationWork,
  options: GenerateOptions,
  draws: Draws,
): GenerationMetrics {
  const plan = planGeneration(loaded.memory, options);
  const { beta, patches } = plan.target(0);
  const target: HopfieldTarget = { memory: loaded.memory, beta, ...(patches && { patches }) };
  requireFiniteDraws("samples", target, draws);
  return summarizeGeneration(target, draws, yardstick());
}

/**
 * The yardstick of a run, which is worked out once however many windows are compared.
 * @throws ArgumentError at once if there is no room for shifted copies
 */
export function yardstickOf({ loaded, heldOut }: GenerationMemory, options: GenerateOptions): () => Yardstick {
  const { maxShift = 0, image } = options;
  const shifted = maxShift > 0 ? shiftedMemory(loaded.memory, image, maxShift).memory : undefined;
  let yardstick: Yardstick | undefined;
  return () => (yardstick ??= createYardstick(loaded.memory, heldOut, shifted));
}

/** What the figures beside the samples' own were measured on. */
export function describeComparison({ heldOut }: GenerationMemory, { numChains }: Draws): string {
  if (heldOut === undefined) return "";
  const size = Math.min(heldOut.numPatterns, numChains);
  return (
    `Compared with ${formatCount(heldOut.numPatterns, "held-out pattern")}; precision and recall by ` +
    `${numManifoldNeighbours} neighbours, ${size} of each.\n`
  );
}

/** The axis of channels of arrays, if there is one. */
export function channelAxis({ channels = 1 }: ImageShape): readonly number[] {
  return channels > 1 ? [channels] : [];
}

export function describeImage({ image, isSignal }: GenerationMemory): string {
  const { height, width, channels = 1 } = image;
  const inChannels = channels > 1 ? ` in ${channels} channels` : "";
  return isSignal ? `signals of ${height * width} values${inChannels}` : `${width} × ${height} pixels${inChannels}`;
}

/** Levels, steps and what samples are made from, for people. */
export function describeAnneal(options: GenerateOptions): string {
  const { anneal: range, stepsPerLevel, kernel, stepSize, maxShift = 0, patternsPerSample, seed } = options;
  return (
    `β ${formatBeta(range.from)} to ${formatBeta(range.to)} in ${range.numLevels} levels, ` +
    `${formatCount(stepsPerLevel, "step")} of ${kernel} each, step size ${stepSize}` +
    (maxShift > 0 ? `, patterns shifted by up to ${maxShift}` : "") +
    `${patternsPerSample === undefined ? "" : `, ${formatCount(patternsPerSample, "pattern")} a sample`}, seed ${seed}`
  );
}

/** One window, or the path of them. */
export function describeWindows({ windows }: GenerateOptions): string {
  return `window ${windows.join(" → ")}`;
}

/** What run.json says of every run of the command: all that it takes to repeat it. */
export function runRecord(work: GenerationWork, written: Readonly<Record<string, WrittenFile>>) {
  const { settings, memory, options, engine } = work;
  const { loaded, heldOut, image } = memory;
  return {
    command: "generate",
    options: {
      memory: settings.memory,
      labels: settings.labels ?? null,
      class: settings.classLabel ?? null,
      patterns: loaded.memory.numPatterns,
      select: settings.select,
      patternSeed: jsonInteger(settings.patternSeed),
      imageSize: settings.imageSize ?? null,
      normalize: settings.normalize,
      shape: settings.rowShape === undefined ? null : formatShape(settings.rowShape),
      heldOut: settings.heldOut,
      windows: settings.sweep ?? options.windows,
      stride: options.stride,
      anneal: options.anneal,
      steps: options.stepsPerLevel,
      stepSize: options.stepSize,
      kernel: options.kernel,
      shift: options.maxShift,
      patternsPerSample: options.patternsPerSample ?? null,
      count: options.numSamples,
      seed: jsonInteger(settings.seed),
      engine: settings.engine,
      chunk: options.samplesPerRun,
      out: settings.out,
    },
    ...placeOfRun(engine),
    image,
    memory: {
      sha256: loaded.sha256,
      numPatterns: loaded.memory.numPatterns,
      dim: loaded.memory.dim,
      available: loaded.totalAvailable,
      numHeldOut: heldOut?.numPatterns ?? 0,
    },
    outputs: Object.fromEntries(Object.entries(written).map(([name, { sha256 }]) => [name, sha256])),
  };
}
