/** Plots looked at as pixels and as paths: curves where they should be, and text without any font of the machine. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { renderPlot, type PlotOptions, type PlotPanel } from "../../../harness/pictures/plot.ts";
import { ArgumentError } from "../../../src/index.ts";

const options: PlotOptions = { title: "A title", xLabel: "β" };
const panel: PlotPanel = { heading: "H", series: [{ label: "a", x: [0, 1, 2], y: [0, 4, 2] }] };

/** Every curve's points, as drawn: curves are the only paths with round joins. */
function curves(svg: string): number[][][] {
  return [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#\w+" stroke-width="2"/g)].map(([, d]) =>
    d!
      .split(/[ML]/)
      .filter((point) => point !== "")
      .map((point) => point.replace("Z", "").split(",").map(Number)),
  );
}

describe("curves", () => {
  it("keep the proportions of their values on linear axes", () => {
    const [[a, b, c]] = curves(renderPlot([{ ...panel, domain: [0, 4] }], options)) as [number[][]];
    expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 1);
    expect(a![1]! - b![1]!).toBeCloseTo(2 * (c![1]! - b![1]!), 1);
  });

  it("are straight for a power law on logarithmic axes", () => {
    const power: PlotPanel = { ...panel, scale: "log", series: [{ label: "a", x: [1, 10, 100], y: [1, 100, 1e4] }] };
    const [[a, b, c]] = curves(renderPlot([power], { ...options, xScale: "log" })) as [number[][]];
    expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 1);
    expect(a![1]! - b![1]!).toBeCloseTo(b![1]! - c![1]!, 1);
  });

  it("are broken where a value cannot be shown", () => {
    const gaps = (scale: "linear" | "log", y: number[]) =>
      renderPlot([{ heading: "H", scale, series: [{ label: "a", x: [1, 2, 3, 4, 5], y }] }], options).match(
        /<path d="(M[^"]*)" fill="none" stroke="#\w+" stroke-width="2"/,
      )![1]!;
    expect(gaps("linear", [1, 2, Number.NaN, 4, 5]).match(/M/g)).toHaveLength(2);
    expect(gaps("linear", [1, 2, 0, 4, 5]).match(/M/g)).toHaveLength(1);
    expect(gaps("log", [1, 2, 0, 4, 5]).match(/M/g)).toHaveLength(2);
  });

  it("can be points", () => {
    const svg = renderPlot([{ heading: "H", series: [{ label: "a", kind: "points", x: [0, 1], y: [1, 2] }] }], options);
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(curves(svg)).toEqual([]);
  });

  it("share the horizontal axis of all panels, and draw one constant in the middle", () => {
    const flat: PlotPanel = { heading: "C", series: [{ label: "b", x: [1, 3], y: [5, 5] }] };
    const [first, second] = curves(renderPlot([panel, flat], options)) as [number[][], number[][]];
    // 0, 1, 2 beside 1, 3
    expect(second[0]![0]!).toBeCloseTo(first[1]![0]!, 1);
    expect(second[0]![1]!).toBe(second[1]![1]!);
  });
});

describe("marks", () => {
  const lines = (svg: string): number[] =>
    [...svg.matchAll(/<path d="M([\d.]+) [\d.]+V[\d.]+"/g)].map(([, x]) => Number(x)).sort((a, b) => a - b);

  it("stand at their place in every panel, and are left out beyond the axis", () => {
    const svg = renderPlot([panel, panel], {
      ...options,
      marks: [
        { x: 1, label: "one", isStrong: true },
        { x: 1.001, label: "right beside it" },
        { x: 7, label: "nowhere" },
      ],
    });
    const [one, beside, ...rest] = lines(svg);
    expect(rest).toEqual([]);
    expect(one).toBeCloseTo(curves(svg)[0]![1]![0]!, 1);
    expect(beside).toBeGreaterThan(one!);
  });
});

describe("text", () => {
  it("is outlines, with the title as text for those who cannot see", () => {
    const svg = renderPlot([panel], { ...options, title: "H < log K & more" });
    expect(svg).not.toContain("<text");
    expect(svg).toContain("<title>H &lt; log K &amp; more</title>");
  });

  it("makes the picture that the SVG says it is, ink included", async () => {
    const svg = renderPlot([{ ...panel, series: [...panel.series, { label: "b", x: [0, 2], y: [1, 1] }] }], options);
    const { data, info } = await sharp(Buffer.from(svg)).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([960, Number(/height="(\d+)"/.exec(svg)![1])]);
    // The title is the only thing in its rows.
    const titleRows = data.subarray(36 * info.width * info.channels, 58 * info.width * info.channels);
    expect(titleRows.filter((value) => value < 100).length).toBeGreaterThan(200);
  });
});

describe("ticks", () => {
  /** As many outlines as labels: those of the ticks are what two axes differ by. */
  it.each<[readonly [number, number], "linear" | "log"]>([
    [[1e-8, 1e9], "log"],
    [[3, 40], "log"],
    [[-2e6, 3e6], "linear"],
    [[0, 1e-7], "linear"],
  ])("of %j, %s, are told without a machine's minus or e", (xDomain, xScale) => {
    const at = xScale === "log" ? [...xDomain] : [xDomain[0] + 1e-9, xDomain[1]];
    const svg = renderPlot([{ heading: "H", series: [{ label: "a", x: at, y: [1, 2] }] }], {
      ...options,
      xDomain,
      xScale,
    });
    expect(svg).not.toContain("NaN");
    expect(svg).not.toContain("undefined");
    expect(svg.match(/fill="#3b3b38"/g)!.length).toBeGreaterThanOrEqual(6);
  });
});

describe("refusing", () => {
  it.each<[PlotPanel[], ArgumentError]>([
    [[], new ArgumentError("panels", "must hold at least one panel, got none")],
    [
      [{ heading: "H", series: [] }],
      new ArgumentError(
        "panels",
        'must each have 1 to 6 series, got 0 in "H"',
        "show the others in a panel of their own",
      ),
    ],
    [
      [{ heading: "H", series: [{ label: "a", x: [1, 2], y: [1] }] }],
      new ArgumentError("panels", 'series must have as many x as y, got 2 and 1 in "a"'),
    ],
    [
      [{ heading: "H", series: [{ label: "a", x: [1], y: [Number.NaN] }] }],
      new ArgumentError("panels", "must hold a value that the y axis can show, got none", "are all of them NaN?"),
    ],
  ])("says what is wrong", (panels, error) => {
    expect(() => renderPlot(panels, options)).toThrow(error);
  });
});
