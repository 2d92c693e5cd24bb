/** Table 4 and figure 6: the digit 8 from retrieval to noise. */
import { noveltyFloor } from "../metrics/novelty.ts";
import { classMemory, ofClass } from "./data.ts";
import type { Experiment, Expected, Row } from "./experiment.ts";
import {
  chainLaw,
  denoisedRow,
  lawCounts,
  memoryDifferences,
  methodRows,
  print,
  printedRow,
  quantities,
} from "./image-table.ts";
import { basinVariance } from "./law.ts";
import { exactDraws, figuresOf, publishedChains, publishedStepSize, rowsOf, sampled } from "./measure.ts";
import { closedForm, lawMean, row } from "./verdict.ts";

const digit = 8;
const numShown = 16;

const table = [
  { beta: 2000, printed: printedRow("0.152 ± 0.001", "0.557 ± 0.001", "-0.3"), maxCosine: "0.848 ± 0.001" },
  { beta: 200, printed: printedRow("0.547 ± 0.002", "0.872 ± 0.002", "1.5 ± 0.01"), maxCosine: "0.453 ± 0.002" },
  { beta: 50, printed: printedRow("0.753 ± 0.002", "0.965 ± 0.002", "7.4 ± 0.03"), maxCosine: "0.247 ± 0.002" },
  { beta: 10, printed: printedRow("0.870 ± 0.003", "0.992 ± 0.002", "38.6 ± 0.16"), maxCosine: "0.130 ± 0.003" },
] as const;
/** Below it chains leave their patterns within a run, and their law is that of independent draws. */
const mixesBelow = 100;

export const digitSpectrum: Experiment<"digits"> = {
  name: "digit-spectrum",
  title: "Temperature spectrum of the digit 8",
  source: "Table 4, figure 6",
  section: "6.2",
  protocol: "The first 100 eights of MNIST's training set; ula, α = 0.01, 30 chains of 5000 steps, at four β.",
  quickExpectation: "novelty, diversity, energy and cosine agree with the exact law at every β",
  revision: 1,
  needs: ["digits"],
  async run({ digits: { train } }, context) {
    const numPatterns = context.isQuick ? 30 : 100;
    const memory = classMemory(train, digit, numPatterns);
    const chains = publishedChains(context);
    const differences = memoryDifferences({ images: train, indices: ofClass(train, digit) }, numPatterns);
    const rows: Row[] = [];
    const shown: { heading: string; cells: readonly Float32Array[] }[] = [];
    for (const { beta, printed, maxCosine } of table) {
      const subject = `SA, β = ${beta}`;
      const target = { memory, beta };
      const run = await sampled(context, subject, target, {
        ...chains,
        kernel: "ula",
        stepSize: publishedStepSize,
        start: "pattern",
      });
      const figures = figuresOf(run);
      const variance = basinVariance("ula", beta, publishedStepSize);
      const law = figuresOf(
        await exactDraws(context, `exact law of β = ${beta}`, target, lawCounts(context), 1 / variance),
      );
      const drawn = "exact draws, variance of ula";
      const cosine: Expected =
        beta > mixesBelow
          ? { ...closedForm("1/√(1 + d/β)", 1 / Math.sqrt(1 + memory.dim * variance), 1.5 / memory.dim) }
          : lawMean(drawn, law.maxCosine);
      rows.push(
        ...methodRows(
          subject,
          figures,
          printed,
          {
            ...(await chainLaw(context, run, "ula")),
            ...(beta < mixesBelow && { diversity: lawMean(drawn, law.diversity, 0.002) }),
          },
          { diversity: differences.chains(beta) },
        ),
        row({
          subject,
          quantity: quantities.maxCosine,
          published: print(maxCosine)!,
          expected: cosine,
          ...figures.maxCosine,
        }),
        denoisedRow(subject, run, figures),
        row({
          subject,
          quantity: "noise floor of N",
          mean: noveltyFloor(target),
          se: null,
          reason: "computed, to stand beside N",
        }),
      );
      shown.push(
        { heading: `${subject}: ξ`, cells: rowsOf(run.draws.positions, run.draws, numShown) },
        { heading: `${subject}: T(ξ), the clean readout`, cells: rowsOf(run.draws.retrievals, run.draws, numShown) },
      );
    }
    return {
      rows,
      figures: [],
      pictures: [
        {
          name: "digit-spectrum",
          title: "The digit 8 from retrieval to noise",
          subtitle: "16 of 30 chains; all at one brightness, cut off at black and white.",
          imageShape: { height: train.height, width: train.width },
          numColumns: numShown,
          sections: shown.map(({ heading, cells }) => ({
            heading,
            cells: cells.map((cell) => cell.map((x) => 6 * x)),
          })),
        },
      ],
      notes: [
        "The paper reads β = 200 as genuine interpolation between patterns, for its largest cosine is 0.45. That cosine is " +
          "1/√(1 + d/β), of one pattern in noise: T(ξ) of the same samples is a copy. Interpolation begins near β = 50, " +
          "where T(ξ) starts to differ from every pattern.",
      ],
    };
  },
};
