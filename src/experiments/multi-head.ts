/** The published multi-head sampler: principal directions dealt to heads, each sampled on its own. */
import { principalHeads, sampleMultiHead } from "../methods/multi-head.ts";
import { fillNormals } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { requireSeed } from "../core/checks.ts";
import type { HopfieldTarget } from "../core/types.ts";
import { classMemory } from "./data.ts";
import type { Expected, Experiment, ExperimentContext, Row, Sampled } from "./experiment.ts";
import { print, quantities } from "./image-table.ts";
import { basinVariance, noiseNovelty, oneBasinEachDiversity } from "./law.ts";
import {
  figuresOf,
  observed,
  partHooks,
  partSeed,
  publishedChains,
  publishedStepSize,
  rowsOf,
  sampled,
  type ChainOptions,
  type Figures,
} from "./measure.ts";
import { published, row } from "./verdict.ts";

const beta = 200;
const numShown = 16;

const table = [
  { heads: 1, patterns: 100, n: "0.547", d: "0.885", cosine: "0.453" },
  { heads: 1, patterns: 500, n: "0.548", d: "0.892", cosine: "0.452" },
  { heads: 1, patterns: 1000, n: "0.548", d: "0.892", cosine: "0.452" },
  { heads: 2, patterns: 100, n: "0.175", d: "0.307", cosine: "0.825" },
  { heads: 4, patterns: 100, n: "0.187", d: "0.291", cosine: "0.815" },
  { heads: 5, patterns: 100, n: "0.196", d: "0.263", cosine: "0.804" },
  { heads: 4, patterns: 500, n: "0.391", d: "0.475", cosine: "0.609" },
  { heads: 4, patterns: 1000, n: "0.469", d: "0.582", cosine: "0.531" },
] as const;
const quickRows = 2;
/** Percent of the memory's variance in each of four heads at K = 100. */
const variancePercent = ["81.2", "12.6", "4.5", "1.6"];

const otherDirections =
  "outside what the law leaves to the heads of these threes, whether they keep to one pattern or are independent; which " +
  "directions the paper deals where there are more patterns than dimensions is not known";

const otherImages = {
  amount: 0.03,
  why: "the principal directions of 100 other threes; the data difference of a head's share is not known more closely",
};

export const multiHead: Experiment<"digits"> = {
  name: "multi-head",
  title: "Several heads",
  source: "multi-head appendix",
  section: "6.2",
  protocol:
    `The first threes of MNIST's training set; ula, α = 0.01, β = ${beta}, 30 chains of 5000 steps, which start all their ` +
    "heads at one pattern. The projections are the published ones. The law of several heads is a range: from heads that all " +
    "keep to the pattern of their start, to heads that have forgotten it and are independent.",
  quickExpectation: "with one head the novelty is the noise floor, with two it is within the range of the law",
  revision: 2,
  needs: ["digits"],
  async run({ digits: { train } }, context) {
    const rows: Row[] = [];
    const sections: { heading: string; cells: readonly Float32Array[] }[] = [];
    const setups = context.isQuick ? [table[0], table[3]].slice(0, quickRows) : table;
    for (const { heads: numHeads, patterns, n, d, cosine } of setups) {
      const numPatterns = context.isQuick ? 30 : patterns;
      const memory = classMemory(train, 3, numPatterns);
      const subject = `H = ${numHeads}, K = ${patterns}`;
      const target = { memory, beta };
      const options: ChainOptions = {
        ...publishedChains(context),
        kernel: "ula",
        stepSize: publishedStepSize,
        start: "pattern",
      };
      const run =
        numHeads === 1
          ? await sampled(context, subject, target, options)
          : {
              target,
              draws: await context.keep(subject, async () => {
                const all = { ...options, numHeads, seed: partSeed(context, subject) };
                return (await sampleMultiHead(context.createSampler, target, all, partHooks(context, subject))).draws;
              }),
            };
      const figures = figuresOf(run);
      const variance = basinVariance("ula", beta, publishedStepSize);
      const floor = noiseNovelty(memory.dim, variance, "β(1 − α/2)");
      const law =
        numHeads === 1
          ? {
              novelty: floor,
              diversity: oneBasinEachDiversity(memory, variance, run.draws),
              maxCosine: { ...floor, value: 1 - floor.value, source: `1 − (${floor.source})` },
            }
          : await lawOfHeads(context, subject, target, numHeads, variance);
      // More patterns than dimensions leave directions without variance, which may be dealt or not.
      const reason = numHeads > 1 && patterns > memory.dim && { reason: otherDirections };
      rows.push(
        row({
          subject,
          quantity: quantities.novelty,
          published: print(n)!,
          expected: law.novelty,
          ...figures.novelty,
          ...reason,
          ...(numHeads > 1 && { dataDifference: otherImages }),
        }),
        row({
          subject,
          quantity: quantities.diversity,
          published: print(d)!,
          expected: law.diversity,
          ...figures.diversity,
          dataDifference: otherImages,
        }),
        row({
          subject,
          quantity: quantities.maxCosine,
          published: print(cosine)!,
          expected: law.maxCosine,
          ...figures.maxCosine,
          ...reason,
          ...(numHeads > 1 && { dataDifference: otherImages }),
        }),
      );
      sections.push({ heading: `${subject}: ξ`, cells: rowsOf(run.draws.positions, run.draws, numShown) });
    }
    const memory = classMemory(train, 3, context.isQuick ? 30 : 100);
    const shares = principalHeads(memory, { numHeads: variancePercent.length }).heads.map((each) => each.varianceShare);
    rows.push(
      ...shares.map((share, h) =>
        row({
          subject: `head ${h + 1} of ${shares.length}, K = 100`,
          quantity: "share of the variance, %",
          published: published(variancePercent[h]!),
          mean: 100 * share,
          se: null,
          dataDifference: { amount: 2, why: "the principal directions of 100 other threes" },
        }),
      ),
    );
    return {
      rows,
      figures: [],
      pictures: [
        {
          name: "multi-head",
          title: "Samples of several heads",
          subtitle: `Threes, β = ${beta}; 16 of 30 chains, all at one brightness, cut off at black and white.`,
          imageShape: { height: train.height, width: train.width },
          numColumns: numShown,
          sections: sections.map(({ heading, cells }) => ({
            heading,
            cells: cells.map((cell) => cell.map((x) => 6 * x)),
          })),
        },
      ],
      notes: [
        "The fall of the novelty from one head to several is not a gain in fidelity by heads that know of each other: parts " +
          "are added at unit length each, so that the signal grows with the number of heads while noise outside the span of " +
          "the memory is left out.",
      ],
    };
  },
};

/** Exact draws of either end of the range: some hundreds of chains of one draw. */
const numLawDraws = { quick: 100, full: 600 } as const;
/** Which patterns 30 chains start at is chance that errors over chains show; what else the ends leave out is small. */
const diversityTolerance = 0.01;

/** What lies between heads that keep to one pattern and heads that are independent. */
async function lawOfHeads(
  context: ExperimentContext,
  part: string,
  target: HopfieldTarget,
  numHeads: number,
  variance: number,
): Promise<Record<"novelty" | "diversity" | "maxCosine", Expected>> {
  const keeping = figuresOf(ofOnePattern(context, `${part}, one pattern`, target, numHeads, variance));
  const mixed = figuresOf(await independentHeads(context, `${part}, independent`, target, numHeads, variance));
  const between = (key: keyof Figures, tolerance = 0): Expected => {
    const [a, b] = [keeping[key], mixed[key]];
    return {
      value: (a.mean + b.mean) / 2,
      se: Math.max(a.se ?? 0, b.se ?? 0),
      tolerance: Math.abs(a.mean - b.mean) / 2 + tolerance,
      source: `between ${a.mean.toFixed(3)}, heads that keep to one pattern, and ${b.mean.toFixed(3)}, independent ones: exact draws, variance of ula`,
      sense: "equal",
    };
  };
  return {
    novelty: between("novelty"),
    diversity: between("diversity", diversityTolerance),
    maxCosine: between("maxCosine"),
  };
}

/** Draws of the law of every head by itself. */
async function independentHeads(
  context: ExperimentContext,
  part: string,
  { memory, beta: own }: HopfieldTarget,
  numHeads: number,
  variance: number,
): Promise<Sampled> {
  const options = { kernel: "exact", stepSize: 1, numBurnIn: 0, numDraws: 1, thinning: 1, start: "exact" } as const;
  const numChains = lawDraws(context);
  const { draws } = await sampleMultiHead(
    context.createSampler,
    { memory, beta: 1 / variance },
    { ...options, numChains, numHeads, seed: partSeed(context, part) },
    partHooks(context, part),
  );
  return observed({ memory, beta: own }, draws.positions, numChains);
}

/** The patterns in turn, put together from their parts, with the noise of every head. */
function ofOnePattern(
  context: ExperimentContext,
  part: string,
  target: HopfieldTarget,
  numHeads: number,
  variance: number,
): Sampled {
  const { memory } = target;
  const { mean, heads } = principalHeads(memory, { numHeads });
  const key = requireSeed("seed", partSeed(context, part));
  const numChains = lawDraws(context);
  const positions = new Float32Array(numChains * memory.dim);
  for (let n = 0; n < numChains; n++) {
    const whole = mean.slice();
    for (const [h, { directions, memory: parts, scale }] of heads.entries()) {
      const noise = fillNormals(n, h, purposes.data, key, new Float64Array(parts.dim));
      const first = (n % memory.numPatterns) * parts.dim;
      for (const [j, direction] of directions.entries()) {
        const amount = scale * (parts.values[first + j]! + Math.sqrt(variance) * noise[j]!);
        for (const [i, value] of direction.entries()) whole[i]! += amount * value;
      }
    }
    positions.set(whole, n * memory.dim);
  }
  return observed(target, positions, numChains);
}

function lawDraws({ isQuick }: ExperimentContext): number {
  return numLawDraws[isQuick ? "quick" : "full"];
}
