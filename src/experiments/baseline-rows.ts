/** The rows of the baselines, the same for every table of images. */
import type { Baseline } from "../baselines/baseline.ts";
import { bootstrap } from "../baselines/bootstrap.ts";
import { convexCombination } from "../baselines/convex-combination.ts";
import { ddpm } from "../baselines/ddpm.ts";
import { gaussianPerturbation } from "../baselines/gaussian-perturbation.ts";
import { gmmPca } from "../baselines/gmm-pca.ts";
import { vae } from "../baselines/vae.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Draws, HopfieldTarget } from "../core/types.ts";
import type { DataDifference, Expected, ExperimentContext, Row } from "./experiment.ts";
import { methodRows, type memoryDifferences, type PrintedRow } from "./image-table.ts";
import { distinctCosine, meanCosine, noiseEnergy, noiseNovelty } from "./law.ts";
import { figuresOf, observed, partHooks, partSeed, publishedStepSize } from "./measure.ts";
import { closedForm } from "./verdict.ts";

export type BaselineName = "bootstrap" | "gaussian" | "convex" | "gmm-pca" | "vae" | "ddpm";
export type PrintedBaselines = Readonly<Partial<Record<BaselineName, PrintedRow>>>;

/** Samples are grouped as those of chains are, for their standard errors. */
const groupSize = 5;
/** Enough to run through a training, and for nothing else. */
const quickEpochs = 3;

interface Plan {
  readonly subject: string;
  readonly expected: { readonly novelty?: Expected; readonly diversity?: Expected; readonly energy?: Expected };
  readonly differences: {
    readonly novelty?: DataDifference;
    readonly diversity?: DataDifference;
    readonly energy?: DataDifference;
  };
  readonly reason?: string;
}

/** A baseline as published, or cut short in a quick run. */
function samplerOf(name: BaselineName, { beta }: HopfieldTarget, isQuick: boolean): Baseline {
  switch (name) {
    case "bootstrap":
      return bootstrap;
    case "gaussian":
      return (memory, options) => gaussianPerturbation(memory, { ...options, beta, stepSize: publishedStepSize });
    case "convex":
      return convexCombination;
    case "gmm-pca":
      return async (memory, options) => gmmPca(memory, options);
    case "vae":
      return (memory, options) =>
        vae(memory, {
          ...options,
          ...(isQuick && { numReconstructionEpochs: quickEpochs, numAnnealingEpochs: quickEpochs }),
        });
    default:
      return (memory, options) =>
        ddpm(memory, { ...options, ...(isQuick && { numEpochs: quickEpochs, numLevels: 20 }) });
  }
}

/** Samples of a baseline, [numSamples, dim]; undefined if the library that trains it is not installed. */
export async function baselineSamples(
  context: ExperimentContext,
  target: HopfieldTarget,
  name: BaselineName,
  numSamples: number,
): Promise<Float32Array | undefined> {
  const sample = samplerOf(name, target, context.isQuick);
  return keptSamples(context, name, async (options) => sample(target.memory, { ...options, numSamples }));
}

/** Runs and keeps a baseline; undefined if the library that trains it is not installed. */
export async function keptSamples(
  context: ExperimentContext,
  part: string,
  sample: (options: Pick<Parameters<Baseline>[1], "seed" | "signal" | "onProgress">) => Promise<Float32Array>,
): Promise<Float32Array | undefined> {
  try {
    const { positions } = await context.keep(part, async () => {
      const { signal, onProgress } = partHooks(context, part);
      return { positions: await sample({ seed: partSeed(context, part), signal, onProgress }) };
    });
    return positions;
  } catch (error) {
    if (error instanceof ArgumentError && error.parameter === trainingLibrary) return undefined;
    throw error;
  }
}

const trainingLibrary = "@jax-js/jax";

/** Said where a baseline has no rows. */
export const libraryAbsent = `its library, ${trainingLibrary}, is not installed`;

/**
 * Rows and samples of the baselines that were printed, in their order.
 * @param reasons why figures part from the print, for baselines that have none of their own
 */
export async function baselineRows(
  context: ExperimentContext,
  target: HopfieldTarget,
  printed: PrintedBaselines,
  differences: ReturnType<typeof memoryDifferences>,
  numSamples: number,
  reasons: Readonly<Partial<Record<BaselineName, string>>> = {},
): Promise<{
  readonly rows: Row[];
  readonly sets: readonly { readonly subject: string; readonly samples: Draws }[];
  readonly notes: readonly string[];
}> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const sets: { subject: string; samples: Draws }[] = [];
  for (const [name, printedRow] of Object.entries(printed) as [BaselineName, PrintedRow][]) {
    const { subject, expected, differences: own, reason = reasons[name] } = planOf(name, target, differences);
    const positions = await baselineSamples(context, target, name, numSamples);
    if (positions === undefined) {
      notes.push(`${subject} is left out: ${libraryAbsent}.`);
      continue;
    }
    const set = observed(target, positions, numSamples / groupSize);
    const whys = reason === undefined ? {} : { novelty: reason, diversity: reason, energy: reason };
    rows.push(...methodRows(subject, figuresOf(set), printedRow, expected, own, whys));
    sets.push({ subject, samples: set.draws });
  }
  return { rows, sets, notes };
}

/** One training from another start on other images; the paper's errors are of samples of one model. */
function ofTraining(amount: number): DataDifference {
  return { amount, why: "one training on other images and from another start, which errors over samples do not show" };
}

function planOf(
  name: BaselineName,
  { memory, beta }: HopfieldTarget,
  differences: ReturnType<typeof memoryDifferences>,
): Plan {
  const { dim, numPatterns } = memory;
  const step = (2 * publishedStepSize) / beta;
  const square = meanCosine(memory);
  // log K / β at most, of patterns that are near each other.
  const competition = Math.log(numPatterns) / beta;
  switch (name) {
    case "bootstrap":
      return {
        subject: "bootstrap",
        expected: {
          novelty: closedForm("0: copies", 0),
          diversity: closedForm("1 − ‖m̄‖²", 1 - square),
          energy: closedForm("−½", -0.5, competition),
        },
        differences: { diversity: differences.cosine },
      };
    case "gaussian":
      return {
        subject: "Gaussian perturbation",
        expected: {
          novelty: noiseNovelty(dim, step, "(β/2α)"),
          diversity: closedForm("1 − ‖m̄‖²/(1 + 2αd/β)", 1 - square / (1 + dim * step)),
          energy: noiseEnergy(dim, step, "(β/2α)", competition),
        },
        differences: { diversity: differences.cosine },
      };
    case "convex": {
      // E‖Xw‖² under flat Dirichlet weights, over the product of two independent ones.
      const { same, cross } = dirichletMoments(numPatterns, square, distinctCosine(memory));
      return {
        subject: "random convex combination",
        expected: { diversity: closedForm("1 − ‖m̄‖²/E‖Xw‖²", 1 - cross / same, 0.002) },
        differences: {
          novelty: differences.mean.novelty,
          energy: differences.mean.energy,
          diversity: { amount: 0.002, why: "moves with the mean cosine of the memory" },
        },
      };
    }
    case "gmm-pca":
      return {
        subject: "GMM-PCA",
        expected: {},
        differences: { novelty: ofTraining(0.03), diversity: ofTraining(0.04), energy: ofTraining(0.03) },
      };
    case "vae":
      return {
        subject: "VAE, latent 8",
        expected: {},
        differences: { novelty: ofTraining(0.04), diversity: ofTraining(0.06), energy: ofTraining(0.04) },
      };
    default:
      return {
        subject: "DDPM, T = 200",
        expected: {},
        differences: { novelty: ofTraining(0.02), diversity: ofTraining(0.02), energy: ofTraining(0.02) },
        reason: "a diffusion model of this width and length of training may yet learn: the paper's samples are noise",
      };
  }
}

/** E[x·y] of convex combinations with flat Dirichlet weights, of one with itself and of two independent ones. */
function dirichletMoments(numPatterns: number, square: number, distinct: number): { same: number; cross: number } {
  // E[w_j w_k] = (1 + [j = k])/(K(K + 1))
  const same = (2 * numPatterns + numPatterns * (numPatterns - 1) * distinct) / (numPatterns * (numPatterns + 1));
  return { same, cross: square };
}
