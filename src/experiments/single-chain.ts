/** Table 5 and figure 7: what one chain does by itself, and whether it ever leaves the pattern that it started at. */
import { fillNormals } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { requireSeed } from "../core/checks.ts";
import { nearestPatterns } from "../metrics/novelty.ts";
import { classMemory } from "./data.ts";
import type { Experiment, Row, Sampled } from "./experiment.ts";
import { denoisedRow, lawCounts, print, quantities } from "./image-table.ts";
import { basinVariance, memoryOfSteps, noiseEnergy, withinBasinDiversity } from "./law.ts";
import { exactDraws, figuresOf, partSeed, publishedStepSize, rowsOf, sampled } from "./measure.ts";
import { lawMean, row } from "./verdict.ts";

const digit = 3;
/** Stretches of the chain that stand for independent chains in the standard errors. */
const numBatches = 10;
const numShown = 12;
const patternsVisited = "patterns that T(ξ) is nearest to, over the whole chain";

const table = [
  { beta: 2000, novelty: "0.153", diversity: "0.282 ± 0.001", energy: "-0.300", maxCosine: "0.847", claim: undefined },
  {
    beta: 200,
    novelty: "0.551 ± 0.001",
    diversity: "0.796 ± 0.002",
    energy: "1.5",
    maxCosine: "0.449 ± 0.001",
    claim: "the chain spontaneously crosses energy barriers",
  },
  {
    beta: 50,
    novelty: "0.756 ± 0.002",
    diversity: "0.967 ± 0.002",
    energy: "7.4",
    maxCosine: "0.244 ± 0.002",
    claim: "the chain is fully diffuse",
  },
] as const;

export const singleChain: Experiment<"digits"> = {
  name: "single-chain",
  title: "One chain by itself",
  source: "Table 5, figure 7, appendix F",
  section: "6.2",
  protocol:
    "The first 100 threes of MNIST's training set; one chain of ula from the first pattern + 0.01 ε, α = 0.01, 5·10⁴ " +
    "steps, 10⁴ of them burn-in, every 100th kept: 400 samples. Standard errors are over ten stretches of the chain.",
  quickExpectation: "at β = 2000 and 200 the chain has the diversity of one basin and never leaves its pattern",
  revision: 1,
  needs: ["digits"],
  disputes: [
    {
      paper: "At β = 200 a single chain crosses energy barriers by itself, which its diversity shows.",
      law:
        "Noise around one pattern has that diversity, 1 − 1/(1 + d/β). The clean readouts count the patterns that the chain " +
        "came to in all its 5·10⁴ steps.",
      shownBy: [
        { subject: "one chain, β = 200", quantity: quantities.withinChain },
        { subject: "one chain, β = 200", quantity: patternsVisited },
        { subject: "independent draws of the law, β = 200", quantity: quantities.diversity },
      ],
    },
  ],
  async run({ digits: { train } }, context) {
    const { isQuick } = context;
    const memory = classMemory(train, digit, isQuick ? 30 : 100);
    const rows: Row[] = [];
    const sections: { heading: string; cells: readonly Float32Array[] }[] = [];
    const looks = { numDraws: isQuick ? 50 : 400, thinning: 100, stepSize: publishedStepSize };
    for (const { beta, novelty, diversity, energy, maxCosine, claim } of table) {
      const subject = `one chain, β = ${beta}`;
      const target = { memory, beta };
      const run = await sampled(context, subject, target, {
        kernel: "ula",
        ...looks,
        numChains: 1,
        numBurnIn: isQuick ? 500 : 10_000,
        start: firstPattern(partSeed(context, "start"), memory.values.subarray(0, memory.dim)),
      });
      const figures = figuresOf(inBatches(run));
      const variance = basinVariance("ula", beta, publishedStepSize);
      const law = figuresOf(
        await exactDraws(context, `exact law of β = ${beta}`, target, lawCounts(context), 1 / variance),
      );
      const visited = new Set(nearestPatterns(memory, run.draws.retrievals).index);
      const staysPut = beta >= 200;
      const source = "exact draws, variance of ula";
      rows.push(
        row({
          subject,
          quantity: quantities.novelty,
          published: print(novelty)!,
          expected: lawMean(source, law.novelty, 0.003),
          ...figures.novelty,
        }),
        row({
          subject,
          quantity: quantities.withinChain,
          published: print(diversity)!,
          expected: staysPut
            ? withinBasinDiversity(memory.dim, variance, looks)
            : lawMean(
                "exact draws, variance of ula, less what steps remember",
                {
                  mean: law.diversity.mean - memoryOfSteps(memory.dim, variance, looks),
                  se: law.diversity.se,
                },
                0.01,
              ),
          ...figures.diversity,
        }),
        row({
          subject,
          quantity: quantities.energy,
          published: print(energy)!,
          expected: staysPut ? noiseEnergy(memory.dim, variance, "β(1 − α/2)", 0.002) : lawMean(source, law.energy),
          ...figures.energy,
          ...(beta === 2000 && { reason: "the paper's own 30 chains have −0.303 at this β, in table 1" }),
        }),
        row({
          subject,
          quantity: quantities.maxCosine,
          published: print(maxCosine)!,
          expected: lawMean(source, law.maxCosine, 0.003),
          ...figures.maxCosine,
        }),
        row({
          subject,
          quantity: patternsVisited,
          mean: visited.size,
          se: null,
          reason: `of ${memory.numPatterns}${claim === undefined ? "" : `; the paper: “${claim}”`}`,
        }),
        row({
          subject: `independent draws of the law, β = ${beta}`,
          quantity: quantities.diversity,
          ...law.diversity,
          reason: "what a chain that comes to all patterns would show",
        }),
        denoisedRow(subject, run, figures),
      );
      sections.push(
        { heading: `${subject}: ξ`, cells: evenly(run, "positions") },
        { heading: `${subject}: T(ξ), the clean readout`, cells: evenly(run, "retrievals") },
      );
    }
    return {
      rows,
      figures: [],
      pictures: [
        {
          name: "single-chain",
          title: "One chain, from beginning to end",
          subtitle: `${numShown} samples evenly spaced along the chain; all at one brightness, cut off at black and white.`,
          imageShape: { height: train.height, width: train.width },
          numColumns: numShown,
          sections: sections.map(({ heading, cells }) => ({
            heading,
            cells: cells.map((cell) => cell.map((x) => 6 * x)),
          })),
        },
      ],
      notes: [
        "Diversity within a chain does not show that it travels: noise around one pattern has a diversity of 1 − 1/(1 + d/β), " +
          "which is the published 0.282 at β = 2000 and 0.796 at β = 200, where the paper sees barriers crossed. The clean " +
          "readouts say which patterns a chain came to: at these β it stays with its pattern or the nearest neighbours of it.",
      ],
    };
  },
};

/** The published start: the first pattern + 0.01 ε. */
function firstPattern(seed: bigint, pattern: Float32Array): Float32Array {
  const noise = fillNormals(0, 0, purposes.startNoise, requireSeed("seed", seed), new Float64Array(pattern.length));
  return pattern.map((value, i) => value + 0.01 * noise[i]!);
}

/** The same draws, as those of several shorter chains. */
function inBatches({ target, draws }: Sampled): Sampled {
  return {
    target,
    draws: {
      ...draws,
      numChains: numBatches,
      numDraws: draws.numDraws / numBatches,
      acceptanceRate: new Float64Array(numBatches).fill(draws.acceptanceRate[0]!),
    },
  };
}

function evenly({ draws }: Sampled, what: "positions" | "retrievals"): Float32Array[] {
  const batches = { ...draws, numChains: numShown, numDraws: Math.floor(draws.numDraws / numShown) };
  return rowsOf(draws[what].subarray(0, batches.numChains * batches.numDraws * draws.dim), batches, numShown);
}
