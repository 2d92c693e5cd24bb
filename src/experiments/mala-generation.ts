/** Whether ula's bias matters where samples are noisy: mala beside it at three temperatures. */
import { basinAcceptanceRate } from "../reference/exact-law.ts";
import { classMemory, ofClass } from "./data.ts";
import type { Experiment, Row } from "./experiment.ts";
import { chainLaw, memoryDifferences, quantities } from "./image-table.ts";
import { difference, figuresOf, publishedChains, publishedStepSize, sampled } from "./measure.ts";
import { closedForm, published, row } from "./verdict.ts";

/** As printed of mala, with the difference to ula. */
const table = [
  { beta: 200, n: ["0.548", "0.002"], d: ["0.885", "0.002"], e: ["1.467", "0.018"] },
  { beta: 500, n: ["0.375", "0.002"], d: ["0.782", "0.002"], e: ["0.287", "0.007"] },
  { beta: 1000, n: ["0.251", "0.002"], d: ["0.687", "0.002"], e: ["-0.107", "0.004"] },
] as const;

export const malaGeneration: Experiment<"digits"> = {
  name: "mala-generation",
  title: "MALA at generation",
  source: "MALA at generation, appendix",
  section: "6.2",
  protocol:
    "The first 100 threes of MNIST's training set; ula and mala, α = 0.01, 30 chains of 5000 steps, at three β. The table " +
    "does not say whose novelty it prints; it is held against ula's, and the differences against ula minus mala.",
  quickExpectation: "both kernels agree with their own laws, and mala accepts as its closed form says",
  revision: 1,
  needs: ["digits"],
  async run({ digits: { train } }, context) {
    const numPatterns = context.isQuick ? 30 : 100;
    const memory = classMemory(train, 3, numPatterns);
    const chains = publishedChains(context);
    const differences = memoryDifferences({ images: train, indices: ofClass(train, 3) }, numPatterns);
    const options = { ...chains, stepSize: publishedStepSize, start: "pattern" } as const;
    const rows: Row[] = [];
    for (const { beta, n, d, e } of table) {
      const target = { memory, beta };
      const [ula, mala] = [
        await sampled(context, `ula, β = ${beta}`, target, { ...options, kernel: "ula" }),
        await sampled(context, `mala, β = ${beta}`, target, { ...options, kernel: "mala" }),
      ];
      const [lawOfUla, lawOfMala] = [await chainLaw(context, ula, "ula"), await chainLaw(context, mala, "mala")];
      const [a, b] = [figuresOf(ula), figuresOf(mala)];
      const subject = `β = ${beta}`;
      const pair = (key: "novelty" | "diversity" | "energy", [value, delta]: readonly [string, string]): Row[] => {
        const expected = lawOfUla[key]!;
        const other = lawOfMala[key]!;
        const isDiversity = key === "diversity";
        return [
          row({
            subject: `${subject}, SA`,
            quantity: quantities[key],
            published: published(value),
            expected,
            ...a[key],
            ...(isDiversity && { dataDifference: differences.chains(beta) }),
          }),
          row({ subject: `${subject}, MALA`, quantity: quantities[key], expected: other, ...b[key] }),
          row({
            subject: `${subject}, SA − MALA`,
            quantity: `difference of ${quantities[key]}`,
            published: published(delta),
            expected: {
              ...closedForm("difference of the two laws", expected.value - other.value),
              tolerance: Math.max(expected.tolerance, other.tolerance) / 4,
              se: Math.hypot(expected.se ?? 0, other.se ?? 0),
            },
            ...difference(a[key], b[key]),
          }),
        ];
      };
      rows.push(
        row({
          subject: `${subject}, MALA`,
          quantity: quantities.acceptance,
          published: published("0.992"),
          expected: closedForm("2Φ(−√(α³d/8))", basinAcceptanceRate(memory.dim, publishedStepSize), 0.001),
          ...b.acceptance,
        }),
        ...pair("novelty", n),
        ...pair("diversity", d),
        ...pair("energy", e),
      );
    }
    return { rows, figures: [], pictures: [], notes: [] };
  },
};
