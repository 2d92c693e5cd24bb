/**
 * What is measured: a table of cases, each with the kernels that it is measured for, flattened into jobs. A job is plain
 * data, so that it crosses into a page or a child process, and its memory is made where it is needed.
 */
import {
  builtinFaces,
  createMemoryMatrix,
  fillNormals,
  purposes,
  type KernelName,
  type MemoryMatrix,
  type Patches,
} from "../../src/index.ts";

/** In which space chains step; `patches` have a path of their own. */
export type SpaceName = "direct" | "collapsed" | "patches";

interface BenchCase {
  readonly id: string;
  /** What its row stands for. */
  readonly title: string;
  /** `sizes` make the table of engines, `dimension` the plot of cost against d. */
  readonly group: "sizes" | "dimension" | "patches";
  /** Built-in faces of this side in pixels, or random unit patterns. */
  readonly memory: { readonly faceSize: number } | "random";
  readonly dim: number;
  readonly numPatterns: number;
  readonly numChains: number;
  readonly beta: number;
  readonly patches?: Patches;
  readonly kernels: readonly MeasuredKernel[];
  readonly spaces: readonly SpaceName[];
  /** Steps between kept draws of collapsed chains at least. */
  readonly collapsedThinning: number;
  /** Also measured in a browser. */
  readonly isInBrowser?: boolean;
}

/** At these step sizes: the published one, and ones that accept often at the cases' temperatures. */
const stepSizes = { ula: 0.01, mala: 0.02, "ou-mala": 0.5, ou: 0.4 } as const satisfies Partial<
  Record<KernelName, number>
>;
export type MeasuredKernel = keyof typeof stepSizes;

export interface Job extends Omit<BenchCase, "kernels"> {
  readonly kernel: MeasuredKernel;
  readonly stepSize: number;
}

/**
 * Read-outs of collapsed chains cost as much as many of their steps. Draws lie one autocorrelation time of the published step
 * apart, (1 + ρ)/(1 − ρ) = 199 with ρ = 1 − α = 0.99: any closer say little more. Where it is a step's cost alone that is
 * looked at, they lie so far apart that read-outs, whose cost grows with d, are few.
 */
const collapsedThinning = { readOut: 200, stepsAlone: 2000 } as const;

const langevinKernels = ["ula", "mala", "ou-mala"] as const;
const bothSpaces = ["direct", "collapsed"] as const;

function faces(size: number, numChains: number, title: string, extra: Partial<BenchCase> = {}): BenchCase {
  const dim = size * size;
  return {
    id: `${dim}-100-${numChains}`,
    title,
    group: "sizes",
    memory: { faceSize: size },
    dim,
    numPatterns: 100,
    numChains,
    beta: size >= 64 ? 1e4 : 2000,
    kernels: langevinKernels,
    spaces: bothSpaces,
    collapsedThinning: collapsedThinning.readOut,
    ...extra,
  };
}

const dimensionCase: Partial<BenchCase> = {
  group: "dimension",
  beta: 1e4,
  kernels: ["ula"],
  collapsedThinning: collapsedThinning.stepsAlone,
};

/** Pictures of the patterns of the published image runs, and random patterns in place of returns. */
const cases: readonly BenchCase[] = [
  faces(64, 256, "the face job", { isInBrowser: true }),
  faces(64, 1024, "many faces"),
  faces(28, 30, "the published digit run"),
  faces(28, 512, "many digits", { isInBrowser: true }),
  {
    ...faces(0, 64, "equities: more patterns than dimensions"),
    id: "424-2766-64",
    memory: "random",
    dim: 424,
    numPatterns: 2766,
    beta: 25,
    spaces: ["direct"],
  },
  {
    ...faces(0, 1024, "a small memory"),
    id: "64-16-1024",
    memory: "random",
    dim: 64,
    numPatterns: 16,
    beta: 25,
  },
  ...[32, 45, 64, 91, 128].map((size) => faces(size, 32, "cost against d", dimensionCase)),
  faces(28, 64, "28 × 28 pixels, windows of 11", {
    id: "784-100-64-patches-11",
    group: "patches",
    patches: { height: 28, width: 28, window: 11 },
    kernels: ["ou"],
    spaces: ["patches"],
  }),
  // What a step costs is to depend on the windows' size by the padding alone.
  ...[13, 25].map((window) =>
    faces(64, 16, `64 × 64 pixels, windows of ${window}`, {
      id: `4096-100-16-patches-${window}`,
      group: "patches",
      patches: { height: 64, width: 64, window },
      kernels: ["ou"],
      spaces: ["patches"],
    }),
  ),
];

/** All jobs, in the order in which they run. */
export const jobs: readonly Job[] = cases.flatMap(({ kernels, ...rest }) =>
  kernels.map((kernel) => ({ ...rest, id: `${rest.id}-${kernel}`, kernel, stepSize: stepSizes[kernel] })),
);

/** Remembers what was made last: the contestants of a job ask for the same, one after the other. */
export function lastOnly<T>(make: (job: Job) => T): (job: Job) => T {
  let last: { readonly key: string; readonly made: T } | undefined;
  return (job) => {
    const key = JSON.stringify([job.memory, job.dim, job.numPatterns]);
    if (last?.key !== key) last = { key, made: make(job) };
    return last.made;
  };
}

/** The job's patterns, the same wherever they are made. */
export const jobMemory = lastOnly(({ memory, dim, numPatterns }): MemoryMatrix => {
  if (memory === "random") {
    const values = fillNormals(0, 0, purposes.data, [1, 0], new Float64Array(numPatterns * dim));
    return createMemoryMatrix(values, { numPatterns, dim });
  }
  const { pixels } = builtinFaces({ size: memory.faceSize, numIdentities: numPatterns / 10 });
  return createMemoryMatrix(Float32Array.from(pixels), { numPatterns, dim });
});

/**
 * Floating-point operations of one chain's step in its two products with the patterns, unpadded; null for patches, whose
 * window sums are counted otherwise.
 */
export function flopsPerChainStep({ dim, numPatterns }: Job, space: SpaceName): number | null {
  if (space === "patches") return null;
  return 4 * numPatterns * (space === "direct" ? dim : Math.min(dim, numPatterns));
}

/**
 * The least bytes that a direct step of all chains moves in float32: the patterns once, every state in and out once.
 * Collapsed steps can stay where they are; null for them and for patches.
 */
export function leastBytesPerStep({ dim, numPatterns, numChains }: Job, space: SpaceName): number | null {
  return space === "direct" ? 4 * numPatterns * dim + 8 * numChains * dim : null;
}
