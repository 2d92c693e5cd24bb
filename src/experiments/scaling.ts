/** Scaling: how the inflection and the samples there change with the number of patterns. */
import { ddpm } from "../baselines/ddpm.ts";
import { inflectionGridRule } from "../temperature/inflection.ts";
import { novelty } from "../metrics/novelty.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { keptSamples, libraryAbsent } from "./baseline-rows.ts";
import { classMemory } from "./data.ts";
import type { Expected, Experiment, ExperimentContext, Row } from "./experiment.ts";
import { lawCounts, print, quantities } from "./image-table.ts";
import { basinVariance, memoryOfSteps } from "./law.ts";
import {
  estimateOf,
  exactDraws,
  figuresOf,
  publishedChains,
  publishedStepSize,
  sampledNow,
  type ChainCounts,
  type Figures,
} from "./measure.ts";
import { lawMean, published, row } from "./verdict.ts";

const table = [
  { patterns: 100, beta: 9, at: ["0.874", "0.993", "0.126"], beyond: ["0.763", "0.969", "0.237"], ddpm: "0.061" },
  { patterns: 500, beta: 13, at: ["0.851", "0.991", "0.149"], beyond: ["0.722", "0.955", "0.278"], ddpm: "0.073" },
  { patterns: 1000, beta: 15, at: ["0.839", "0.989", "0.161"], beyond: ["0.697", "0.949", "0.303"], ddpm: "0.078" },
  { patterns: 2000, beta: 18, at: ["0.827", "0.987", "0.173"], beyond: ["0.673", "0.940", "0.327"], ddpm: "0.086" },
  { patterns: 3500, beta: 18, at: ["0.825", "0.987", "0.175"], beyond: ["0.673", "0.944", "0.327"], ddpm: "0.090" },
] as const;
/** Epochs times patterns of every diffusion model: a tenth of the published 5000 epochs of 100 patterns. */
const trainingWork = 500 * 100;
/** The temperature of generation, in units of the inflection. */
const beyondFactor = 5;
/** Above it chains are shorter than published. */
const mostPatternsAtFullLength = 500;

export const scaling: Experiment<"digits"> = {
  name: "scaling",
  title: "Scaling in the number of patterns",
  source: "scaling in K, appendix",
  section: "6.2",
  protocol:
    "The first threes of MNIST's training set; ula, α = 0.01, 30 chains at the published β* and at 5β*, β* by the published " +
    "grid rule; 5000 steps up to 500 patterns and 1000 beyond, 500 of them burn-in, because the time of a step grows with K " +
    "and its memory does not: it is 100 steps, so that burn-in leaves e⁻⁵ of the start. The five draws of such a chain are " +
    "100 steps apart and have e⁻¹ of their noise in common, which the law of their diversity counts. Diffusion models are " +
    "trained for 5·10⁴ pattern-epochs at every K, a tenth of the published training at K = 100 and less beyond: on two cores " +
    "more would take hours. The digit-3 table has one of full length.",
  quickExpectation: "samples at β* and 5β* agree with the exact law",
  revision: 2,
  needs: ["digits"],
  async run({ digits: { train } }, context) {
    const rows: Row[] = [];
    const absent = new Set<string>();
    const curves: { patterns: number; at: Figures; beyond: Figures }[] = [];
    for (const entry of context.isQuick ? table.slice(0, 1) : table) {
      const numPatterns = context.isQuick ? 40 : entry.patterns;
      const memory = classMemory(train, 3, numPatterns);
      const gridStep = 1.19;
      rows.push(
        row({
          subject: `K = ${entry.patterns}`,
          quantity: "β*, published grid rule",
          published: published(String(entry.beta)),
          mean: inflectionGridRule(memory),
          se: null,
          dataDifference: {
            amount: entry.beta * (gridStep - 1),
            why: "a step of the grid on which it is read off, with 100 other threes",
          },
        }),
      );
      const figures: Figures[] = [];
      for (const [label, beta, printed] of [
        ["β*", entry.beta, entry.at],
        ["5β*", beyondFactor * entry.beta, entry.beyond],
      ] as const) {
        const subject = `K = ${entry.patterns}, ${label} = ${beta}`;
        const target = { memory, beta };
        const variance = basinVariance("ula", beta, publishedStepSize);
        const chains = chainsFor(entry.patterns, context);
        const own = await context.keep(subject, async () =>
          figuresOf(
            await sampledNow(context, subject, target, {
              ...chains,
              kernel: "ula",
              stepSize: publishedStepSize,
              start: "pattern",
            }),
          ),
        );
        figures.push(own);
        const law = figuresOf(
          await exactDraws(context, `${subject}, exact law`, target, lawCounts(context), 1 / variance),
        );
        const source = "exact draws, variance of ula";
        const shared = sharedNoise(memory.dim, variance, chains);
        const otherThrees = { amount: 0.005, why: "other threes than the published ones, which are not known" };
        for (const [key, text] of [
          ["novelty", printed[0]],
          ["diversity", printed[1]],
          ["maxCosine", printed[2]],
        ] as const)
          rows.push(
            row({
              subject,
              quantity: quantities[key],
              published: print(text)!,
              expected:
                key === "diversity"
                  ? withSharedNoise(lawMean(source, law.diversity, 0.006), shared)
                  : lawMean(source, law[key], 0.002),
              ...own[key],
              dataDifference:
                key === "diversity" && isShortened(entry.patterns, context)
                  ? { amount: otherThrees.amount + shared, why: `${otherThrees.why}, and shorter chains` }
                  : otherThrees,
            }),
          );
      }
      curves.push({ patterns: entry.patterns, at: figures[0]!, beyond: figures[1]! });
      const diffusion = await diffusionRow(context, memory, entry.patterns, entry.ddpm);
      if (diffusion === undefined) absent.add(`The diffusion models are left out: ${libraryAbsent}.`);
      else rows.push(diffusion);
    }
    const counts = curves.map(({ patterns }) => patterns);
    return {
      rows,
      pictures: [],
      figures:
        curves.length < 2
          ? []
          : [
              {
                kind: "lines",
                name: "scaling",
                title: "Novelty over the number of patterns",
                subtitle: "Threes, d = 784; ula, α = 0.01. Lines: published.",
                xLabel: "patterns K",
                xScale: "log",
                panels: [
                  {
                    heading: quantities.novelty,
                    series: [
                      { label: "β*, published", x: counts, y: table.map(({ at }) => Number(at[0])) },
                      { label: "5β*, published", x: counts, y: table.map(({ beyond }) => Number(beyond[0])) },
                      { label: "β*", x: counts, y: curves.map(({ at }) => at.novelty.mean), kind: "points" },
                      { label: "5β*", x: counts, y: curves.map(({ beyond }) => beyond.novelty.mean), kind: "points" },
                    ],
                  },
                ],
              },
            ],
      notes: [...absent],
    };
  },
};

function isShortened(numPatterns: number, { isQuick }: ExperimentContext): boolean {
  return !isQuick && numPatterns > mostPatternsAtFullLength;
}

function chainsFor(numPatterns: number, context: ExperimentContext): ChainCounts {
  const chains = publishedChains(context);
  return isShortened(numPatterns, context) ? { ...chains, numBurnIn: 500, thinning: 100 } : chains;
}

/** What the pairs of draws that are of one chain add to the mean cosine of all pairs: steps keep some noise. */
function sharedNoise(dim: number, variance: number, { numChains, numDraws, thinning }: ChainCounts): number {
  const ofOneChain = (numDraws - 1) / (numChains * numDraws - 1);
  return ofOneChain * memoryOfSteps(dim, variance, { numDraws, thinning, stepSize: publishedStepSize });
}

/** The diversity of independent draws, less what draws of one chain have in common. */
function withSharedNoise(law: Expected, shared: number): Expected {
  return { ...law, value: law.value - shared, source: `${law.source}, less what draws of a chain share` };
}

async function diffusionRow(
  context: ExperimentContext,
  memory: MemoryMatrix,
  patterns: number,
  printed: string,
): Promise<Row | undefined> {
  const subject = `DDPM, K = ${patterns}`;
  const { numChains, numDraws } = publishedChains(context);
  const numEpochs = context.isQuick ? 2 : Math.round(trainingWork / patterns);
  const samples = await keptSamples(context, subject, (options) =>
    ddpm(memory, {
      ...options,
      numSamples: numChains * numDraws,
      numEpochs,
      ...(context.isQuick && { numLevels: 10 }),
    }),
  );
  if (samples === undefined) return undefined;
  return row({
    subject,
    quantity: quantities.maxCosine,
    published: published(printed),
    ...estimateOf(novelty(memory, samples).map((value) => 1 - value)),
    dataDifference: { amount: 0.02, why: "a shorter training, on other threes" },
    reason: "even a tenth of the published training learns more than the published samples show",
  });
}
