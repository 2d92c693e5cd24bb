/** Tables 1 to 3: every method on a hundred images of one digit. */
import { basinAcceptanceRate } from "../reference/exact-law.ts";
import { baselineRows, type PrintedBaselines } from "./baseline-rows.ts";
import { classMemory, ofClass } from "./data.ts";
import type { DataDifference, Dispute, Experiment, ExperimentContext, Picture, Row, Sampled } from "./experiment.ts";
import {
  chainLaw,
  denoisedRow,
  independentLaw,
  memoryDifferences,
  methodRows,
  printedRow,
  quantities,
  type PrintedRow,
} from "./image-table.ts";
import { exactDraws, figuresOf, publishedChains, publishedStepSize, rowsOf, sampled } from "./measure.ts";
import { closedForm, published, row } from "./verdict.ts";

/** What was printed of one digit. */
interface Printed {
  readonly table: string;
  readonly baselines: PrintedBaselines;
  readonly mala: PrintedRow;
  readonly sa: PrintedRow;
  /** At β = 200; of digit 3 alone. */
  readonly generation?: PrintedRow;
}

const printed: Readonly<Record<number, Printed>> = {
  3: {
    table: "Table 1",
    baselines: {
      bootstrap: printedRow("0.000", "0.459 ± 0.011", "-0.500"),
      gaussian: printedRow("0.004", "0.450 ± 0.013", "-0.496"),
      convex: printedRow("0.092", "0.008", "-0.399"),
      "gmm-pca": printedRow("0.198 ± 0.004", "0.419 ± 0.011", "-0.303 ± 0.005"),
      vae: printedRow("0.214 ± 0.005", "0.441 ± 0.008", "-0.286 ± 0.005"),
      ddpm: printedRow("0.938 ± 0.002", "0.991 ± 0.002", "0.44"),
    },
    mala: printedRow("0.151 ± 0.001", "0.598 ± 0.001", "-0.305 ± 0.001"),
    sa: printedRow("0.152 ± 0.001", "0.600 ± 0.001", "-0.303 ± 0.001"),
    generation: printedRow("0.548 ± 0.002", "0.885 ± 0.002", "1.467 ± 0.008"),
  },
  1: {
    table: "Table 2",
    baselines: {
      bootstrap: printedRow("0.000", "0.416 ± 0.019", "-0.500"),
      gaussian: printedRow("0.004", "0.422 ± 0.017", "-0.496"),
      convex: printedRow("0.097 ± 0.001", "0.007", "-0.398 ± 0.001"),
      "gmm-pca": printedRow("0.130 ± 0.005", "0.401 ± 0.017", "-0.366 ± 0.005"),
      vae: printedRow("0.180 ± 0.006", "0.408 ± 0.008", "-0.320 ± 0.006"),
    },
    mala: printedRow("0.151 ± 0.001", "0.586 ± 0.001", "-0.305 ± 0.001"),
    sa: printedRow("0.153 ± 0.001", "0.591 ± 0.001", "-0.303 ± 0.001"),
  },
  8: {
    table: "Table 3",
    baselines: {
      bootstrap: printedRow("0.000", "0.421 ± 0.012", "-0.500"),
      gaussian: printedRow("0.004", "0.450 ± 0.011", "-0.496"),
      convex: printedRow("0.099", "0.007", "-0.395"),
      "gmm-pca": printedRow("0.194 ± 0.005", "0.420 ± 0.011", "-0.305 ± 0.005"),
      vae: printedRow("0.209 ± 0.005", "0.397 ± 0.009", "-0.291 ± 0.005"),
    },
    mala: printedRow("0.151 ± 0.001", "0.554 ± 0.002", "-0.305 ± 0.001"),
    sa: printedRow("0.152 ± 0.001", "0.557 ± 0.001", "-0.303 ± 0.001"),
  },
};

const retrieval = 2000;
const generation = 200;

const novelOnlyByNoise: Dispute = {
  paper: "Samples of SA are new digits: their novelty is 0.152 at β = 2000, and 0.548 at β = 200.",
  law:
    "That is the novelty of noise around a stored digit, 1 − 1/√(1 + d/β), whatever the data. Without the noise, the clean " +
    "readouts T(ξ) are copies. New ones come of overlapping windows, at the end of this report.",
  shownBy: [retrieval, generation].flatMap((beta) =>
    [quantities.novelty, quantities.denoised].map((quantity) => ({ subject: `SA, β = ${beta}`, quantity })),
  ),
};

function digitTable(digit: number): Experiment<"digits"> {
  const { table, baselines, mala, sa, generation: generationRow } = printed[digit]!;
  return {
    name: `digit-${digit}`,
    title: `All methods on the digit ${digit}`,
    source: table,
    section: "6.2",
    protocol:
      `The first 100 images of the digit ${digit} of MNIST's training set, d = 784. SA is ula and MALA mala with α = 0.01: ` +
      "30 chains of 5000 steps, each from a pattern of its own, 2000 of them burn-in, five snapshots of each: 150 samples. " +
      "Baselines give 150 samples, grouped by five for their standard errors.",
    quickExpectation: "chains, exact draws and the baselines with a closed form agree with it; T(ξ) copies at β = 2000",
    revision: 1,
    needs: ["digits"],
    ...(generationRow && { disputes: [novelOnlyByNoise] }),
    async run({ digits: { train } }, context) {
      const numPatterns = context.isQuick ? 30 : 100;
      const memory = classMemory(train, digit, numPatterns);
      const chains = publishedChains(context);
      const pool = { images: train, indices: ofClass(train, digit) };
      const differences = memoryDifferences(pool, numPatterns);
      const target = { memory, beta: retrieval };
      const options = { ...chains, stepSize: publishedStepSize, start: "pattern" } as const;
      const rows: Row[] = [];
      const shown: [subject: string, positions: readonly Float32Array[]][] = [
        [
          "stored patterns",
          Array.from({ length: numShown }, (_, k) => memory.values.slice(k * memory.dim, (k + 1) * memory.dim)),
        ],
      ];

      const based = await baselineRows(context, target, baselines, differences, options.numChains * options.numDraws);
      rows.push(...based.rows);
      for (const { subject, samples } of based.sets)
        shown.push([`${subject}: samples`, rowsOf(samples.positions, samples, numShown)]);

      const show = (subject: string, { draws }: Sampled, hasReadout = false): void => {
        shown.push([`${subject}: ξ`, rowsOf(draws.positions, draws, numShown)]);
        if (hasReadout) shown.push([`${subject}: T(ξ), the clean readout`, rowsOf(draws.retrievals, draws, numShown)]);
      };
      const chainRows = async (
        subject: string,
        kernel: "ula" | "mala",
        beta: number,
        printedChain: PrintedRow,
        diversityDifference: DataDifference,
      ): Promise<void> => {
        const run = await sampled(context, subject, { memory, beta }, { ...options, kernel });
        const figures = figuresOf(run);
        rows.push(
          ...methodRows(subject, figures, printedChain, await chainLaw(context, run, kernel), {
            diversity: diversityDifference,
          }),
          denoisedRow(subject, run, figures),
        );
        if (kernel === "mala")
          rows.push(
            row({
              subject,
              quantity: quantities.acceptance,
              published: published("0.992"),
              expected: closedForm("2Φ(−√(α³d/8))", basinAcceptanceRate(memory.dim, publishedStepSize), 0.001),
              ...figures.acceptance,
            }),
          );
        show(subject, run, true);
      };
      await chainRows(`MALA, β = ${retrieval}`, "mala", retrieval, mala, differences.chains(retrieval));
      await chainRows(`SA, β = ${retrieval}`, "ula", retrieval, sa, differences.chains(retrieval));
      if (generationRow !== undefined)
        await chainRows(`SA, β = ${generation}`, "ula", generation, generationRow, differences.chains(generation));

      const exact = await exactDraws(context, "exact sampler", target, chains);
      const figures = figuresOf(exact);
      const subject = `exact sampler, β = ${retrieval}`;
      rows.push(
        ...methodRows(subject, figures, [undefined, undefined, undefined], independentLaw(target)),
        denoisedRow(subject, exact, figures),
      );
      show(subject, exact, true);

      return {
        rows,
        figures: [],
        pictures: [sheet(context, digit, train, shown)],
        notes: [
          ...based.notes,
          `Every sampler of the law reaches the same novelty at one β: it is the noise floor 1 − 1/√(1 + d/β), whatever the ` +
            `data. The clean readout T(ξ) of the same samples has a novelty of zero at β = ${retrieval} and ${generation}: ` +
            "copies. The exact sampler needs no steps and no burn-in for it.",
        ],
      };
    },
  };
}

const numShown = 16;
/** Unit patterns of this many inked pixels are brightest at about 0.2: white is set there. */
const brightness = 6;

function sheet(
  { isQuick }: ExperimentContext,
  digit: number,
  { height, width }: { readonly height: number; readonly width: number },
  shown: readonly (readonly [string, readonly Float32Array[]])[],
): Picture {
  return {
    name: `digit-${digit}`,
    title: `The digit ${digit}, by every method`,
    subtitle: `${isQuick ? "Quick run. " : ""}16 samples each, one of each of 16 chains where there are chains; all at one brightness, cut off at black and white.`,
    imageShape: { height, width },
    numColumns: numShown,
    sections: shown.map(([heading, cells]) => ({
      heading,
      cells: cells.map((cell) => cell.map((x) => x * brightness)),
    })),
  };
}

export const digitTables: readonly Experiment<"digits">[] = [3, 1, 8].map(digitTable);
