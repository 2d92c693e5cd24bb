/**
 * New images from a memory of images: an anneal of a patch energy (spec section 5), from the mean image down to where
 * noise no longer matters, read out clean as T(ξ). Windows may shrink along the way, memories may be shifted by a few
 * pixels, and a sample may be made from a few random patterns only: see docs/patches.md for what each is good for.
 */
import { stackTarget } from "../core/attention-stack.ts";
import { requireChoice, requireCount, requireSeed } from "../core/checks.ts";
import { derivedSeed } from "../core/derived-seed.ts";
import { ArgumentError } from "../core/errors.ts";
import { isLangevin } from "../core/langevin.ts";
import { requireMemory } from "../core/memory-matrix.ts";
import { permutation } from "../core/normal.ts";
import type { PhiloxKey } from "../core/philox.ts";
import { createDraws } from "../core/sample-options.ts";
import { geometricSchedule } from "../core/schedule.ts";
import {
  kernelNames,
  type Draws,
  type HopfieldTarget,
  type KernelName,
  type MemoryMatrix,
  type Patches,
  type RunHooks,
  type Sampler,
  type ScheduleLevel,
} from "../core/types.ts";
import type { CreateSampler } from "./create-sampler.ts";
import { shiftedMemory, type ImageExtent, type ShiftedMemory } from "./shifted-memory.ts";

export interface GenerateOptions {
  readonly image: ImageExtent;
  /** One window, or a path of them: they share the levels evenly, in this order. */
  readonly windows: readonly Patches["window"][];
  /** Pixels from one window to the next, 1 by default; divides every window. */
  readonly stride?: number;
  /** Geometric levels of β. */
  readonly anneal: { readonly from: number; readonly to: number; readonly numLevels: number };
  readonly stepsPerLevel: number;
  /** α in (0, 1]. */
  readonly stepSize: number;
  /** A Langevin kernel, `ou` by default: an anneal has no law to keep that a rejection would guard. */
  readonly kernel?: KernelName;
  /** Whole number in [0, 2^64). */
  readonly seed: number | bigint;
  readonly numSamples: number;
  /** Pixels by which patterns are also shifted, 0 by default. */
  readonly maxShift?: number;
  /** Patterns that a sample is made from, drawn for each sample anew; all of them by default. */
  readonly patternsPerSample?: number;
  /**
   * Samples that anneal side by side, all by default. Changes nothing in the results. With `patternsPerSample` each of them
   * has a sampler of its own while it anneals.
   */
  readonly samplesPerRun?: number;
}

export interface GenerateHooks extends Pick<RunHooks, "signal" | "onProgress"> {
  /** Called as soon as some samples have gone through the whole anneal, in their order. */
  readonly onDraws?: RunHooks["onDraws"];
}

/** A stretch of the anneal with one window. */
interface Stretch {
  readonly window: Patches["window"];
  readonly levels: readonly ScheduleLevel[];
  readonly numSteps: number;
}

export interface GenerationPlan {
  readonly key: PhiloxKey;
  readonly stretches: readonly Stretch[];
  /** Steps of one sample. */
  readonly numSteps: number;
  /** What a sample is drawn from at the end of a stretch, the last one by default. */
  target(sample: number, stretch?: number): HopfieldTarget;
  /** The patterns that a sample is made from, rising. */
  patternsOf(sample: number): readonly number[];
  /** The pattern of the given memory that pattern `row` of a sample's target is, or is a shifted copy of. */
  patternAt(sample: number, row: number): number;
}

/**
 * What `generate` will do, checked: for those who want to know what a sample was drawn from.
 * @throws ArgumentError naming the option that breaks its rule
 */
export function planGeneration(memory: MemoryMatrix, options: GenerateOptions): GenerationPlan {
  requireMemory("memory", memory);
  const { image, windows, stride, anneal, maxShift = 0 } = options;
  const { numPatterns } = memory;
  const key = requireSeed("seed", options.seed);
  requireChoice("kernel", options.kernel ?? "ou", kernelNames.filter(isLangevin));
  const levels = geometricSchedule(anneal.from, anneal.to, anneal.numLevels, options.stepsPerLevel);
  requireCount("windows.length", windows.length, 1);
  if (windows.length > levels.length)
    throw new ArgumentError(
      "windows",
      `must be at most one a level of β, got ${windows.length} windows for ${levels.length} levels`,
    );
  const { patternsPerSample = numPatterns } = options;
  requireCount("patternsPerSample", patternsPerSample, 1);
  if (patternsPerSample > numPatterns)
    throw new ArgumentError(
      "patternsPerSample",
      `must be at most the ${numPatterns} patterns, got ${patternsPerSample}`,
    );

  const stretches = windows.map((window, part): Stretch => {
    const own = levels.filter((_, i) => Math.floor((i * windows.length) / levels.length) === part);
    return { window, levels: own, numSteps: own.length * options.stepsPerLevel };
  });
  const everyPattern = Array.from({ length: numPatterns }, (_, k) => k);
  const isWhole = patternsPerSample === numPatterns;
  const patternsOf = (sample: number): readonly number[] => {
    if (isWhole) return everyPattern;
    // Runs have seeds of their own, so that nothing else draws permutations with this key.
    const order = permutation(numPatterns, key, sample);
    return Array.from(order.subarray(0, patternsPerSample)).toSorted((a, b) => a - b);
  };
  const shifted = (sample: number): ShiftedMemory =>
    shiftedMemory(isWhole ? memory : pickPatterns(memory, patternsOf(sample)), image, maxShift);
  const first = shifted(0);
  const target = (sample: number, stretch = stretches.length - 1): HopfieldTarget => {
    const { window, levels: own } = stretches[stretch]!;
    return {
      memory: (isWhole ? first : shifted(sample)).memory,
      beta: own.at(-1)!.beta,
      patches: { ...image, window, ...(stride !== undefined && window !== "full" && { stride }) },
    };
  };
  const patternAt = (sample: number, row: number): number => patternsOf(sample)[Math.floor(row / first.numCopies)]!;
  const plan = { key, stretches, numSteps: levels.length * options.stepsPerLevel, target, patternsOf, patternAt };
  // Whether the windows fit the images is the energy's to say.
  for (const stretch of stretches.keys()) stackTarget(target(0, stretch));
  return plan;
}

function pickPatterns({ values, dim }: MemoryMatrix, patterns: readonly number[]): MemoryMatrix {
  const picked = new Float32Array(patterns.length * dim);
  for (const [row, k] of patterns.entries()) picked.set(values.subarray(k * dim, (k + 1) * dim), row * dim);
  return { values: picked, numPatterns: patterns.length, dim };
}

/**
 * @param createSampler makes the sampler of a window; each is disposed as soon as its stretch of the anneal is over, but
 * for that of a single window, which all samples share
 * @returns one draw a sample: ξ, and T(ξ) under the last window and β
 * @throws ArgumentError before any work if an option breaks its rule; the signal's reason if it aborts
 */
export async function generate(
  createSampler: CreateSampler,
  memory: MemoryMatrix,
  options: GenerateOptions,
  hooks: GenerateHooks = {},
): Promise<Draws> {
  const plan = planGeneration(memory, options);
  const numSamples = requireCount("numSamples", options.numSamples, 1);
  const samplesPerRun = requireCount("samplesPerRun", options.samplesPerRun ?? numSamples, 1);
  const isShared = plan.patternsOf(0).length === memory.numPatterns;
  const draws = createDraws(numSamples, 1, memory.dim);
  const total = numSamples * plan.numSteps;

  /** The whole anneal of some samples with one energy a window. */
  async function anneal(
    first: number,
    count: number,
    shared: Sampler | undefined,
    onSteps: (done: number) => void,
  ): Promise<void> {
    let start: Float32Array | "mean" = "mean";
    let stepsBefore = 0;
    for (const [at, { levels, numSteps }] of plan.stretches.entries()) {
      const done = stepsBefore * count;
      const sampler = shared ?? (await createSampler(plan.target(first, at)));
      try {
        const run: Draws = await sampler.run(
          {
            kernel: options.kernel ?? "ou",
            stepSize: options.stepSize,
            seed: derivedSeed(plan.key, at),
            numChains: count,
            firstChain: first,
            numBurnIn: 0,
            numDraws: 1,
            thinning: numSteps,
            start,
            schedule: levels,
          },
          { ...(hooks.signal && { signal: hooks.signal }), onProgress: (progress) => onSteps(done + progress.done) },
        );
        start = run.positions;
        stepsBefore += numSteps;
        addRun(draws, run, first, numSteps / plan.numSteps);
      } finally {
        if (sampler !== shared) await sampler.dispose();
      }
    }
  }

  const shared = isShared && plan.stretches.length === 1 ? await createSampler(plan.target(0)) : undefined;
  try {
    for (let first = 0; first < numSamples; first += samplesPerRun) {
      const count = Math.min(samplesPerRun, numSamples - first);
      // Samples with patterns of their own have energies of their own.
      const parts = isShared
        ? [{ from: first, size: count }]
        : Array.from({ length: count }, (_, i) => ({ from: first + i, size: 1 }));
      const steps = new Float64Array(parts.length);
      const anneals = parts.map(({ from, size }, part) =>
        anneal(from, size, shared, (done) => {
          steps[part] = done;
          hooks.onProgress?.({ done: first * plan.numSteps + steps.reduce((sum, each) => sum + each, 0), total });
        }),
      );
      try {
        await Promise.all(anneals);
      } finally {
        await Promise.allSettled(anneals);
      }
      hooks.onDraws?.({ draws, draw: 0, firstChain: first, numChains: count });
    }
    return draws;
  } finally {
    await shared?.dispose();
  }
}

/** Puts a run's read-outs in their place, over those of an earlier window; acceptance is averaged over the steps. */
function addRun(draws: ReturnType<typeof createDraws>, run: Draws, first: number, share: number): void {
  draws.positions.set(run.positions, first * draws.dim);
  draws.retrievals.set(run.retrievals, first * draws.dim);
  draws.energy.set(run.energy, first);
  draws.attentionEntropy.set(run.attentionEntropy, first);
  draws.maxCosine.set(run.maxCosine, first);
  for (let chain = 0; chain < run.numChains; chain++) {
    draws.acceptanceRate[first + chain]! += share * run.acceptanceRate[chain]!;
    draws.meanLogRatio[first + chain]! += share * run.meanLogRatio[chain]!;
  }
  draws.numNonFinite += run.numNonFinite;
}
