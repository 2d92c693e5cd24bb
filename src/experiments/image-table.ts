/**
 * Novelty, diversity and energy of every method on one memory of images: what tables 1, 2, 3 and 7 have in common. The
 * rows of the law are closed forms, the same for every data set.
 */
import type { MemoryMatrix } from "../core/types.ts";
import { novelty } from "../metrics/novelty.ts";
import { temperatureCurves } from "../temperature/recommendation.ts";
import { choiceDifference, type Pool } from "./data-difference.ts";
import type { DataDifference, Expected, ExperimentContext, Published, Row, Sampled } from "./experiment.ts";
import { basinVariance, meanCosine, noiseEnergy, noiseNovelty, oneBasinEachDiversity } from "./law.ts";
import { exactDraws, figuresOf, publishedStepSize, type Figures } from "./measure.ts";
import { closedForm, lawMean, published, row } from "./verdict.ts";

/** Novelty, diversity and energy as printed; null where none was. */
export type PrintedRow = readonly [
  novelty: Published | undefined,
  diversity: Published | undefined,
  energy: Published | undefined,
];

export const quantities = {
  novelty: "N, novelty of ξ",
  diversity: "D, diversity of ξ, pooled",
  withinChain: "D, diversity of ξ, within a chain",
  energy: "Ē, energy of ξ",
  maxCosine: "largest cosine of ξ",
  denoised: "novelty of T(ξ), the clean readout",
  acceptance: "acceptance rate",
} as const;

/** "0.152 ± 0.001" cut into its parts; undefined for an empty text. */
export function print(text: string): Published | undefined {
  if (text === "") return undefined;
  const [value, se] = text.split("±").map((part) => part.trim());
  return published(value!, se);
}

/** The three figures of a row of a table. */
export function printedRow(noveltyText: string, diversityText: string, energyText: string): PrintedRow {
  return [print(noveltyText), print(diversityText), print(energyText)];
}

interface Sides {
  readonly novelty?: Expected;
  readonly diversity?: Expected;
  readonly energy?: Expected;
}

interface Differences {
  readonly novelty?: DataDifference | undefined;
  readonly diversity?: DataDifference | undefined;
  readonly energy?: DataDifference | undefined;
}

/** The three rows of one method. */
export function methodRows(
  subject: string,
  { novelty: n, diversity: d, energy: e }: Figures,
  [printedNovelty, printedDiversity, printedEnergy]: PrintedRow,
  expected: Sides,
  differences: Differences = {},
  reasons: { readonly novelty?: string; readonly diversity?: string; readonly energy?: string } = {},
): Row[] {
  const one = (
    quantity: string,
    estimate: Figures["novelty"],
    printedFigure: Published | undefined,
    key: keyof Sides,
  ): Row =>
    row({
      subject,
      quantity,
      ...estimate,
      ...(printedFigure && { published: printedFigure }),
      ...(expected[key] && { expected: expected[key] }),
      ...(differences[key] && { dataDifference: differences[key] }),
      ...(reasons[key] !== undefined && { reason: reasons[key] }),
    });
  return [
    one(quantities.novelty, n, printedNovelty, "novelty"),
    one(quantities.diversity, d, printedDiversity, "diversity"),
    one(quantities.energy, e, printedEnergy, "energy"),
  ];
}

/** Below this β patterns compete, so that draws of the law speak instead of formulas for one basin. */
const oneBasinFrom = 1000;

/**
 * What the law says of chains that each stay with a pattern of their own.
 * @param kernel whose variance the law has: `ula` keeps one of its own
 */
export async function chainLaw(
  context: ExperimentContext,
  { target, draws }: Sampled,
  kernel: "ula" | "mala",
  stepSize = publishedStepSize,
): Promise<Sides> {
  const { memory, beta } = target;
  const variance = basinVariance(kernel, beta, stepSize);
  const diversity = oneBasinEachDiversity(memory, variance, draws);
  const symbol = kernel === "ula" ? "β(1 − α/2)" : "β";
  if (beta >= oneBasinFrom)
    return {
      novelty: noiseNovelty(memory.dim, variance, symbol),
      diversity,
      energy: noiseEnergy(memory.dim, variance, symbol),
    };
  const { novelty: n, energy: e } = figuresOf(
    await exactDraws(context, `exact law, β = ${beta}`, target, lawCounts(context), 1 / variance),
  );
  const source = kernel === "ula" ? "exact draws, variance of ula" : "exact draws";
  return { novelty: lawMean(source, n), diversity, energy: lawMean(source, e) };
}

/** Draws that stand for the law: their error is small beside that of 150 draws of chains. */
export function lawCounts({ isQuick }: ExperimentContext) {
  return { numChains: 100, numDraws: isQuick ? 5 : 20 };
}

/** What the law says of independent draws of it. */
export function independentLaw({ memory, beta }: Sampled["target"]): Sides {
  const variance = 1 / beta;
  return {
    novelty: noiseNovelty(memory.dim, variance),
    diversity: closedForm("1 − ‖m̄‖²/(1 + d/β)", 1 - meanCosine(memory) / (1 + memory.dim * variance), 3 / memory.dim),
    energy: noiseEnergy(memory.dim, variance),
  };
}

/** The novelty of T(ξ) beside that of exact draws. */
export function denoisedRow(subject: string, sampled: Sampled, figures: Figures): Row {
  const { memory, beta } = sampled.target;
  const [value] = temperatureCurves(memory, [beta], { seed: 0 }).denoisedNovelty;
  return row({
    subject,
    quantity: quantities.denoised,
    expected: closedForm("128 exact draws", value!, 0.002 + 0.1 * value!),
    ...figures.denoised,
  });
}

/** Images that every published memory of the table has; a quick run takes fewer. */
const numPublished = 100;

/** Distances between two choices of the memory, for what depends on it. */
export function memoryDifferences(pool: Pool, numPatterns: number) {
  const why = `the published ${numPublished} images are not known: 3 standard deviations over choices from ${pool.indices.length}`;
  const choose = (count: number, figure: (memory: MemoryMatrix) => number): DataDifference =>
    choiceDifference(pool, count, why, figure);
  const ofMean = (memory: MemoryMatrix): { squaredNorm: number; cosine: number } => {
    const { values, numPatterns: count, dim } = memory;
    const sum = new Float32Array(dim);
    for (const [at, value] of values.entries()) sum[at % dim]! += value / count;
    return { squaredNorm: sum.reduce((s, x) => s + x * x, 0), cosine: 1 - novelty(memory, sum)[0]! };
  };
  const { height, width } = pool.images;
  const scaled = ({ amount, why: reason }: DataDifference, scale: number): DataDifference => ({
    amount: amount * scale,
    why: reason,
  });
  const cosine = choose(numPatterns, meanCosine);
  return {
    /** Of the mean cosine of the memory. */
    cosine,
    /** Of the diversity of chains in noise at β. Which of the patterns they start at is chance, which their errors show. */
    chains: (beta: number) => scaled(cosine, 1 / (1 + (height * width) / beta)),
    /** Of what lies near the mean image. */
    mean: {
      novelty: choose(numPatterns, (memory) => 1 - ofMean(memory).cosine),
      energy: choose(numPatterns, (memory) => {
        const { squaredNorm, cosine: top } = ofMean(memory);
        return squaredNorm / 2 - top * Math.sqrt(squaredNorm);
      }),
    },
  };
}
