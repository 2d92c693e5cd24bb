/** What a reproduction says: every figure beside the published one and the exact law, and whence it all comes. */
import {
  lawBand,
  publishedBand,
  restsOnDataDifference,
  restsOnTolerance,
  type DataDifference,
  type Expected,
  type Experiment,
  type Row,
} from "../../src/index.ts";
import { formatDuration } from "../cli/format.ts";
import type { Block } from "./document.ts";
import { figureSvg } from "./figure-svg.ts";
import type { StoredResult } from "./store.ts";

/** An experiment with its result, if it has one. */
export interface Reported {
  readonly experiment: Experiment;
  readonly result: StoredResult | undefined;
  readonly seconds: number | undefined;
  /** Why there is no result. */
  readonly absence?: string;
}

export interface ReportOptions {
  readonly isQuick: boolean;
  /** The bytes of a picture by its name. */
  readonly picture: (name: string) => Uint8Array;
  /** Why the pictures of an experiment are left out; undefined if they are not. */
  readonly withheldPictures?: (experiment: Experiment) => string | undefined;
  /** Machine and versions, in words. */
  readonly place: readonly string[];
}

export const reportTitle = "Reproduction of the published tables and figures";

const sectionTitles: Readonly<Record<Experiment["section"], string>> = {
  "6.1": "Random patterns",
  "6.2": "Handwritten digits",
  "6.3": "Faces",
  "6.4": "Equities",
  "6.5": "Proteins",
  ours: "Where new samples come from",
};

export function reportBlocks(reported: readonly Reported[], options: ReportOptions): Block[] {
  const { isQuick } = options;
  const blocks: Block[] = [
    { kind: "heading", level: 1, text: reportTitle },
    {
      kind: "paragraph",
      text:
        "Alswaidan and Varner, Stochastic Attention via Langevin Dynamics on the Modern Hopfield Energy (arXiv 2603.06875, " +
        "v1 to v3), run again beside the exact law, which the paper does not use: the density that it samples is a Gaussian " +
        "mixture around the stored patterns.",
    },
    ...(isQuick
      ? ([
          {
            kind: "paragraph",
            text:
              "This is a quick run: short chains on few patterns, which show that the law is met and reproduce no published " +
              "figure.",
          },
        ] as const)
      : []),
    {
      kind: "paragraph",
      text:
        "A figure is reproduced if it lies within three standard errors of the published one (both errors together), the " +
        "rounding of the print and, where one is stated, the difference that other data make. A standard error that was not " +
        "printed is taken to be ours. It is as the exact law if it lies within three standard errors of it and what a formula " +
        "leaves out. The band that this comes to stands beside each verdict, with what of it is allowed beside chance. Figures are of ξ, the noisy state, unless they " +
        "say T(ξ), the clean readout. Standard errors are over chains.",
    },
    totals(reported, isQuick),
    ...worthOfTotals(reported, isQuick),
    summaryTable(reported, isQuick),
    ...exceptions(reported, isQuick),
  ];
  for (const section of Object.keys(sectionTitles) as Experiment["section"][]) {
    const own = reported.filter(({ experiment }) => experiment.section === section);
    if (own.length === 0) continue;
    blocks.push(
      { kind: "heading", level: 2, text: sectionTitles[section] },
      ...own.flatMap((each) => experimentBlocks(each, options)),
    );
  }
  return [...blocks, ...provenance(reported, options)];
}

/** Of a quick run there is nothing to hold against what was printed for a long one. */
function countVerdicts(rows: readonly Row[]) {
  const count = (is: (row: Row) => boolean): number => rows.filter(is).length;
  return {
    published: count((row) => row.verdict.isReproduced !== null),
    reproduced: count((row) => row.verdict.isReproduced === true),
    law: count((row) => row.verdict.agreesWithLaw !== null),
    asLaw: count((row) => row.verdict.agreesWithLaw === true),
  };
}

function summaryTable(reported: readonly Reported[], isQuick: boolean): Block {
  return {
    kind: "table",
    head: ["experiment", "published in", ...(isQuick ? [] : ["reproduced"]), "as the exact law", "time"],
    rows: reported.map(({ experiment, result, seconds, absence }) => {
      const lead = [`${experiment.title} (${experiment.name})`, experiment.source];
      if (result === undefined) return [...lead, ...(isQuick ? [] : ["–"]), absence ?? "not run", ""];
      const { published, reproduced, law, asLaw } = countVerdicts(result.rows);
      const share = (part: number, whole: number): string => (whole === 0 ? "–" : `${part} of ${whole}`);
      return [
        ...lead,
        ...(isQuick ? [] : [share(reproduced, published)]),
        share(asLaw, law),
        seconds === undefined ? "" : formatDuration(seconds),
      ];
    }),
  };
}

/** In one sentence, and a total for the reader who reads no further. */
function totals(reported: readonly Reported[], isQuick: boolean): Block {
  const { published, reproduced, law, asLaw } = countVerdicts(reported.flatMap(({ result }) => result?.rows ?? []));
  return {
    kind: "paragraph",
    text:
      (isQuick ? "" : `${reproduced} of ${published} published figures are reproduced. `) +
      `Of ${law} figures that a law foretells, ${asLaw} are as it says.`,
  };
}

/** What totals do not say by themselves: how much rests on allowances, on rows that go together, and on chance. */
function worthOfTotals(reported: readonly Reported[], isQuick: boolean): Block[] {
  const rows = reported.flatMap(({ result }) => result?.rows ?? []);
  if (rows.length === 0) return [];
  const { reproduced, asLaw } = countVerdicts(rows);
  const allowed = rows.filter(
    ({ verdict, dataDifference }) => verdict.isReproduced === true && (dataDifference?.amount ?? 0) > 0,
  ).length;
  const paragraph = (text: string): Block => ({ kind: "paragraph", text });
  return [
    paragraph(
      (isQuick
        ? ""
        : `Of the ${reproduced} reproduced ones ${allowed} have an allowance for data, trainings or readings that are not ` +
          `public, and ${rows.filter(restsOnDataDifference).length} need it: they lie beyond three standard errors and the ` +
          "rounding. ") +
        `Of the ${asLaw} that are as the law says ${rows.filter(restsOnTolerance).length} need what the formula leaves out.`,
    ),
    paragraph(
      "Rows are not independent, and the totals are no count of separate tests. Novelty and largest cosine are 1 − x of " +
        "each other, the energy of unit vectors goes with both, and each is a row. The seed of a part does not contain the " +
        "name of its experiment: digit-1, digit-3 and digit-8 share their streams of noise, digit-spectrum judges draws of " +
        "digit-8 once more, and digit-3, noise-control and mala-generation compare with the same draws of the law.",
    ),
    paragraph(
      "With three standard errors a true row fails by chance about once in 370, and more often where its standard error " +
        "comes from few: once in 180 from 30 chains, once in 67 from ten stretches of a single chain, once in 25 from the " +
        "five memories of the temperature spectrum. And a wide band lets through what a narrow one would not.",
    ),
  ];
}

/** Rows whose verdict needs a reason: those that the law decides, and those that are open. */
function exceptions(reported: readonly Reported[], isQuick: boolean): Block[] {
  if (isQuick) return [];
  const rowsWhere = (is: (verdict: Row["verdict"]) => boolean) =>
    reported.flatMap(({ experiment, result }) =>
      (result?.rows ?? []).filter(({ verdict }) => is(verdict)).map((row) => ({ experiment, row })),
    );
  return [
    ...disputeTable(reported),
    ...exceptionTable(
      "Figures of the paper that the exact law contradicts",
      "In each of these rows the law is a closed form or draws of the density itself, and decides. Either what was " +
        "measured is the law's and not the paper's, or the published set-up was repeated and departs from the law as the paper did.",
      rowsWhere(
        ({ isReproduced, agreesWithLaw }) =>
          (isReproduced === false && agreesWithLaw === true) || (isReproduced === true && agreesWithLaw === false),
      ),
    ),
    ...exceptionTable(
      "What is not reproduced, and no law decides",
      "Trained models, published set-ups that are not fully known, and what was measured otherwise than either foretold.",
      rowsWhere(
        ({ isReproduced, agreesWithLaw }) =>
          (isReproduced === false && agreesWithLaw !== true) || (isReproduced === null && agreesWithLaw === false),
      ),
    ),
  ];
}

function disputeTable(reported: readonly Reported[]): Block[] {
  const rows = reported.flatMap(({ experiment: { name, disputes = [] }, result }) =>
    result === undefined
      ? []
      : disputes.map(({ paper, law, shownBy }) => [
          name,
          paper,
          law,
          shownBy
            .flatMap(({ subject, quantity }) =>
              result.rows.filter((row) => row.subject === subject && row.quantity === quantity),
            )
            .map((row) => `${row.subject}: ${row.quantity} ${measuredText(row)}`)
            .join("; "),
        ]),
  );
  if (rows.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: "Where the paper and the exact law part" },
    {
      kind: "paragraph",
      text: "The law is right in each of these: what was measured decides, and the experiment of that name shows it.",
    },
    { kind: "table", head: ["experiment", "the paper", "the exact law", "measured"], rows },
  ];
}

function exceptionTable(
  text: string,
  explanation: string,
  rows: readonly { readonly experiment: Experiment; readonly row: Row }[],
): Block[] {
  if (rows.length === 0) return [];
  return [
    { kind: "heading", level: 2, text },
    { kind: "paragraph", text: explanation },
    {
      kind: "table",
      head: ["experiment", "figure", "published", "exact law", "measured", "band", "why"],
      rows: rows.map(({ experiment, row }) => [
        experiment.name,
        `${row.subject}: ${row.quantity}`,
        row.published?.text ?? "–",
        expectedText(row.expected),
        measuredText(row),
        bandText(row, false),
        row.reason ?? "no reason known",
      ]),
    },
  ];
}

function experimentBlocks({ experiment, result, absence }: Reported, options: ReportOptions): Block[] {
  const { isQuick, picture, withheldPictures } = options;
  const head: Block[] = [
    { kind: "heading", level: 3, text: experiment.title, id: experiment.name },
    { kind: "paragraph", text: `${experiment.source}. ${experiment.protocol}`, tone: "small" },
  ];
  if (result === undefined) return [...head, { kind: "paragraph", text: absence ?? "Not run." }];
  const withheld = result.pictures.length === 0 ? undefined : withheldPictures?.(experiment);
  const differences = [
    ...new Map(
      result.rows.flatMap(({ dataDifference: each, quantity }) =>
        each === undefined || each.amount === 0
          ? []
          : [[`${quantity}${each.why}${each.amount}`, differenceText(quantity, each)] as const],
      ),
    ).values(),
  ];
  return [
    ...head,
    ...(isQuick
      ? [
          {
            kind: "paragraph",
            text: `Expected of a quick run: ${experiment.quickExpectation}.`,
            tone: "small",
          } as const,
        ]
      : []),
    {
      kind: "table",
      head: ["", "figure", "published", "exact law or closed form", "measured", "band", "verdict"],
      rows: result.rows.map((row, i) => [
        // A subject stands once above its figures.
        result.rows[i - 1]?.subject === row.subject ? "" : row.subject,
        row.quantity,
        row.published?.text ?? "–",
        expectedText(row.expected),
        measuredText(row),
        bandText(row, isQuick),
        isQuick ? quickText(row) : row.verdict.text,
      ]),
      tones: result.rows.map((row) => toneOf(row, isQuick)),
    },
    ...(differences.length === 0
      ? []
      : ([
          { kind: "paragraph", text: "Data differences allowed for:", tone: "small" },
          { kind: "list", items: differences },
        ] as const)),
    ...result.notes.map((text): Block => ({ kind: "paragraph", text })),
    ...result.figures.map((figure): Block => ({
      kind: "image",
      alt: figure.title,
      path: `figures/${figure.name}.svg`,
      content: figureSvg(figure),
    })),
    ...(withheld === undefined
      ? result.pictures.map(({ name, title }): Block => ({
          kind: "image",
          alt: title,
          path: `pictures/${name}.png`,
          content: picture(name),
        }))
      : [
          {
            kind: "paragraph",
            text: `Its pictures are not kept here, but every run makes them: ${withheld}.`,
          } as const,
        ]),
  ];
}

/** How far from the published figure, and from the law's, its verdict lets a measurement lie, and what of that is no chance. */
function bandText(row: Row, isQuick: boolean): string {
  const { published, expected, dataDifference } = row;
  const parts: string[] = [];
  if (published !== undefined && !isQuick) {
    const allowance = partText(dataDifference?.amount ?? 0, publishedBand(row), restsOnDataDifference(row));
    parts.push(`${bandSigns[published.sense]}${formatBand(publishedBand(row))} of the print${allowance}`);
  }
  if (expected !== undefined) {
    const allowance = partText(expected.tolerance, lawBand(row), restsOnTolerance(row));
    parts.push(`${bandSigns[expected.sense]}${formatBand(lawBand(row))} of the law${allowance}`);
  }
  return parts.join("; ") || "–";
}

const bandSigns = { equal: "±", atLeast: "−", atMost: "+" } as const;

/** What of a band is allowed beside chance, unless no digit shows it. */
function partText(amount: number, band: number, isNeeded: boolean): string {
  return amount < band / 1000 ? "" : ` (${formatBand(amount)} of it allowed${isNeeded ? ", and needed" : ""})`;
}

/** To three digits, however small: 0.0000 would be no band at all. */
function formatBand(band: number): string {
  return String(Number(band.toPrecision(3)));
}

function quickText({ verdict: { agreesWithLaw } }: Row): string {
  return agreesWithLaw === null ? "–" : agreesWithLaw ? "as the exact law" : "not as the exact law";
}

function toneOf({ verdict: { isReproduced, agreesWithLaw } }: Row, isQuick: boolean): "good" | "bad" | "plain" {
  const all = isQuick ? [agreesWithLaw] : [isReproduced, agreesWithLaw];
  if (all.every((each) => each === null)) return "plain";
  return all.some((each) => each === false) ? "bad" : "good";
}

function differenceText(quantity: string, { amount, why }: DataDifference): string {
  return `${quantity}: ±${formatFigure(amount)}, ${why}.`;
}

function expectedText(expected: Expected | undefined): string {
  if (expected === undefined) return "–";
  const { value, se, source, sense } = expected;
  const sign = { equal: "", atLeast: "≥ ", atMost: "≤ " }[sense];
  return `${sign}${formatFigure(value)}${se === null ? "" : ` ± ${formatFigure(se)}`} (${source})`;
}

function measuredText({ mean, se }: Row): string {
  return `${formatFigure(mean)}${se === null ? "" : ` ± ${formatFigure(se)}`}`;
}

/** Whole numbers as they are, others to four decimals, or to four digits where they are large; JSON has null for NaN. */
export function formatFigure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const text = size >= 1000 ? value.toFixed(0) : size >= 10 ? value.toPrecision(5) : value.toFixed(4);
  return (/^-0\.0*$/.test(text) ? text.slice(1) : text).replace("-", "−");
}

function provenance(reported: readonly Reported[], { place }: ReportOptions): Block[] {
  const results = reported.flatMap(({ result }) => result ?? []);
  const files = new Map(
    results.flatMap(({ inputs }) => Object.values(inputs.data).flatMap((each) => Object.entries(each))),
  );
  const distinct = (pick: (result: StoredResult) => string): string => [...new Set(results.map(pick))].join(", ");
  return [
    { kind: "heading", level: 2, text: "Provenance" },
    {
      kind: "list",
      items: [
        `Seed ${distinct(({ inputs }) => inputs.seed) || "–"}; engine ${distinct(({ inputs }) => inputs.engine) || "–"}; version ${distinct(({ inputs }) => inputs.version) || "–"}.`,
        ...place,
      ],
    },
    {
      kind: "table",
      head: ["data", "SHA-256"],
      rows: [...files.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, hash]) => [file, hash]),
    },
    {
      kind: "table",
      head: ["experiment", "key of its inputs"],
      rows: reported.flatMap(({ experiment, result }) => (result === undefined ? [] : [[experiment.name, result.key]])),
    },
  ];
}
