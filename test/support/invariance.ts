/**
 * The main gate of every kernel on every engine (design: exact invariance and reversibility). Chains start from exact
 * draws of the law, take a few steps, and must still follow the law: means of paired differences are zero, and for a
 * reversible kernel so are means of f(x₀)g(xₙ) − g(x₀)f(xₙ). Imports nothing but the library, so that a page can run it.
 */
import {
  attentionWeights,
  createReferenceSampler,
  energy,
  type CollapseName,
  type HopfieldTarget,
  type KernelName,
  type Sampler,
} from "../../src/index.ts";

export interface Score {
  readonly name: string;
  /** Mean over chains divided by its standard error: a standard normal if the kernel is right. */
  readonly z: number;
}

export interface GateOptions {
  readonly kernel: KernelName;
  readonly stepSize: number;
  readonly numChains: number;
  readonly numSteps: number;
  readonly seed: number;
  /** Off by default, so that the gate looks at the direct path. */
  readonly collapse?: CollapseName;
  readonly circulation?: number;
  /** Draws of the law, [numChains, dim], where the exact kernel cannot make them. */
  readonly start?: Float32Array;
}

/** |z| that a right kernel exceeds once in 150 000 scores; seeds are fixed, so a pass is a pass. */
export const gateLimit = 4.5;

/** Enough chains and large enough steps for the weakest mutant (the gradient term dropped in ou-mala) to score 10. */
export const gateDefaults = { numChains: 16_384, numSteps: 4, seed: 20_261_121 } as const;

/** The step at which each kernel is put to the gate: large, so that errors of the ratio show. */
export function gateStepSize(kernel: KernelName): number {
  return kernel === "ou" || kernel === "ou-mala" ? 1 : 0.6;
}

type Statistic = "squaredNorm" | "energy" | "maxAttention" | "coordinate" | "neighbour";
type Statistics = Readonly<Record<Statistic, Float64Array>>;

function statistics(target: HopfieldTarget, positions: Float32Array): Statistics {
  const { dim } = target.memory;
  const numChains = positions.length / dim;
  const rows = Array.from({ length: numChains }, (_, c) => positions.subarray(c * dim, (c + 1) * dim));
  const map = (f: (row: Float32Array) => number): Float64Array => Float64Array.from(rows, f);
  return {
    squaredNorm: map((row) => row.reduce((sum, x) => sum + x * x, 0)),
    energy: map((row) => energy(target, row)),
    maxAttention: map((row) => Math.max(...attentionWeights(target, row))),
    coordinate: map((row) => row[0]!),
    neighbour: map((row) => row[1]!),
  };
}

function score(name: string, values: Float64Array): Score {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { name, z: mean / Math.sqrt(variance / values.length) };
}

/** Independent draws of a mixture, [numDraws, dim]. */
export async function exactDraws(target: HopfieldTarget, numDraws: number, seed: number): Promise<Float32Array> {
  const { positions } = await createReferenceSampler(target).run({
    kernel: "exact",
    stepSize: 1,
    seed,
    numChains: numDraws,
    numBurnIn: 0,
    numDraws: 1,
    thinning: 1,
    start: "exact",
  });
  return positions;
}

/** Runs the gate and gives every score; a kernel passes if all |z| stay below `gateLimit`. */
export async function invarianceScores(sampler: Sampler, options: GateOptions): Promise<readonly Score[]> {
  const { target } = sampler;
  const { kernel, stepSize, numChains, numSteps, seed } = options;
  const start = options.start ?? (await exactDraws(target, numChains, seed + 1));
  const { positions: end } = await sampler.run({
    kernel,
    stepSize,
    seed,
    numChains,
    numBurnIn: 0,
    numDraws: 1,
    thinning: numSteps,
    start,
    collapse: options.collapse ?? "off",
    ...(options.circulation !== undefined && { circulation: options.circulation }),
  });
  const before = statistics(target, start);
  const after = statistics(target, end);
  const names = Object.keys(before) as Statistic[];

  const invariance = names.map((name) =>
    score(
      `invariance of ${name}`,
      after[name].map((value, c) => value - before[name][c]!),
    ),
  );
  const pairs = names.flatMap((f, i) => names.slice(i + 1).map((g) => [f, g] as const));
  // Centred by the start's mean, which changes nothing in expectation and much in variance.
  const centre = (values: Float64Array, around: Float64Array): Float64Array => {
    const mean = around.reduce((sum, value) => sum + value, 0) / around.length;
    return values.map((value) => value - mean);
  };
  const reversibility = pairs.map(([f, g]) => {
    const f0 = centre(before[f], before[f]);
    const g0 = centre(before[g], before[g]);
    const fn = centre(after[f], before[f]);
    const gn = centre(after[g], before[g]);
    return score(
      `reversibility of ${f} and ${g}`,
      f0.map((value, c) => value * gn[c]! - g0[c]! * fn[c]!),
    );
  });
  return [...invariance, ...reversibility, independence(start, end, target.memory.dim)];
}

/** Displacements of neighbouring chains must be uncorrelated: chains that share noise keep the law and still fail. */
function independence(start: Float32Array, end: Float32Array, dim: number): Score {
  const displacement = end.map((x, i) => x - start[i]!);
  const numPairs = Math.floor(displacement.length / dim / 2);
  const products = Float64Array.from({ length: numPairs }, (_, pair) => {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += displacement[2 * pair * dim + i]! * displacement[(2 * pair + 1) * dim + i]!;
    return sum;
  });
  return score("independence of chains", products);
}

/** The score farthest from zero; NaN counts as farthest. */
export function worst(scores: readonly Score[]): Score {
  return scores.reduce((a, b) => (Number.isNaN(a.z) || Math.abs(a.z) >= Math.abs(b.z) ? a : b));
}
