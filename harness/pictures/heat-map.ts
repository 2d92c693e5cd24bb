/** A table of values in [0, 1] as colours over two logarithmic axes, with lines across it; as SVG. */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { ArgumentError } from "../../src/index.ts";
import {
  createScale,
  escapeText,
  faintMark,
  headingStyle,
  leading,
  paper,
  ruleColour,
  subtitleStyle,
  textStyle,
  tickLength,
  ticksOf,
  titleStyle,
} from "./axes.ts";
import { textElement, textWidth, wrapText, type TextStyle } from "./text.ts";

export interface HeatMap {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly valueLabel: string;
  /** Centres of the columns, ascending and above 0. */
  readonly x: readonly number[];
  /** Centres of the rows, ascending and above 0. */
  readonly y: readonly number[];
  /** Clipped to [0, 1], [y.length][x.length]; what is not finite is left blank. */
  readonly values: readonly (readonly number[])[];
  readonly contours: readonly {
    readonly label: string;
    readonly x: readonly number[];
    readonly y: readonly number[];
  }[];
}

const width = 760;
const plotHeight = 430;
const left = 84;
const right = width - 170;
const outer = 36;
const barWidth = 16;
/** Lighter where the value is larger, to be read without colour as well. */
const colours = ["#1d1147", "#4f2a7b", "#9a3d78", "#dd6a55", "#f6b65a", "#fdf3c4"] as const;
const contourStyles = [
  { colour: "#ffffff", dash: "" },
  { colour: "#7de0ff", dash: "5 4" },
] as const;

/**
 * Draws a heat map.
 * @throws ArgumentError unless there is a value for every pair of at least two x and two y
 */
export function renderHeatMap({
  title,
  subtitle,
  xLabel,
  yLabel,
  valueLabel,
  x,
  y,
  values,
  contours,
}: HeatMap): string {
  if (x.length < 2 || y.length < 2 || values.length !== y.length || values.some((each) => each.length !== x.length))
    throw new ArgumentError(
      "values",
      `must have a value for each of ${y.length} × ${x.length} cells, at least 2 × 2, got ${values.length} × ${values[0]?.length ?? 0}`,
    );
  const colour = scaleLinear<string>()
    .domain(colours.map((_, i) => i / (colours.length - 1)))
    .range(colours)
    .clamp(true);
  const parts: string[] = [];
  let top: number = outer;
  const write = (text: string, style: TextStyle): void => {
    for (const textLine of wrapText(text, width - left - outer, style)) {
      parts.push(textElement(textLine, left, Math.round(top + style.size), style));
      top += Math.round(style.size * leading);
    }
  };
  write(title, titleStyle);
  write(subtitle, subtitleStyle);
  top += 14;
  parts.push(textElement(yLabel, left, top + headingStyle.size, headingStyle));
  top += headingStyle.size + 12;
  const bottom = top + plotHeight;
  const [xEdges, yEdges] = [edges(x), edges(y)];
  const xScale = createScale("log", [xEdges[0]!, xEdges.at(-1)!]).range([left, right]);
  const yScale = createScale("log", [yEdges[0]!, yEdges.at(-1)!]).range([bottom, top]);

  values.forEach((cells, row) => {
    cells.forEach((value, column) => {
      if (!Number.isFinite(value)) return;
      const [x0, x1] = [xScale(xEdges[column]!), xScale(xEdges[column + 1]!)];
      const [y0, y1] = [yScale(yEdges[row + 1]!), yScale(yEdges[row]!)];
      parts.push(
        `<rect x="${x0.toFixed(1)}" y="${y0.toFixed(1)}" width="${(x1 - x0 + 0.3).toFixed(1)}" height="${(y1 - y0 + 0.3).toFixed(1)}" fill="${colour(value)}"/>`,
      );
    });
  });
  contours.forEach((contour, i) => {
    const { colour: stroke, dash } = contourStyles[i % contourStyles.length]!;
    const points = contour.x.map((value, at): [number, number] => [value, contour.y[at]!]);
    const path = line()
      .defined(([a, b]) => Number.isFinite(a) && Number.isFinite(b))
      .x(([a]) => xScale(a))
      .y(([, b]) => yScale(b))
      .digits(1)(points);
    const dashes = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
    parts.push(`<path d="${path ?? ""}" fill="none" stroke="${stroke}" stroke-width="2.4"${dashes}/>`);
  });

  for (const { at, label } of ticksOf(yScale, "log", 5)) {
    parts.push(`<path d="M${left} ${at.toFixed(1)}h-${tickLength}" stroke="${faintMark}"/>`);
    if (label !== undefined)
      parts.push(textElement(label, left - 9 - textWidth(label, textStyle), at + textStyle.size * 0.36, textStyle));
  }
  for (const { at, label } of ticksOf(xScale, "log", 8)) {
    parts.push(`<path d="M${at.toFixed(1)} ${bottom}v${tickLength}" stroke="${faintMark}"/>`);
    if (label !== undefined)
      parts.push(textElement(label, at - textWidth(label, textStyle) / 2, bottom + tickLength + 16, textStyle));
  }
  parts.push(
    `<rect x="${left}" y="${top}" width="${right - left}" height="${plotHeight}" fill="none" stroke="${ruleColour}"/>`,
    textElement(xLabel, (left + right - textWidth(xLabel, headingStyle)) / 2, bottom + 44, headingStyle),
    colourBar(colour, valueLabel, right + 28, top),
    ...contours.map(({ label }, i) => legendLine(label, i, right + 28, top + 290 + i * 34)),
  );
  const height = bottom + 70;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escapeText(title)}</title><rect width="${width}" height="${height}" fill="${paper}"/>${parts.join("\n")}</svg>\n`
  );
}

/** Between neighbours by their logarithms, and as far beyond the ends: one more than centres. */
function edges(centres: readonly number[]): number[] {
  const inner = centres.slice(1).map((centre, i) => Math.sqrt(centre * centres[i]!));
  const last = centres.length - 1;
  return [centres[0]! ** 2 / inner[0]!, ...inner, centres[last]! ** 2 / inner.at(-1)!];
}

function colourBar(colour: (value: number) => string, label: string, x: number, top: number): string {
  const barHeight = 220;
  const numSteps = 44;
  const cells = Array.from({ length: numSteps }, (_, i) => {
    const share = (i + 0.5) / numSteps;
    return `<rect x="${x}" y="${(top + 24 + barHeight * (1 - (i + 1) / numSteps)).toFixed(1)}" width="${barWidth}" height="${(barHeight / numSteps + 0.3).toFixed(1)}" fill="${colour(share)}"/>`;
  });
  const ticks = [0, 0.5, 1].map((value) =>
    textElement(String(value), x + barWidth + 7, top + 24 + barHeight * (1 - value) + textStyle.size * 0.36, textStyle),
  );
  return [textElement(label, x, top + 10, headingStyle), ...cells, ...ticks].join("");
}

function legendLine(label: string, index: number, x: number, baseline: number): string {
  const { colour, dash } = contourStyles[index % contourStyles.length]!;
  const dashes = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
  return (
    `<rect x="${x}" y="${baseline - 13}" width="34" height="17" fill="${colours[1]}"/>` +
    `<path d="M${x} ${baseline - 4.5}h34" stroke="${colour}" stroke-width="2.4"${dashes}/>` +
    textElement(label, x, baseline + 17, textStyle)
  );
}
