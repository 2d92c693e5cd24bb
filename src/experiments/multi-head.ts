/** The published multi-head sampler: principal directions dealt to heads, each sampled on its own. */
import { principalHeads, principalNoveltyFloor, sampleMultiHead } from "../methods/multi-head.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { classMemory } from "./data.ts";
import type { Experiment, ExperimentContext, Row } from "./experiment.ts";
import { print, quantities } from "./image-table.ts";
import { basinVariance, noiseNovelty, oneBasinEachDiversity } from "./law.ts";
import {
  figuresOf,
  partHooks,
  partSeed,
  publishedChains,
  publishedStepSize,
  rowsOf,
  sampled,
  type ChainOptions,
} from "./measure.ts";
import { closedForm, published, row } from "./verdict.ts";

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
    `The first threes of MNIST's training set; ula, α = 0.01, β = ${beta}, 30 chains of 5000 steps; of 2000 with 500 patterns ` +
    "and more, whose steps cost most and whose burn-in of 1000 is still ten times the memory of a step. The projections are " +
    "the published ones.",
  quickExpectation: "with one head the novelty is the noise floor, with two it is that of the parts put together",
  revision: 1,
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
        ...chainsFor(patterns, context),
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
      const floor =
        numHeads === 1 ? noiseNovelty(memory.dim, variance, "β(1 − α/2)") : floorOfHeads(memory, numHeads, variance);
      rows.push(
        row({
          subject,
          quantity: quantities.novelty,
          published: print(n)!,
          expected: floor,
          ...figures.novelty,
          ...(numHeads > 1 && { dataDifference: otherImages }),
        }),
        row({
          subject,
          quantity: quantities.diversity,
          published: print(d)!,
          ...(numHeads === 1 && { expected: oneBasinEachDiversity(memory, variance, run.draws) }),
          ...figures.diversity,
          dataDifference: otherImages,
        }),
        row({
          subject,
          quantity: quantities.maxCosine,
          published: print(cosine)!,
          expected: { ...floor, value: 1 - floor.value, source: `1 − (${floor.source})` },
          ...figures.maxCosine,
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

function chainsFor(numPatterns: number, context: ExperimentContext) {
  const chains = publishedChains(context);
  return context.isQuick || numPatterns < 500 ? chains : { ...chains, numBurnIn: 1000, thinning: 200 };
}

function floorOfHeads(memory: MemoryMatrix, numHeads: number, variance: number) {
  return closedForm(
    "1 − 1/√(1 + noise²/signal²) of the parts",
    principalNoveltyFloor(principalHeads(memory, { numHeads }), 1 / variance),
    headTolerance,
  );
}

/** The floor takes one signal for all patterns, and the memory has none of a whole that parts of unit length make. */
const headTolerance = 0.15;
