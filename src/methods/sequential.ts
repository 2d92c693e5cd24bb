/**
 * Sequential sampling (paper, Algorithm 3): a chain that goes on from where the last output left it, T_inner steps per
 * output, each endpoint projected to raw units. With a path of β the law may change from output to output.
 */
import { isLangevin } from "../core/langevin.ts";
import { keptPatterns, stackTarget } from "../core/attention-stack.ts";
import { describe, requireCount, requirePositive } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Draws, HopfieldTarget, RunHooks, SampleOptions, ScheduleLevel } from "../core/types.ts";
import { createAttention } from "../reference/attention.ts";
import type { CreateSampler } from "./create-sampler.ts";

export interface SequenceOptions extends Pick<SampleOptions, "kernel" | "stepSize" | "seed" | "numChains" | "start"> {
  /** Outputs of each chain. */
  readonly numOutputs: number;
  /** T_inner: steps from one output to the next. */
  readonly stepsPerOutput: number;
  /** Steps before the first output's own; 0 by default. */
  readonly numBurnIn?: number;
  /** β during the steps of each output, [numOutputs]; the target's own by default. Burn-in runs at the first. */
  readonly betaPath?: ArrayLike<number>;
  /** The patterns in raw units, before they were centred and scaled, [numPatterns, rawDim]; the memory by default. */
  readonly rawPatterns?: Float32Array;
}

export interface SequenceResult {
  /** The endpoints, one a draw; energies and readouts are those of the β of their output. */
  readonly draws: Draws;
  /** ĝ = M_raw softmax(β Xᵀξ), [numChains, numOutputs, rawDim] */
  readonly series: Float32Array;
  readonly rawDim: number;
}

/**
 * @param createSampler engine to use; the sampler made with it is disposed at the end
 * @throws ArgumentError before any work if an option breaks its rule, or for a target with heads or patches
 */
export async function sampleSequence(
  createSampler: CreateSampler,
  target: HopfieldTarget,
  options: SequenceOptions,
  hooks: RunHooks = {},
): Promise<SequenceResult> {
  const { kernel, stepSize, seed, numChains, start, numBurnIn = 0 } = options;
  if (target.heads !== undefined)
    throw new ArgumentError("target.heads", "must be left out: the weights of several heads project to no one pattern");
  if (target.patches !== undefined)
    throw new ArgumentError("target.patches", "must be left out: every window has weights of its own");
  stackTarget(target);
  const numOutputs = requireCount("numOutputs", options.numOutputs, 1);
  const stepsPerOutput = requireCount("stepsPerOutput", options.stepsPerOutput, 1);
  requireCount("numBurnIn", numBurnIn);
  if (!isLangevin(kernel) && kernel !== "gibbs")
    throw new ArgumentError(
      "kernel",
      `must be one that goes on from where it was, got ${describe(kernel)}`,
      "independent draws make no sequence",
    );
  const rawPatterns = requireRawPatterns(target, options.rawPatterns);
  const betas = requireBetaPath(target, options);

  await using sampler = await createSampler(target);
  const draws = await sampler.run(
    {
      kernel,
      stepSize,
      seed,
      numChains,
      numBurnIn,
      numDraws: numOutputs,
      thinning: stepsPerOutput,
      start,
      schedule: pathSchedule(betas, stepsPerOutput, numBurnIn),
    },
    hooks,
  );
  return projectSequence(target, draws, { betaPath: betas, rawPatterns });
}

function requireRawPatterns({ memory }: HopfieldTarget, rawPatterns = memory.values): Float32Array {
  const { numPatterns } = memory;
  if (rawPatterns.length === 0 || rawPatterns.length % numPatterns !== 0)
    throw new ArgumentError(
      "rawPatterns",
      `length must be a multiple of the ${numPatterns} patterns, got ${rawPatterns.length}`,
      "pass the same patterns in the same order as in the memory",
    );
  return rawPatterns;
}

/** β of every output, [numOutputs]. */
function requireBetaPath(target: HopfieldTarget, { betaPath, numOutputs }: SequenceOptions): readonly number[] {
  if (betaPath === undefined) return Array.from({ length: numOutputs }, () => target.beta);
  if (betaPath.length !== numOutputs)
    throw new ArgumentError("betaPath", `must have one β for each of ${numOutputs} outputs, got ${betaPath.length}`);
  return Array.from(betaPath, (beta, t) => requirePositive(`betaPath[${t}]`, beta));
}

/** Outputs in a row at one β share a level. */
function pathSchedule(betas: readonly number[], stepsPerOutput: number, numBurnIn: number): readonly ScheduleLevel[] {
  const levels: { numSteps: number; beta: number }[] = [];
  for (const beta of betas) {
    const last = levels.at(-1);
    if (last?.beta === beta) last.numSteps += stepsPerOutput;
    else levels.push({ numSteps: stepsPerOutput + (last === undefined ? numBurnIn : 0), beta });
  }
  return levels;
}

/**
 * Endpoints in raw units: what `sampleSequence` does at its end, for the outputs that an interrupted one has finished.
 * @param options of the sequence; β is that of the first `draws.numDraws` outputs
 */
export function projectSequence(
  target: HopfieldTarget,
  draws: Draws,
  { betaPath, rawPatterns = target.memory.values }: Pick<SequenceOptions, "betaPath" | "rawPatterns">,
): SequenceResult {
  const { numChains, numDraws, dim, positions } = draws;
  const attention = createAttention(stackTarget(target));
  const kept = keptPatterns(target);
  const state = attention.createState();
  const rawDim = rawPatterns.length / target.memory.numPatterns;
  const series = new Float32Array(numChains * numDraws * rawDim);
  const output = new Float64Array(rawDim);
  for (let row = 0; row < numChains * numDraws; row++) {
    state.position.set(positions.subarray(row * dim, (row + 1) * dim));
    attention.attend(betaPath?.[row % numDraws] ?? target.beta, state);
    output.fill(0);
    for (const [i, k] of kept.entries()) {
      const weight = state.attention[i]!;
      if (weight === 0) continue;
      for (let j = 0; j < rawDim; j++) output[j]! += weight * rawPatterns[k * rawDim + j]!;
    }
    series.set(output, row * rawDim);
  }
  return { draws, series, rawDim };
}
