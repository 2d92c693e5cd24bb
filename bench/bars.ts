/** Horizontal bars on a logarithmic axis: rates of contestants that differ by orders of magnitude. */
import { scaleLog } from "d3-scale";
import { textElement, textWidth, wrapText, type TextStyle } from "../harness/pictures/text.ts";

export interface Bar {
  readonly label: string;
  /** Above 0. */
  readonly value: number;
}

export interface BarOptions {
  readonly title: string;
  readonly subtitle: string;
  /** The figure beside a bar. */
  readonly format: (value: number) => string;
}

const width = 960;
const edge = 36;
const rowHeight = 26;
const titleStyle: TextStyle = { weight: "bold", size: 19, colour: "#1b1b1a" };
const subtitleStyle: TextStyle = { weight: "regular", size: 13, colour: "#63635e" };
const textStyle: TextStyle = { weight: "regular", size: 12, colour: "#3b3b38" };
const ownColour = "#24589c";
const peerColour = "#c2571a";

/** Longest first; this library's in one colour, peers in another. */
export function renderBars(bars: readonly Bar[], { title, subtitle, format }: BarOptions): string {
  const sorted = bars.toSorted((a, b) => b.value - a.value);
  const parts: string[] = [];
  let top = edge;
  const write = (text: string, style: TextStyle): void => {
    for (const line of wrapText(text, width - 2 * edge, style)) {
      parts.push(textElement(line, edge, top + style.size, style));
      top += Math.round(style.size * 1.45);
    }
  };
  write(title, titleStyle);
  write(subtitle, subtitleStyle);
  top += 14;
  const left = edge + Math.max(...sorted.map(({ label }) => textWidth(label, textStyle))) + 12;
  const figureWidth = Math.max(...sorted.map(({ value }) => textWidth(format(value), textStyle)));
  // From a power of ten below the smallest, so that it has a bar as well.
  const low = 10 ** Math.floor(Math.log10(sorted.at(-1)!.value) - 0.5);
  const x = scaleLog()
    .domain([low, sorted[0]!.value])
    .range([left, width - edge - figureWidth - 10]);
  for (const { label, value } of sorted) {
    const baseline = top + rowHeight / 2 + textStyle.size * 0.36;
    const colour = label.startsWith("this library") ? ownColour : peerColour;
    parts.push(
      textElement(label, left - 8 - textWidth(label, textStyle), baseline, textStyle),
      `<rect x="${left.toFixed(1)}" y="${top + 4}" width="${(x(value) - left).toFixed(1)}" height="${rowHeight - 8}" fill="${colour}"/>`,
      textElement(format(value), x(value) + 7, baseline, textStyle),
    );
    top += rowHeight;
  }
  write(`Bars on a logarithmic axis that begins at ${format(low)}.`, subtitleStyle);
  const height = top + edge / 2;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<rect width="${width}" height="${height}" fill="#fafaf8"/>${parts.join("\n")}</svg>\n`
  );
}
