/** The noise control: whether samples at generation are more than noise of the same moments. */
import { isotropicGaussian, matchedGaussian } from "../baselines/noise-controls.ts";
import { classMemory, ofClass } from "./data.ts";
import type { Experiment, Row } from "./experiment.ts";
import {
  chainLaw,
  lawCounts,
  memoryDifferences,
  methodRows,
  printedRow,
  quantities,
  type PrintedRow,
} from "./image-table.ts";
import { basinVariance } from "./law.ts";
import {
  exactDraws,
  figuresOf,
  observed,
  partSeed,
  publishedChains,
  publishedStepSize,
  rowsOf,
  sampled,
} from "./measure.ts";
import { closedForm, published, row } from "./verdict.ts";

const beta = 200;
const numShown = 16;

const table: Readonly<
  Record<
    "sa" | "matched" | "isotropic",
    { readonly printed: PrintedRow; readonly maxCosine: string; readonly frechet: string }
  >
> = {
  sa: { printed: printedRow("0.547", "0.885", "1.47"), maxCosine: "0.453", frechet: "2.81" },
  matched: { printed: printedRow("0.672", "0.878", "1.78"), maxCosine: "0.328", frechet: "2.86" },
  isotropic: { printed: printedRow("0.943", "1.000", "2.34"), maxCosine: "0.057", frechet: "3.91" },
};
const frechetName = "diagonal Fréchet distance to the memory";

export const noiseControl: Experiment<"digits"> = {
  name: "noise-control",
  title: "Samples against noise of the same moments",
  source: "noise control, appendix",
  section: "6.2",
  protocol:
    `The first 100 threes of MNIST's training set; ula, α = 0.01, β = ${beta}, 30 chains of 5000 steps; independent normals ` +
    "with the samples' mean and variance in every pixel; isotropic normals at their mean norm. The Fréchet distance is of " +
    "normals with diagonal covariance, Σ (μ − μ′)² + (σ − σ′)², to the memory.",
  quickExpectation: "the samples and the controls have the novelty of their closed forms",
  revision: 1,
  needs: ["digits"],
  async run({ digits: { train } }, context) {
    const numPatterns = context.isQuick ? 30 : 100;
    const memory = classMemory(train, 3, numPatterns);
    const target = { memory, beta };
    const chains = publishedChains(context);
    const differences = memoryDifferences({ images: train, indices: ofClass(train, 3) }, numPatterns);
    const sa = await sampled(context, "SA", target, {
      ...chains,
      kernel: "ula",
      stepSize: publishedStepSize,
      start: "pattern",
    });
    const options = {
      reference: sa.draws.positions,
      numSamples: chains.numChains * chains.numDraws,
      signal: context.signal,
    };
    const controlled = async (subject: string, control: typeof matchedGaussian) =>
      observed(target, await control(memory, { ...options, seed: partSeed(context, subject) }), chains.numChains);
    const variance = basinVariance("ula", beta, publishedStepSize);
    const law = await exactDraws(context, "exact law", target, lawCounts(context), 1 / variance);
    const sets = [
      { subject: `SA, β = ${beta}`, set: sa, ...table.sa, expected: await chainLaw(context, sa, "ula") },
      {
        subject: "normals matched per pixel",
        set: await controlled("matched", matchedGaussian),
        ...table.matched,
        expected: {},
      },
      {
        subject: "isotropic normals",
        set: await controlled("isotropic", isotropicGaussian),
        ...table.isotropic,
        expected: { diversity: closedForm("1: directions without preference", 1, 0) },
      },
    ];
    const rows: Row[] = sets.flatMap(({ subject, set, printed, maxCosine, frechet, expected }) => {
      const figures = figuresOf(set);
      const memoryDependent = subject === "isotropic normals" ? {} : { diversity: differences.chains(beta) };
      const ofMean = { amount: 0.02, why: "set by the mean of 100 images that are not known" };
      const isMatched = subject === "normals matched per pixel";
      return [
        ...methodRows(subject, figures, printed, expected, {
          ...memoryDependent,
          ...(isMatched && { novelty: ofMean, energy: { ...ofMean, amount: 0.05 } }),
        }),
        row({
          subject,
          quantity: quantities.maxCosine,
          published: published(maxCosine),
          ...figures.maxCosine,
          ...(isMatched && { dataDifference: ofMean }),
        }),
        row({
          subject,
          quantity: frechetName,
          published: published(frechet),
          mean: diagonalFrechet(set.draws.positions, memory.values, memory.dim),
          se: null,
          dataDifference: { amount: 0.15, why: "another set of 100 images, whose blank pixels weigh most" },
          ...(subject.startsWith("SA") && {
            expected: closedForm(
              "the same of exact draws",
              diagonalFrechet(law.draws.positions, memory.values, memory.dim),
              0.2,
            ),
          }),
        }),
      ];
    });
    return {
      rows,
      figures: [],
      pictures: [
        {
          name: "noise-control",
          title: "Samples and noise of the same moments",
          subtitle: `Threes, β = ${beta}; ${numShown} samples each, all at one brightness, cut off at black and white.`,
          imageShape: { height: train.height, width: train.width },
          numColumns: numShown,
          sections: sets.map(({ subject, set: { draws } }) => ({
            heading: `${subject}: ${subject.startsWith("SA") ? "ξ" : "samples"}`,
            cells: rowsOf(draws.positions, draws, numShown).map((cell) => cell.map((x) => 6 * x)),
          })),
        },
      ],
      notes: [],
    };
  },
};

/** Squared Fréchet distance of normals with diagonal covariance. */
function diagonalFrechet(a: Float32Array, b: Float32Array, dim: number): number {
  const [first, second] = [moments(a, dim), moments(b, dim)];
  let sum = 0;
  for (let i = 0; i < dim; i++)
    sum += (first.mean[i]! - second.mean[i]!) ** 2 + (first.deviation[i]! - second.deviation[i]!) ** 2;
  return sum;
}

function moments(vectors: Float32Array, dim: number): { mean: Float64Array; deviation: Float64Array } {
  const count = vectors.length / dim;
  const mean = new Float64Array(dim);
  for (const [at, value] of vectors.entries()) mean[at % dim]! += value / count;
  const variance = new Float64Array(dim);
  for (const [at, value] of vectors.entries()) variance[at % dim]! += (value - mean[at % dim]!) ** 2 / (count - 1);
  return { mean, deviation: variance.map(Math.sqrt) };
}
