/** The step-size sweep: how ula's bias grows, and where mala is said to freeze. */
import { basinAcceptanceRate, basinMeanEnergy } from "../reference/exact-law.ts";
import { classMemory, ofClass } from "./data.ts";
import type { Experiment, Row } from "./experiment.ts";
import { memoryDifferences, quantities } from "./image-table.ts";
import { basinVariance, noiseNovelty, oneBasinEachDiversity } from "./law.ts";
import { difference, figuresOf, publishedChains, sampled, type Figures } from "./measure.ts";
import { closedForm, published, row } from "./verdict.ts";

const beta = 2000;

/** As printed: α, acceptance, N of ula and mala, D of both, ΔE. */
const table = [
  { alpha: 0.001, acceptance: "> 0.99", n: ["0.151", "0.150"], d: ["0.595", "0.595"], energy: "< 0.001" },
  { alpha: 0.005, acceptance: "> 0.99", n: ["0.151", "0.151"], d: ["0.599", "0.597"], energy: "< 0.001" },
  { alpha: 0.01, acceptance: "0.992", n: ["0.152", "0.151"], d: ["0.600", "0.598"], energy: "0.002" },
  { alpha: 0.02, acceptance: "0.978", n: ["0.153", "0.151"], d: ["0.600", "0.598"], energy: "0.003" },
  { alpha: 0.05, acceptance: "0.911", n: ["0.155", "0.151"], d: ["0.602", "0.598"], energy: "0.006" },
  { alpha: 0.1, acceptance: "0.747", n: ["0.158", "0.151"], d: ["0.605", "0.597"], energy: "0.011" },
  { alpha: 0.2, acceptance: "0.000", n: ["0.165", "0.000"], d: ["0.612", undefined], energy: undefined },
  { alpha: 0.3, acceptance: "0.000", n: ["0.172", "0.000"], d: ["0.619", undefined], energy: undefined },
  { alpha: 0.5, acceptance: "0.000", n: ["0.189", "0.000"], d: ["0.635", undefined], energy: undefined },
] as const;
const quickAlphas: ReadonlySet<number> = new Set([0.05, 0.2]);
/** Steps of this size and above take a cold start so far that mala rejects nearly everything. */
const freezesFrom = 0.2;
/** 0.01 ε, the noise of the published start, with its novelty. */
const startNoise = 0.01;

export const stepSizeSweep: Experiment<"digits"> = {
  name: "step-size",
  title: "Step sizes, from the published start and from the law",
  source: "step-size sweep, appendix",
  section: "6.2",
  protocol:
    `The first 100 threes of MNIST's training set, β = ${beta}; 30 chains of 5000 steps for every α: ula and mala from the ` +
    "published start m + 0.01 ε, and mala once more from exact draws.",
  quickExpectation:
    "mala accepts as its closed form says from an exact start, and ula's novelty is that of its variance",
  revision: 1,
  needs: ["digits"],
  disputes: [
    {
      paper: "MALA freezes from α = 0.2 on: it accepts nothing.",
      law:
        "It accepts 2Φ(−√(α³d/8)) of its proposals. What freezes is the published start, which lies below the shell of the law: " +
        "chains that start at exact draws move.",
      shownBy: ["published", "exact"].map((start) => ({
        subject: `α = 0.2, mala, ${start} start`,
        quantity: quantities.acceptance,
      })),
    },
  ],
  async run({ digits: { train } }, context) {
    const { isQuick } = context;
    const numPatterns = isQuick ? 30 : 100;
    const memory = classMemory(train, 3, numPatterns);
    const { dim } = memory;
    const target = { memory, beta };
    const chains = publishedChains(context);
    const diversityDifference = memoryDifferences({ images: train, indices: ofClass(train, 3) }, numPatterns).chains(
      beta,
    );
    const rows: Row[] = [];
    const shown: { alpha: number; ula: Figures; cold: Figures; exact: Figures }[] = [];
    for (const { alpha, acceptance, n, d, energy } of table) {
      if (isQuick && !quickAlphas.has(alpha)) continue;
      const options = { ...chains, stepSize: alpha };
      const run = async (part: string, kernel: "ula" | "mala", start: "pattern" | "exact") =>
        figuresOf(await sampled(context, `${part}, α = ${alpha}`, target, { ...options, kernel, start }));
      const ula = await run("ula", "ula", "pattern");
      const cold = await run("mala", "mala", "pattern");
      const exact = await run("mala from exact draws", "mala", "exact");
      shown.push({ alpha, ula, cold, exact });
      const isFrozen = alpha >= freezesFrom;
      const freeze =
        "the published start m + 0.01 ε lies below the law's shell, where proposals of this size only go outwards and are " +
        "refused; from an exact start the same kernel moves";
      const law = closedForm("2Φ(−√(α³d/8))", basinAcceptanceRate(dim, alpha), acceptanceTolerance(dim));
      const wide = basinVariance("ula", beta, alpha);
      // Relaxation takes 1/α steps: with the smallest, 2000 steps of burn-in leave e^−4 of the start's missing variance.
      const settling = Math.exp(-2 * alpha * (chains.numBurnIn + chains.thinning)) * 0.2;
      const novelty = (variance: number, symbol: string) => {
        const form = noiseNovelty(dim, variance, symbol);
        return { ...form, tolerance: form.tolerance + settling };
      };
      const diversity = (variance: number) => {
        const form = oneBasinEachDiversity(memory, variance, chains);
        return { ...form, tolerance: form.tolerance + settling };
      };
      const subject = `α = ${alpha}`;
      rows.push(
        row({
          subject: `${subject}, mala, published start`,
          quantity: quantities.acceptance,
          published: published(acceptance),
          expected: law,
          ...cold.acceptance,
          reason: isFrozen
            ? freeze
            : "chains from the published start accept less while they warm up, which is burn-in here and may be counted there",
        }),
        row({
          subject: `${subject}, mala, exact start`,
          quantity: quantities.acceptance,
          expected: law,
          ...exact.acceptance,
        }),
        row({
          subject: `${subject}, ula`,
          quantity: quantities.novelty,
          published: published(n[0]),
          expected: novelty(wide, "β(1 − α/2)"),
          ...ula.novelty,
        }),
        row({
          subject: `${subject}, mala, published start`,
          quantity: quantities.novelty,
          published: published(n[1]),
          expected: novelty(1 / beta, "β"),
          ...cold.novelty,
          ...(isFrozen && {
            reason: `${freeze}; a chain that never moves has the novelty of its start, 1 − 1/√(1 + ${startNoise}²d)`,
          }),
        }),
        row({
          subject: `${subject}, mala, exact start`,
          quantity: quantities.novelty,
          expected: novelty(1 / beta, "β"),
          ...exact.novelty,
        }),
        row({
          subject: `${subject}, ula`,
          quantity: quantities.diversity,
          published: published(d[0]),
          expected: diversity(wide),
          ...ula.diversity,
          dataDifference: diversityDifference,
        }),
        ...(d[1] === undefined
          ? []
          : [
              row({
                subject: `${subject}, mala, published start`,
                quantity: quantities.diversity,
                published: published(d[1]),
                expected: diversity(1 / beta),
                ...cold.diversity,
                dataDifference: diversityDifference,
              }),
            ]),
        ...(energy === undefined
          ? []
          : [
              row({
                subject: `${subject}, ula − mala`,
                quantity: "ΔĒ of ξ",
                published: published(energy),
                expected: closedForm(
                  "d/(2β) · (1/(1 − α/2) − 1)",
                  basinMeanEnergy(dim, 1 / wide) - basinMeanEnergy(dim, beta),
                  settling,
                ),
                ...difference(ula.energy, cold.energy),
              }),
            ]),
      );
    }
    const alphas = shown.map(({ alpha }) => alpha);
    return {
      rows,
      pictures: [],
      figures: [
        {
          kind: "lines",
          name: "step-size",
          title: "Step sizes: acceptance and bias",
          subtitle: `K = ${numPatterns} threes, d = ${dim}, β = ${beta}; 30 chains.`,
          xLabel: "step size α",
          xScale: "log",
          panels: [
            {
              heading: "acceptance rate of mala",
              domain: [0, 1],
              series: [
                { label: "closed form", x: alphas, y: alphas.map((alpha) => basinAcceptanceRate(dim, alpha)) },
                {
                  label: "published start",
                  x: alphas,
                  y: shown.map(({ cold }) => cold.acceptance.mean),
                  kind: "points",
                },
                { label: "exact start", x: alphas, y: shown.map(({ exact }) => exact.acceptance.mean), kind: "points" },
              ],
            },
            {
              heading: "novelty of ξ",
              series: [
                {
                  label: "closed form of ula",
                  x: alphas,
                  y: alphas.map((alpha) => noiseNovelty(dim, basinVariance("ula", beta, alpha)).value),
                },
                { label: "ula", x: alphas, y: shown.map(({ ula }) => ula.novelty.mean), kind: "points" },
                {
                  label: "mala, exact start",
                  x: alphas,
                  y: shown.map(({ exact }) => exact.novelty.mean),
                  kind: "points",
                },
              ],
            },
          ],
        },
      ],
      notes: [
        "The published freeze of mala at α ≥ 0.2 is one of the published start, not of the kernel or its law: chains that " +
          "start at exact draws accept at the closed form's rate.",
      ],
    };
  },
};

/** The closed form is the limit of many dimensions; its next term falls as 1/d. */
function acceptanceTolerance(dim: number): number {
  return 4 / dim;
}
