/** The protein table: new sequences of one family, in the space of its principal components. */
import { decodeSequences, encodeAlignment, type EncodedAlignment } from "../data/alignment-encoding.ts";
import {
  indexLetters,
  compositionDivergence,
  informationCorrelation,
  nearestIdentity,
  positionDivergence,
  type Sequences,
} from "./sequence-likeness.ts";
import { basinAcceptanceRate } from "../reference/exact-law.ts";
import { inflectionGridRule } from "../temperature/inflection.ts";
import { baselineSamples, libraryAbsent, type BaselineName } from "./baseline-rows.ts";
import type { Experiment, ExperimentContext, Measurement, Row, Sampled } from "./experiment.ts";
import { denoisedRow, lawCounts, methodRows, print, printedRow, quantities, type PrintedRow } from "./image-table.ts";
import { jackknife } from "./jackknife.ts";
import { basinVariance } from "./law.ts";
import { exactDraws, figuresOf, observed, publishedChains, publishedStepSize, sampled } from "./measure.ts";
import { bound, closedForm, lawMean, published, row } from "./verdict.ts";

const retrieval = 77;
const generation = 8;
/** Below this E-value a sequence is one of the family. */
const largestExpectation = 0.01;

const likeness = {
  identity: "SeqID, identity to the nearest sequence",
  composition: "KL(aa), composition, nats",
  position: "KL of the composition at each position, nats",
  information: "correlation of mutual information",
} as const;
type LikenessKey = keyof typeof likeness;

interface Method {
  readonly subject: string;
  readonly printed: PrintedRow;
  readonly likeness: Readonly<Partial<Record<LikenessKey, string>>>;
  readonly reason?: string;
}

const baselines: Readonly<Partial<Record<BaselineName, Method>>> = {
  bootstrap: {
    subject: "bootstrap",
    printed: printedRow("0.000", "1.000", "-0.500"),
    likeness: { identity: "0.645", composition: "0.133", position: "7.52", information: "0.692" },
  },
  gaussian: {
    subject: "Gaussian perturbation",
    printed: printedRow("0.008", "1.002", "-0.492"),
    likeness: { identity: "0.633", composition: "0.132" },
  },
  convex: {
    subject: "random convex combination",
    printed: printedRow("0.510", "0.994", "-0.068"),
    likeness: { identity: "0.562", composition: "2.091" },
  },
  "gmm-pca": {
    subject: "GMM-PCA",
    printed: printedRow("0.606", "1.000", "0.077"),
    likeness: { identity: "0.540", composition: "0.731", position: "9.09" },
  },
  vae: {
    subject: "VAE",
    reason: "the widths and the length of training of the published protein VAE are not given",
    printed: printedRow("0.621", "0.834", "0.118"),
    likeness: { identity: "0.532", composition: "0.416", position: "9.99", information: "0.525" },
  },
};

const chainTable = [
  {
    subject: `MALA, β = ${retrieval}`,
    kernel: "mala",
    beta: retrieval,
    printed: printedRow("0.249", "0.992", "-0.115"),
    likeness: { identity: "0.609", composition: "0.112" },
    acceptance: "0.998",
  },
  {
    subject: `SA, β = ${retrieval}`,
    kernel: "ula",
    beta: retrieval,
    printed: printedRow("0.243", "0.991", "-0.120"),
    likeness: { identity: "0.616", composition: "0.107", position: "5.66", information: "0.733" },
  },
  {
    subject: `SA, β = ${generation}`,
    kernel: "ula",
    beta: generation,
    printed: printedRow("0.623", "1.001", "3.08"),
    likeness: { identity: "0.538", composition: "0.060", position: "2.92", information: "0.871" },
  },
  {
    subject: `MALA, β = ${generation}`,
    kernel: "mala",
    beta: generation,
    printed: printedRow("", "", ""),
    likeness: { position: "2.96", information: "0.887" },
  },
] as const;

const unknownEstimator = {
  amount: 0.05,
  why: "the paper does not say how it estimates mutual information; pseudocounts alone move it by as much",
};
/** Amounts by which another training may move a figure. */
const otherTraining = (amount: number) => ({ amount, why: "another start of the training, from another seed" });

export const proteins: Experiment<"proteins"> = {
  name: "proteins",
  title: "Sequences of a protein family",
  source: "protein table, v3",
  section: "6.5",
  protocol:
    "Pfam PF00076 seed alignment without columns of more than half gaps and sequences of more than 30 %; one-hot, principal " +
    "components of 95 % of the variance, unit norm; ula and mala, α = 0.01, 30 chains of 5000 steps, five draws of each, at " +
    "β = 77 and 8. Decoded as published: the components at unit length are added to the mean, so that even a copy decodes " +
    "to something nearer the consensus. Errors of the likenesses leave out one chain at a time; mutual information also " +
    "from 30 draws of each chain.",
  quickExpectation:
    "novelty and energy agree with the exact law, and exact draws have the composition that chains have",
  revision: 3,
  needs: ["proteins"],
  async run({ proteins: { alignment, hmm } }, context) {
    const { isQuick } = context;
    const encoded = encodeAlignment(alignment);
    const { memory } = encoded;
    const natural = indexLetters(encoded.sequences);
    const chains = publishedChains(context);
    const rows: Row[] = isQuick
      ? []
      : [
          sizeRow("sequences kept, K", "68", memory.numPatterns),
          sizeRow("positions kept, L", "71", encoded.numPositions),
          sizeRow("components, d", "59", memory.dim),
          row({
            subject: "memory",
            quantity: "β*, published grid rule",
            published: published("3.85"),
            mean: inflectionGridRule(memory),
            se: null,
            dataDifference: { amount: 0.19 * 3.85, why: "a step of the grid on which it is read off" },
          }),
        ];
    const search = createSearch(context, hmm);
    const notes: string[] = [];
    /** The rows of one set of samples, by chains or by groups of as many. */
    const report = async (
      { subject, printed, likeness: printedLikeness, reason: why }: Method,
      set: Sampled,
      expected: Parameters<typeof methodRows>[3],
      like: Partial<Record<LikenessKey, Measurement["expected"]>> = {},
      training?: (amount: number) => { amount: number; why: string },
    ): Promise<void> => {
      const differences = training && { novelty: training(0.05), diversity: training(0.1), energy: training(0.1) };
      const whys = why === undefined ? {} : { novelty: why, diversity: why, energy: why };
      rows.push(...methodRows(subject, figuresOf(set), printed, expected, differences, whys));
      const groups = decoded(encoded, set);
      for (const key of Object.keys(likeness) as LikenessKey[]) {
        const text = printedLikeness[key];
        const missing = { amount: rarestLetter(natural), why: letterWhy };
        const difference = {
          identity: training?.(0.05),
          composition: missing,
          position: training?.(3),
          information: unknownEstimator,
        }[key];
        rows.push(
          row({
            subject,
            quantity: likeness[key],
            ...(text !== undefined && { published: print(text)! }),
            ...(like[key] && { expected: like[key] }),
            ...jackknife(groups, (samples) => figureOf[key](samples, natural)),
            ...(difference && text !== undefined && { dataDifference: difference }),
            ...(key in reasons && { reason: reasons[key]! }),
          }),
        );
      }
      const share = await search(subject, decodeSequences(encoded, set.draws.positions));
      if (share !== undefined)
        rows.push(
          row({
            subject,
            quantity: "share that hmmsearch finds below E = 0.01",
            published: published("1"),
            mean: share,
            se: null,
          }),
        );
    };

    const basis = { memory, beta: retrieval };
    const numSamples = chains.numChains * chains.numDraws;
    const ofStored = closedForm(
      "mean over stored sequences",
      nearestIdentity(indexLetters(decodeSequences(encoded, memory.values)), natural),
      0.005,
    );
    for (const [name, method] of Object.entries(baselines) as [BaselineName, Method][]) {
      if (isQuick && name === "gmm-pca") continue;
      const positions = await baselineSamples(context, basis, name, numSamples);
      if (positions === undefined) {
        notes.push(`${method.subject} is left out: ${libraryAbsent}.`);
        continue;
      }
      const isTrained = name === "gmm-pca" || name === "vae";
      await report(
        method,
        observed(basis, positions, chains.numChains),
        name === "bootstrap" ? { novelty: closedForm("0: copies", 0), energy: closedForm("−½", -0.5, 0.05) } : {},
        name === "bootstrap" || name === "gaussian" ? { identity: ofStored } : {},
        isTrained ? otherTraining : undefined,
      );
    }
    for (const method of chainTable) {
      const { subject, kernel, beta } = method;
      const target = { memory, beta };
      const run = await sampled(context, subject, target, {
        ...chains,
        kernel,
        stepSize: publishedStepSize,
        start: "pattern",
      });
      const law = await exactDraws(
        context,
        `${subject}: exact law`,
        target,
        { ...lawCounts(context), ...(!isQuick && { numDraws: 60 }) },
        1 / basinVariance(kernel, beta, publishedStepSize),
      );
      const figures = figuresOf(law);
      const source = kernel === "ula" ? "exact draws, variance of ula" : "exact draws";
      const drawn = decoded(encoded, law);
      const identity = jackknife(drawn, (samples) => nearestIdentity(samples, natural));
      await report(
        method,
        run,
        {
          novelty: lawMean(source, figures.novelty, 0.002),
          diversity: lawMean(source, figures.diversity, 0.02),
          energy: lawMean(source, figures.energy, 0.002),
        },
        {
          composition: setsOf(numSamples, drawn.flat(), source, (samples) => compositionDivergence(samples, natural)),
          identity: lawMean(source, identity, 0.005),
        },
      );
      rows.push(denoisedRow(subject, run, figuresOf(run)));
      if ("acceptance" in method)
        rows.push(
          row({
            subject,
            quantity: quantities.acceptance,
            published: published(method.acceptance),
            expected: closedForm("2Φ(−√(α³d/8))", basinAcceptanceRate(memory.dim, publishedStepSize), 0.002),
            ...figuresOf(run).acceptance,
          }),
        );
    }
    for (const beta of [retrieval, generation]) {
      const subject = `exact sampler, β = ${beta}`;
      await report(
        { subject, printed: printedRow("", "", ""), likeness: {} },
        await exactDraws(context, subject, { memory, beta }, chains),
        {},
      );
    }
    if (!isQuick) {
      const many = await exactDraws(
        context,
        "mutual information of many draws",
        { memory, beta: generation },
        { numChains: 30, numDraws: 30 },
      );
      rows.push(
        row({
          subject: `exact sampler, β = ${generation}, 900 draws`,
          quantity: likeness.information,
          published: published("0.871"),
          expected: bound("atLeast", "what 900 draws should keep", 0.85),
          ...jackknife(decoded(encoded, many), (samples) => informationCorrelation(samples, natural)),
          dataDifference: unknownEstimator,
        }),
      );
    }
    if (context.runProgram === undefined || hmm === undefined || search.isAbsent())
      notes.push(
        "No share of sequences that HMMER finds: hmmsearch is not on this machine (on Debian: apt install hmmer, then --force).",
      );
    return {
      rows,
      figures: [],
      pictures: [],
      notes: [
        "Decoded as published, stored sequences themselves come back with an identity of about 0.65 to their nearest, for " +
          "unit length is a seventh of the length that their components have: likenesses compare what this decoding leaves.",
        ...notes,
      ],
    };
  },
};

function sizeRow(quantity: string, text: string, mean: number): Row {
  return row({ subject: "memory", quantity, published: published(text), mean, se: null });
}

const figureOf: Readonly<Record<LikenessKey, (samples: Sequences, natural: Sequences) => number>> = {
  identity: nearestIdentity,
  composition: compositionDivergence,
  position: positionDivergence,
  information: informationCorrelation,
};

/**
 * A figure that depends on how many samples it is taken of, as that of rare letters does: over sets of exact draws as large
 * as the measured one, with the error of one set.
 */
function setsOf(
  numSamples: number,
  all: Sequences,
  source: string,
  figure: (samples: Sequences) => number,
): Measurement["expected"] {
  const sets = Array.from({ length: Math.floor(all.length / numSamples) }, (_, i) =>
    figure(all.slice(i * numSamples, (i + 1) * numSamples)),
  );
  const mean = sets.reduce((sum, value) => sum + value, 0) / sets.length;
  const square = sets.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sets.length - 1);
  return lawMean(`${source}, ${sets.length} sets of ${numSamples}`, { mean, se: Math.sqrt(square) });
}

/** The sequences of each chain. */
function decoded(encoded: EncodedAlignment, { draws: { positions, numChains, numDraws } }: Sampled): Sequences[] {
  const all = indexLetters(decodeSequences(encoded, positions));
  return Array.from({ length: numChains }, (_, chain) => all.slice(chain * numDraws, (chain + 1) * numDraws));
}

const letterWhy = "the rarest letter is among the samples or is not, by chance, and counts 10⁻¹⁰ if not";
/** Why likenesses part from the published ones, where they do. */
const reasons: Readonly<Partial<Record<LikenessKey, string>>> = {
  composition: "which letters no sample has decides it, each counted as 10⁻¹⁰",
  information: unknownEstimator.why,
};

/** What KL(aa) gains if no sample has the rarest letter: p log(count/10⁻¹⁰). */
function rarestLetter(natural: Sequences): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const sequence of natural)
    for (const letter of sequence)
      if (letter >= 0) {
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
        total++;
      }
  const smallest = Math.min(...counts.values());
  return (smallest / total) * Math.log(smallest / 1e-10);
}

/** Share of sequences that hmmsearch finds; undefined where there is none. */
function createSearch({ runProgram }: ExperimentContext, hmm: string | undefined) {
  let isAbsent = runProgram === undefined || hmm === undefined;
  const search = async (subject: string, sequences: readonly string[]): Promise<number | undefined> => {
    if (runProgram === undefined || hmm === undefined || isAbsent) return undefined;
    const fasta = sequences.map((text, i) => `>s${i}\n${text.replaceAll("-", "")}\n`).join("");
    const table = await runProgram("hmmsearch", { "family.hmm": hmm, "samples.fasta": fasta }, (paths, output) => [
      "--noali",
      "-E",
      "1000",
      "-o",
      "/dev/null",
      "--tblout",
      output,
      paths["family.hmm"]!,
      paths["samples.fasta"]!,
    ]);
    if (table === undefined) {
      isAbsent = true;
      return undefined;
    }
    const found = table.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    // Fifth column of the table: E-value of the whole sequence.
    return found.filter((line) => Number(line.split(/\s+/)[4]) < largestExpectation).length / sequences.length;
  };
  return Object.assign(search, { isAbsent: () => isAbsent });
}
