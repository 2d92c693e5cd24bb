/** What plots share: the look of paper, text and axes, scales and their ticks. */
import { scaleLinear, scaleLog } from "d3-scale";
import { textElement, textWidth, type TextStyle } from "./text.ts";

export type Scale = ReturnType<typeof scaleLinear<number>> | ReturnType<typeof scaleLog<number>>;

export const tickLength = 5;
/** Distance of two baselines, in ems. */
export const leading = 1.45;

export const paper = "#fafaf8";
export const ground = "#ffffff";
export const ruleColour = "#dcdcd6";
export const gridColour = "#00000012";
export const faintMark = "#9a9a93";
export const strongMark = "#1b1b1a";
export const titleStyle: TextStyle = { weight: "bold", size: 21, colour: "#1b1b1a" };
export const subtitleStyle: TextStyle = { weight: "regular", size: 13, colour: "#63635e" };
export const headingStyle: TextStyle = { weight: "bold", size: 13, colour: "#1b1b1a" };
export const textStyle: TextStyle = { weight: "regular", size: 12, colour: "#3b3b38" };

export function createScale(kind: "linear" | "log" = "linear", domain: readonly [number, number]): Scale {
  return (kind === "log" ? scaleLog() : scaleLinear()).domain(domain);
}

/** Text that covers what runs behind it. */
export function textOnPaper(text: string, x: number, baseline: number, style: TextStyle): string {
  const box = `x="${x - 3}" y="${baseline - style.size}" width="${textWidth(text, style) + 6}" height="${style.size + 5}"`;
  return `<rect ${box} fill="${paper}"/>${textElement(text, x, baseline, style)}`;
}

export interface Tick {
  readonly at: number;
  /** Left out between powers of ten. */
  readonly label: string | undefined;
}

export function ticksOf(scale: Scale, kind: "linear" | "log", count: number): Tick[] {
  if (kind === "linear") return scale.ticks(count).map((value) => ({ at: scale(value), label: formatTick(value) }));
  const [low, high] = scale.domain() as [number, number];
  // Within two decades powers of ten are too few: 2 and 5 are told as well.
  const told = high / low < 100 ? [1, 2, 5] : [1];
  return scale.ticks().map((value) => {
    const leadingDigit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    return { at: scale(value), label: told.includes(leadingDigit) ? formatTick(value) : undefined };
  });
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Plain up to five digits, then as a power of ten; with a true minus sign. */
function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e-4 && size < 1e5) return String(Number(value.toPrecision(6))).replace("-", "−");
  const power = Math.floor(Math.log10(size) + 1e-9);
  const digits = Number((value / 10 ** power).toPrecision(3));
  const raised = `10${String(power)
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => superscripts[Number(digit)]!)}`;
  return digits === 1 ? raised : `${String(digits).replace("-", "−")}·${raised}`;
}

export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
