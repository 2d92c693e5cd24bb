/** Figure 1a: from disorder to retrieval as β grows, on random unit patterns. */
import { mean, type Estimate } from "../metrics/chain-mean.ts";
import { inflectionRoots } from "../temperature/inflection.ts";
import type { MemoryMatrix } from "../core/types.ts";
import type { Experiment } from "./experiment.ts";
import { basinVariance, noiseNovelty } from "./law.ts";
import { estimateOf, exactDraws, logSpaced, publishedStepSize, sampledNow } from "./measure.ts";
import { closedForm, lawMean, published, row } from "./verdict.ts";

/** Where the published text names a value. */
const low = 0.01;
const settled = 25;
const high = 1000;

/** Means over memories of what one chain on each of them shows. */
interface Point {
  readonly beta: number;
  readonly maxCosine: Estimate;
  /** Nats. */
  readonly entropy: Estimate;
}

export const temperatureSpectrum: Experiment<"spheres"> = {
  name: "temperature-spectrum",
  title: "Temperature spectrum of random patterns",
  source: "Figure 1a, section 5",
  section: "6.1",
  protocol:
    "K = 16 unit patterns in d = 64; ula, α = 0.01, 10⁴ steps at each of 25 β from 0.01 to 1000, 2000 of them burn-in. " +
    "One chain on each of five memories, every tenth step looked at: standard errors are over memories.",
  quickExpectation: "cosine and entropy agree with the exact law at three temperatures",
  revision: 1,
  needs: ["spheres"],
  async run({ spheres }, context) {
    const { isQuick } = context;
    const memories = isQuick ? spheres.spectrum.slice(0, 3) : spheres.spectrum;
    const { dim, numPatterns } = memories[0]!;
    const betas = [
      ...new Set(
        [...(isQuick ? [] : logSpaced(low, high, 25)), low, settled, high].map((b) => Number(b.toPrecision(8))),
      ),
    ].sort((a, b) => a - b);
    const numDraws = isQuick ? 200 : 800;
    const points: Point[] = [];
    const law: Point[] = [];
    for (const beta of betas) {
      points.push(
        await context.keep(`β = ${beta}`, () =>
          overMemories(memories, beta, (memory, k) =>
            sampledNow(
              context,
              `β = ${beta}, memory ${k + 1}`,
              { memory, beta },
              {
                kernel: "ula",
                stepSize: publishedStepSize,
                numChains: 1,
                numBurnIn: isQuick ? 500 : 2000,
                numDraws,
                thinning: 10,
                start: "pattern",
              },
            ),
          ),
        ),
      );
      const counts = { numChains: 1, numDraws: isQuick ? 1000 : 2000 };
      const kept = 1 / basinVariance("ula", beta, publishedStepSize);
      law.push(
        await overMemories(memories, beta, (memory, k) =>
          exactDraws(context, `exact law, β = ${beta}, memory ${k + 1}`, { memory, beta }, counts, kept),
        ),
      );
    }
    const at = (all: readonly Point[], beta: number): Point => all.find((point) => point.beta === beta)!;
    const logK = Math.log(numPatterns);
    const source = "exact draws, variance of ula";
    // A single chain of 10⁴ steps holds some 80 independent draws; the law's are many, on the same memories.
    const rows = [
      row({
        subject: `β = ${low}`,
        quantity: "largest cosine of ξ",
        published: published("≈ 0.22"),
        expected: lawMean(source, at(law, low).maxCosine),
        ...at(points, low).maxCosine,
      }),
      row({
        subject: `β = ${high}`,
        quantity: "largest cosine of ξ",
        published: published("0.969"),
        expected: cosineForm(dim, high),
        ...at(points, high).maxCosine,
      }),
      row({
        subject: `β = ${low}`,
        quantity: "attention entropy, nats",
        published: published("≈ 2.77"),
        expected: closedForm("log K", logK, 0.01),
        ...at(points, low).entropy,
      }),
      row({
        subject: `β = ${settled}`,
        quantity: "attention entropy, nats",
        published: published("≈ 0"),
        expected: lawMean(source, at(law, settled).entropy, 0.02),
        ...at(points, settled).entropy,
      }),
      ...(isQuick
        ? []
        : [
            row({
              subject: "transition",
              quantity: "β at which entropy falls fastest, per octave",
              published: published("≈ 7"),
              dataDifference: { amount: 2.5, why: "the paper gives a range, 5 to 10, read off a grid of 1.6 a step" },
              expected: closedForm("where that of exact draws does", steepest(law), steepest(law) * 0.7),
              mean: steepest(points),
              se: null,
            }),
          ]),
    ];
    const inflection = mean(Float64Array.from(memories, (memory) => inflectionRoots(memory)[0] ?? Number.NaN));
    return {
      rows,
      pictures: [],
      figures: [
        {
          kind: "lines",
          name: "temperature-spectrum",
          title: "From disorder to retrieval",
          subtitle: `${memories.length} memories of K = ${numPatterns} random unit patterns, d = ${dim}; ula, α = 0.01.`,
          xLabel: "inverse temperature β",
          xScale: "log",
          panels: [
            {
              heading: "Largest cosine of ξ with a stored pattern",
              domain: [0, 1],
              series: [
                { label: "exact law", x: betas, y: law.map(({ maxCosine }) => maxCosine.mean) },
                { label: "ula", x: betas, y: points.map(({ maxCosine }) => maxCosine.mean), kind: "points" },
              ],
            },
            {
              heading: "Attention entropy H / log K",
              domain: [0, 1],
              series: [
                { label: "exact law", x: betas, y: law.map(({ entropy }) => entropy.mean / logK) },
                { label: "ula", x: betas, y: points.map(({ entropy }) => entropy.mean / logK), kind: "points" },
              ],
            },
          ],
          marks: [
            { x: Math.sqrt(dim), label: "√d" },
            { x: inflection, label: "entropy inflection at stored patterns", isStrong: true },
          ],
        },
      ],
      notes: [],
    };
  },
};

function cosineForm(dim: number, beta: number) {
  const form = noiseNovelty(dim, basinVariance("ula", beta, publishedStepSize));
  return { ...form, value: 1 - form.value, source: "1/√(1 + d/β)" };
}

async function overMemories(
  memories: readonly MemoryMatrix[],
  beta: number,
  run: (
    memory: MemoryMatrix,
    k: number,
  ) => Promise<{ readonly draws: { maxCosine: Float64Array; attentionEntropy: Float64Array } }>,
): Promise<Point> {
  const cosines: number[] = [];
  const entropies: number[] = [];
  for (const [k, memory] of memories.entries()) {
    const { draws } = await run(memory, k);
    cosines.push(mean(draws.maxCosine));
    entropies.push(mean(draws.attentionEntropy));
  }
  return { beta, maxCosine: estimateOf(cosines), entropy: estimateOf(entropies) };
}

/** The middle, by logarithms, of the two neighbours between which the entropy falls most. */
function steepest(points: readonly Point[]): number {
  const falls = points.slice(1).map(({ entropy }, i) => points[i]!.entropy.mean - entropy.mean);
  const at = falls.indexOf(Math.max(...falls));
  return Math.sqrt(points[at]!.beta * points[at + 1]!.beta);
}
