/**
 * Line plots as SVG: panels one below the other over a shared horizontal axis, with marks that run through all of them.
 * d3 does scales and curves; text is outlines (text.ts), so that a plot looks the same wherever it is opened or turned
 * into pixels. What the curves mean is for the caller to say.
 */
import { line } from "d3-shape";
import { ArgumentError, describe } from "../../src/index.ts";
import {
  createScale,
  escapeText,
  faintMark,
  gridColour,
  ground,
  headingStyle,
  leading,
  paper,
  ruleColour,
  strongMark,
  subtitleStyle,
  textOnPaper,
  textStyle,
  tickLength,
  ticksOf,
  titleStyle,
  type Scale,
} from "./axes.ts";
import { textElement, textWidth, wrapText, type TextStyle } from "./text.ts";

export interface PlotSeries {
  /** Its name in the legend of its panel. */
  readonly label: string;
  /** The curve is broken where a value is not finite, or not above 0 on a logarithmic axis. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** `line` by default. */
  readonly kind?: "line" | "points";
}

export interface PlotPanel {
  /** What the vertical axis shows, with its unit. */
  readonly heading: string;
  readonly series: readonly PlotSeries[];
  readonly scale?: "linear" | "log";
  /** Ends of the vertical axis; by default round numbers around the values. */
  readonly domain?: readonly [number, number];
}

/** A vertical line through all panels. */
export interface PlotMark {
  readonly x: number;
  readonly label: string;
  /** Drawn strong rather than faint. */
  readonly isStrong?: boolean;
}

export interface PlotOptions {
  readonly title: string;
  /** How the curves were made, in small print under the title. */
  readonly subtitle?: string;
  readonly xLabel: string;
  readonly xScale?: "linear" | "log";
  /** Ends of the horizontal axis; by default those of the curves. */
  readonly xDomain?: readonly [number, number];
  readonly marks?: readonly PlotMark[];
  /** Pixels, 960 by default. */
  readonly width?: number;
  /** Of one panel, 190 by default. */
  readonly panelHeight?: number;
}

const margin = { outer: 36, left: 84 } as const;
const panelGap = 34;
const swatchWidth = 26;
/** Between a mark and its label. */
const flagGap = 5;
/** Told apart by hue and lightness, and by their dashes where there is no colour. */
const strokes = [
  { colour: "#24589c", dash: "" },
  { colour: "#c2571a", dash: "7 3" },
  { colour: "#2b7a4b", dash: "2 3" },
  { colour: "#8a3d8f", dash: "9 3 2 3" },
  { colour: "#7d6608", dash: "4 2" },
  { colour: "#4b4b48", dash: "1 2" },
] as const;
/**
 * Draws a plot and returns it as SVG.
 * @throws ArgumentError if there is nothing to draw, or a series has not as many x as y
 */
export function renderPlot(panels: readonly PlotPanel[], options: PlotOptions): string {
  requirePanels(panels);
  const { width = 960, panelHeight = 190, marks = [] } = options;
  const [left, right] = [margin.left, width - margin.outer];
  const x = createScale(
    options.xScale,
    options.xDomain ??
      extent(
        panels.flatMap(({ series }) => series.map((s) => s.x)),
        options.xScale,
        "x",
      ),
  ).range([left, right]);

  const parts: string[] = [];
  let top: number = margin.outer;
  const write = (text: string, style: TextStyle): void => {
    for (const textLine of wrapText(text, right - left, style)) {
      parts.push(textElement(textLine, left, Math.round(top + style.size), style));
      top += Math.round(style.size * leading);
    }
  };
  write(options.title, titleStyle);
  if (options.subtitle !== undefined) write(options.subtitle, subtitleStyle);
  top += 10;

  const shown = marks.filter((mark) => isInside(mark.x, x.domain() as [number, number]));
  const labels = placeLabels(shown, x, width - 8);
  const labelHeight = Math.round(textStyle.size * 1.6);
  const numRows = labels.reduce((most, { row }) => Math.max(most, row + 1), 0);
  const labelTop = top;
  top += numRows * labelHeight;

  const bodies: string[] = [];
  panels.forEach((panel, i) => {
    top += i === 0 ? headingStyle.size * 2 : panelGap + headingStyle.size;
    bodies.push(drawPanel(panel, x, { left, right, top, bottom: top + panelHeight }, i === panels.length - 1));
    top += panelHeight;
  });
  // Behind the curves and their headings: a mark must not strike through what it marks.
  for (const { mark, row } of labels) {
    const at = x(mark.x).toFixed(2);
    const stroke =
      mark.isStrong === true
        ? `stroke="${strongMark}" stroke-width="1.4"`
        : `stroke="${faintMark}" stroke-dasharray="3 3"`;
    parts.push(`<path d="M${at} ${labelTop + row * labelHeight + 3}V${top}" fill="none" ${stroke}/>`);
  }
  for (const { mark, row, start } of labels) {
    parts.push(textOnPaper(mark.label, start, labelTop + (row + 1) * labelHeight - 6, labelStyle(mark)));
  }
  parts.push(...bodies);

  top += tickLength + textStyle.size + 26;
  parts.push(
    textElement(options.xLabel, (left + right - textWidth(options.xLabel, headingStyle)) / 2, top, headingStyle),
  );
  const height = Math.ceil(top + margin.outer * 0.7);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escapeText(options.title)}</title><rect width="${width}" height="${height}" fill="${paper}"/>${parts.join("\n")}</svg>\n`
  );
}

function requirePanels(panels: readonly PlotPanel[]): void {
  if (panels.length === 0) throw new ArgumentError("panels", "must hold at least one panel, got none");
  for (const { heading, series } of panels) {
    if (series.length === 0 || series.length > strokes.length)
      throw new ArgumentError(
        "panels",
        `must each have 1 to ${strokes.length} series, got ${series.length} in ${describe(heading)}`,
        "show the others in a panel of their own",
      );
    for (const { label, x, y } of series)
      if (x.length !== y.length)
        throw new ArgumentError(
          "panels",
          `series must have as many x as y, got ${x.length} and ${y.length} in ${describe(label)}`,
        );
  }
}

/** Smallest and largest value that the axis can show. */
function extent(
  columns: readonly (readonly number[])[],
  scale: "linear" | "log" = "linear",
  axis: string,
): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const column of columns)
    for (const value of column)
      if (canShow(value, scale)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
  if (low > high)
    throw new ArgumentError(
      "panels",
      `must hold a value that the ${axis} axis can show, got none`,
      "are all of them NaN?",
    );
  if (low < high) return [low, high];
  return scale === "log" ? [low / 2, high * 2] : [low - 1, high + 1];
}

function canShow(value: number, scale: "linear" | "log"): boolean {
  return Number.isFinite(value) && (scale === "linear" || value > 0);
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function drawPanel(panel: PlotPanel, x: Scale, box: Box, isLast: boolean): string {
  const { left, right, top, bottom } = box;
  const kind = panel.scale ?? "linear";
  const y = createScale(
    kind,
    panel.domain ??
      extent(
        panel.series.map((series) => series.y),
        kind,
        "y",
      ),
  ).range([bottom, top]);
  if (panel.domain === undefined) y.nice();
  const parts: string[] = [
    textOnPaper(panel.heading, left, top - 10, headingStyle),
    legend(panel.series, right, top - 10),
  ];

  for (const { at, label } of ticksOf(y, kind, 5)) {
    if (at < top - 0.5 || at > bottom + 0.5) continue;
    parts.push(`<path d="M${left} ${at.toFixed(1)}H${right}" stroke="${gridColour}"/>`);
    if (label !== undefined)
      parts.push(textElement(label, left - 9 - textWidth(label, textStyle), at + textStyle.size * 0.36, textStyle));
  }
  for (const { at, label } of ticksOf(x, "base" in x ? "log" : "linear", 8)) {
    parts.push(
      `<path d="M${at.toFixed(1)} ${bottom}v${label === undefined ? tickLength - 2 : tickLength}" stroke="${faintMark}"/>`,
    );
    if (isLast && label !== undefined)
      parts.push(
        textElement(label, at - textWidth(label, textStyle) / 2, bottom + tickLength + textStyle.size + 4, textStyle),
      );
  }
  parts.push(
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="${ruleColour}"/>`,
  );
  panel.series.forEach((series, i) => parts.push(drawSeries(series, i, x, y, kind)));
  return parts.join("\n");
}

function drawSeries(
  { x: xs, y: ys, kind = "line" }: PlotSeries,
  index: number,
  x: Scale,
  y: Scale,
  yKind: "linear" | "log",
): string {
  const { colour, dash } = strokes[index]!;
  const points = xs.map((value, i): [number, number] => [value, ys[i]!]);
  const isShown = ([a, b]: [number, number]): boolean =>
    canShow(a, "base" in x ? "log" : "linear") && canShow(b, yKind);
  if (kind === "points")
    return points
      .filter(isShown)
      .map(
        ([a, b]) =>
          `<circle cx="${x(a).toFixed(2)}" cy="${y(b).toFixed(2)}" r="3.2" fill="${colour}" stroke="${ground}"/>`,
      )
      .join("");
  const path = line()
    .defined(isShown)
    .x(([a]) => x(a))
    .y(([, b]) => y(b))
    .digits(2)(points);
  return `<path d="${path ?? ""}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}/>`;
}

/** Swatches and names, set from the right; a single series needs none. */
function legend(series: readonly PlotSeries[], right: number, baseline: number): string {
  if (series.length < 2) return "";
  const parts: string[] = [];
  let end = right;
  for (let i = series.length - 1; i >= 0; i--) {
    const { label, kind = "line" } = series[i]!;
    const { colour, dash } = strokes[i]!;
    const start = end - textWidth(label, textStyle);
    const middle = baseline - textStyle.size * 0.36;
    parts.push(
      textOnPaper(label, start, baseline, textStyle),
      kind === "points"
        ? `<circle cx="${start - 12}" cy="${middle}" r="3.2" fill="${colour}"/>`
        : `<path d="M${start - swatchWidth - 6} ${middle}h${swatchWidth}" stroke="${colour}" stroke-width="2"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}/>`,
    );
    end = start - swatchWidth - 24;
  }
  return parts.join("\n");
}

interface PlacedLabel {
  readonly mark: PlotMark;
  /** From the top. */
  readonly row: number;
  readonly start: number;
}

/**
 * Labels as flags to the right of their marks: a mark rises past the labels of those to its right that its own label
 * would cover, so that no line runs through a label unless the right edge leaves no room.
 */
function placeLabels(marks: readonly PlotMark[], x: Scale, right: number): PlacedLabel[] {
  const placed: { readonly mark: PlotMark; readonly at: number; readonly level: number; readonly start: number }[] = [];
  for (const mark of [...marks].sort((a, b) => b.x - a.x)) {
    const at = x(mark.x);
    const width = textWidth(mark.label, labelStyle(mark));
    const start = Math.min(at + flagGap, right - width);
    const below = placed.filter((other) => other.at < start + width + flagGap);
    placed.push({ mark, at, start, level: below.reduce((most, { level }) => Math.max(most, level + 1), 0) });
  }
  const highest = placed.reduce((most, { level }) => Math.max(most, level), 0);
  return placed.map(({ mark, level, start }) => ({ mark, start, row: highest - level }));
}

function labelStyle({ isStrong }: PlotMark): TextStyle {
  return { ...textStyle, weight: isStrong === true ? "bold" : "regular" };
}

function isInside(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}
