/** The report from made-up results: tables, verdicts, pictures and provenance, in Markdown and HTML. */
import { describe, expect, it } from "vitest";
import { toHtml, toMarkdown } from "../../../harness/reproduction/document.ts";
import { formatFigure, reportBlocks, reportTitle, type Reported } from "../../../harness/reproduction/report.ts";
import { experiments } from "../../../src/index.ts";
import { closedForm, published, row } from "../../../src/experiments/verdict.ts";

const pixel = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

const reported: readonly Reported[] = [
  {
    experiment: experiments.find(({ name }) => name === "digit-3")!,
    seconds: 75,
    result: {
      format: 1,
      key: "abc123",
      inputs: {
        experiment: "digit-3",
        revision: 1,
        isQuick: false,
        seed: "7",
        engine: "reference on the CPU",
        version: "0.1.0",
        data: { digits: { "mnist/train.gz": "feed" } },
      },
      rows: [
        row({
          subject: "SA",
          quantity: "N, novelty of ξ",
          published: published("0.152", "0.001"),
          mean: 0.1521,
          se: 0.0006,
        }),
        row({
          subject: "SA",
          quantity: "acceptance | rate",
          published: published("0.000"),
          expected: closedForm("2Φ(…)", 0.376, 0.01),
          mean: 0.37,
          se: 0.002,
          reason: "a cold start <b>",
          dataDifference: { amount: 0.01, why: "other images" },
        }),
      ],
      figures: [
        {
          kind: "lines",
          name: "curve",
          title: "A curve",
          subtitle: "of two points",
          xLabel: "β",
          panels: [{ heading: "N", series: [{ label: "N", x: [1, 2], y: [0, 1] }] }],
        },
        {
          kind: "heat",
          name: "map",
          title: "A map",
          subtitle: "of four cells",
          xLabel: "K/d",
          yLabel: "β",
          valueLabel: "C",
          x: [0.1, 1],
          y: [1, 10],
          values: [
            [0, 0.5],
            [0.7, 1],
          ],
          contours: [{ label: "C = 0.5", x: [0.1, 1], y: [3, Number.NaN] }],
        },
      ],
      pictures: [{ name: "sheet", title: "Samples ξ", subtitle: "" }],
      notes: ["What it means."],
    },
  },
  { experiment: experiments[0]!, result: undefined, seconds: undefined, absence: "not run: no file" },
];

const options = { isQuick: false, picture: () => pixel, place: ["Node 20."] };

describe("report", () => {
  const blocks = reportBlocks(reported, options);
  const markdown = toMarkdown(blocks);
  const html = toHtml(reportTitle, blocks);

  it("has every figure beside the published one, the law and the verdict", () => {
    expect(markdown).toContain(
      "| SA | N, novelty of ξ | 0.152 ± 0.001 | – | 0.1521 ± 0.0006 | ±0.004 of the print | reproduced |",
    );
    expect(markdown).toContain(
      "|  | acceptance \\| rate | 0.000 | 0.3760 (2Φ(…)) | 0.3700 ± 0.0020 | ±0.019 of the print (0.01 of it allowed); " +
        "±0.016 of the law (0.01 of it allowed) | not reproduced, the exact law is",
    );
    expect(html).toContain('<tr class="good"><td>SA</td>');
    expect(html).toContain('<tr class="bad">');
  });

  it("gathers where paper and law part, data differences, notes and what is missing", () => {
    expect(markdown).toContain("Figures of the paper that the exact law contradicts");
    expect(markdown).toContain("- acceptance | rate: ±0.0100, other images.");
    expect(markdown).toContain("What it means.");
    expect(markdown).toContain("not run: no file");
    expect(markdown).toContain("1 of 2");
    expect(markdown).toContain("1 min 15 s");
  });

  it("sets the paper's claims beside the law's, with the rows that decide", () => {
    const result = reported[0]!.result!;
    const readout = row({
      subject: "SA, β = 200",
      quantity: "novelty of T(ξ), the clean readout",
      mean: 0.25,
      se: null,
    });
    const text = toMarkdown(reportBlocks([{ ...reported[0]!, result: { ...result, rows: [readout] } }], options));
    expect(text).toMatch(
      /\| digit-3 \| Samples of SA are new digits.*\| SA, β = 200: novelty of T\(ξ\), the clean readout 0\.2500 \|/,
    );
  });

  it("sums up first, and lists what is not reproduced with its reason", () => {
    expect(markdown).toContain(
      "1 of 2 published figures are reproduced. Of 1 figures that a law foretells, 1 are as it says.",
    );
    expect(markdown).not.toContain("What is not reproduced, and no law decides");
    const result = reported[0]!.result!;
    const open = row({
      subject: "VAE",
      quantity: "N",
      published: published("0.2"),
      mean: 0.4,
      se: 0,
      reason: "a network",
    });
    const text = toMarkdown(reportBlocks([{ ...reported[0]!, result: { ...result, rows: [open] } }], options));
    expect(text).toContain("What is not reproduced, and no law decides");
    expect(text).toContain("| digit-3 | VAE: N | 0.2 | – | 0.4000 ± 0 | ±0.05 of the print | a network |");
  });

  it("says what the totals are worth: how many rows need an allowance, and how they go together", () => {
    const result = reported[0]!.result!;
    const rows = [
      ...result.rows,
      ...[0.205, 0.215, 0.225].map((mean) =>
        row({
          subject: "VAE",
          quantity: `N of ${mean}`,
          published: published("0.20"),
          mean,
          se: null,
          dataDifference: { amount: 0.015, why: "other images" },
        }),
      ),
      row({
        subject: "acceptance",
        quantity: "of a few",
        published: published("> 0.99"),
        expected: closedForm("1 − α", 0.98, 0.01),
        mean: 0.985,
        se: 0.0001,
      }),
    ];
    const text = toMarkdown(reportBlocks([{ ...reported[0]!, result: { ...result, rows } }], options));
    expect(text).toContain(
      "4 of 6 published figures are reproduced. Of 2 figures that a law foretells, 2 are as it says.",
    );
    expect(text).toContain(
      "Of the 4 reproduced ones 2 have an allowance for data, trainings or readings that are not public, and 1 need it: they " +
        "lie beyond three standard errors and the rounding. Of the 2 that are as the law says 1 need what the formula leaves out.",
    );
    expect(text).toContain("| N of 0.215 | 0.20 | – | 0.2150 | ±0.02 of the print (0.015 of it allowed, and needed) |");
    expect(text).toContain("−0.00542 of the print; ±0.0103 of the law (0.01 of it allowed, and needed) |");
    expect(text).toContain("Rows are not independent");
    expect(text).toContain("once in 370");

    const quick = toMarkdown(
      reportBlocks([{ ...reported[0]!, result: { ...result, rows } }], { ...options, isQuick: true }),
    );
    expect(quick).not.toMatch(/\d of the print/);
    expect(quick).not.toContain("reproduced ones");
    expect(quick).toContain("Of the 2 that are as the law says 1 need what the formula leaves out.");
    expect(toMarkdown(reportBlocks([reported[1]!], options))).not.toContain("Rows are not independent");
  });

  it("leaves pictures out that may not be handed on, and says why", () => {
    const withheldPictures = () => "they are somebody's";
    const text = toMarkdown(reportBlocks(reported, { ...options, withheldPictures }));
    expect(text).not.toContain("pictures/sheet.png");
    expect(text).toContain("Its pictures are not kept here, but every run makes them: they are somebody's.");
  });

  it("ends with provenance: seed, engine, hashes, keys", () => {
    expect(markdown).toContain("Seed 7; engine reference on the CPU; version 0.1.0.");
    expect(markdown).toContain("| mnist/train.gz | feed |");
    expect(markdown).toContain("| digit-3 | abc123 |");
  });

  it("links pictures in Markdown and holds them in the page", () => {
    expect(markdown).toContain("![A curve](figures/curve.svg)");
    expect(markdown).toContain("![Samples ξ](pictures/sheet.png)");
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).toContain("data:image/png;base64,iVBORw==");
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
  });

  it("escapes what it is given", () => {
    expect(html).toContain("a cold start &lt;b&gt;");
    expect(html).not.toContain("<b>");
    expect(markdown).toContain("a cold start \\<b\\>");
  });

  it("of a quick run holds nothing against the paper", () => {
    const quick = toMarkdown(reportBlocks(reported, { ...options, isQuick: true }));
    expect(quick).toContain("reproduce no published");
    expect(quick).not.toContain("the exact law part");
    expect(quick).not.toContain("the exact law contradicts");
    expect(quick).toContain("Expected of a quick run");
  });
});

describe("formatFigure", () => {
  it.each([
    [0.15212, "0.1521"],
    [-0.30499, "−0.3050"],
    [-0.00001, "0.0000"],
    [38.6123, "38.612"],
    [1252.73, "1253"],
    [8, "8"],
    [Number.NaN, "–"],
    [null, "–"],
  ])("%d is %s", (value, text) => expect(formatFigure(value)).toBe(text));
});
