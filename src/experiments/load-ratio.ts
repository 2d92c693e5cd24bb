/** Figure 3: where attention settles on one pattern, over memory load and β. */
import { mean } from "../metrics/chain-mean.ts";
import type { MemoryMatrix } from "../core/types.ts";
import type { Experiment, ExperimentContext } from "./experiment.ts";
import { basinVariance } from "./law.ts";
import { estimateOf, exactDraws, logSpaced, publishedStepSize, sampledNow } from "./measure.ts";
import { bound, closedForm, row } from "./verdict.ts";

/** C of every memory at every β. */
interface Column {
  /** [betas.length][memories.length] */
  readonly ula: readonly (readonly number[])[];
  readonly exact: readonly (readonly number[])[];
}

export const loadRatio: Experiment<"spheres"> = {
  name: "load-ratio",
  title: "Phase diagram of load and temperature",
  source: "Figure 3, appendix D",
  section: "6.1",
  protocol:
    "d = 64; ten loads K/d from 0.05 to 2, 20 β from 0.5 to 100, five memories each; ula, α = 0.01, one chain of 10⁴ " +
    "steps, 2000 of them burn-in, every twentieth looked at. C = 1 − H/log K.",
  quickExpectation: "the concentration agrees with the exact law, and half of it is reached later at a higher load",
  revision: 1,
  needs: ["spheres"],
  async run({ spheres }, context) {
    const { isQuick } = context;
    const loads = isQuick ? [spheres.load[0]!, spheres.load.at(-1)!].map((each) => each.slice(0, 2)) : spheres.load;
    const betas = logSpaced(0.5, 100, isQuick ? 5 : 20);
    const { dim } = loads[0]![0]!;
    const columns: Column[] = [];
    for (const memories of loads)
      columns.push(
        await context.keep(`K = ${memories[0]!.numPatterns}`, () => concentrations(memories, betas, context)),
      );
    const ratios = loads.map((memories) => memories[0]!.numPatterns / dim);
    const half = columns.map(({ ula }) => crossing(betas, ula.map(average)));
    const halfOfLaw = columns.map(({ exact }) => crossing(betas, exact.map(average)));
    return {
      rows: [
        ...columns.flatMap(({ ula, exact }, i) => {
          const memories = loads[i]!;
          // The law of each memory is held against its own chain: memories differ more than chains on one of them.
          const gaps = betas.flatMap((_, b) => memories.map((__, k) => ula[b]![k]! - exact[b]![k]!));
          return [
            row({
              subject: `K/d = ${ratios[i]!.toFixed(2)}`,
              quantity: "C of the chains minus C of the exact law, mean over β",
              expected: closedForm("0", 0, isQuick ? 0.02 : 0.005),
              ...estimateOf(gaps),
            }),
            row({
              subject: `K/d = ${ratios[i]!.toFixed(2)}`,
              quantity: "β at which C = 0.5",
              expected: closedForm("where exact draws have it", halfOfLaw[i]!, halfOfLaw[i]! * (isQuick ? 0.4 : 0.08)),
              mean: half[i]!,
              se: null,
            }),
          ];
        }),
        row({
          subject: "paper's claim",
          quantity: "rank correlation of load and the β of C = 0.5",
          expected: bound("atLeast", "a higher load takes a higher β", isQuick ? 0.99 : 0.9),
          mean: rankCorrelation(ratios, half),
          se: null,
        }),
      ],
      pictures: [],
      figures: [
        {
          kind: "heat",
          name: "load-ratio",
          title: "Attention concentration C = 1 − H/log K",
          subtitle: `d = ${dim}; mean over ${loads[0]!.length} memories; ula, α = 0.01.`,
          xLabel: "memory load K/d",
          yLabel: "inverse temperature β",
          valueLabel: "C",
          x: ratios,
          y: betas,
          values: betas.map((_, b) => columns.map(({ ula }) => average(ula[b]!))),
          contours: [
            { label: "C = 0.5", x: ratios, y: half },
            { label: "C = 0.5, exact law", x: ratios, y: halfOfLaw },
          ],
        },
      ],
      notes: [],
    };
  },
};

async function concentrations(
  memories: readonly MemoryMatrix[],
  betas: readonly number[],
  context: ExperimentContext,
): Promise<Column> {
  const { isQuick } = context;
  const ula: number[][] = [];
  const exact: number[][] = [];
  for (const beta of betas) {
    const [chains, law]: [number[], number[]] = [[], []];
    for (const [k, memory] of memories.entries()) {
      const part = `K = ${memory.numPatterns}, β = ${beta.toPrecision(3)}, memory ${k + 1}`;
      const { draws } = await sampledNow(
        context,
        part,
        { memory, beta },
        {
          kernel: "ula",
          stepSize: publishedStepSize,
          numChains: 1,
          numBurnIn: isQuick ? 500 : 2000,
          numDraws: isQuick ? 150 : 400,
          thinning: 20,
          start: "pattern",
        },
      );
      chains.push(1 - mean(draws.attentionEntropy) / Math.log(memory.numPatterns));
      const counts = { numChains: 1, numDraws: isQuick ? 300 : 1000 };
      const kept = 1 / basinVariance("ula", beta, publishedStepSize);
      const { draws: drawn } = await exactDraws(context, `${part}, exact law`, { memory, beta }, counts, kept);
      law.push(1 - mean(drawn.attentionEntropy) / Math.log(memory.numPatterns));
    }
    ula.push(chains);
    exact.push(law);
  }
  return { ula, exact };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** β at which the concentration rises through a half, between points by their logarithms. */
function crossing(betas: readonly number[], concentration: readonly number[]): number {
  const after = concentration.findIndex((value) => value >= 0.5);
  if (after < 1) return Number.NaN;
  const [a, b] = [concentration[after - 1]!, concentration[after]!];
  return betas[after - 1]! * (betas[after]! / betas[after - 1]!) ** ((0.5 - a) / (b - a));
}

/** Spearman's, for values without ties. */
function rankCorrelation(x: readonly number[], y: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] =>
    values.map((value) => values.filter((other) => other < value).length);
  const [a, b] = [ranks(x), ranks(y)];
  const n = x.length;
  const squares = a.reduce((sum, rank, i) => sum + (rank - b[i]!) ** 2, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}
