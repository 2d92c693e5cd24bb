/**
 * Text as vector outlines, from a font that comes with the package: pictures look the same on a machine without any
 * fonts. Left-to-right scripts that DejaVu Sans covers (Latin, Greek, mathematics), one glyph per character with
 * kerning: opentype.js stops at substitution rules of this font, so its own layout of whole strings is not used.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Font, Glyph, Path } from "opentype.js";

const require = createRequire(import.meta.url);
// Its CommonJS entry has no named exports under Node and its ESM entry no default under Vite: require means one thing in both.
const opentype = require("opentype.js") as typeof import("opentype.js");

export type Weight = "regular" | "bold";

export interface TextStyle {
  readonly weight: Weight;
  /** Pixels per em. */
  readonly size: number;
  /** An SVG colour. */
  readonly colour: string;
}

const files: Record<Weight, string> = { regular: "DejaVuSans.ttf", bold: "DejaVuSans-Bold.ttf" };
const fonts = new Map<Weight, Font>();

function font(weight: Weight): Font {
  let loaded = fonts.get(weight);
  if (loaded === undefined) {
    const file = readFileSync(require.resolve(`dejavu-fonts-ttf/ttf/${files[weight]}`));
    loaded = opentype.parse(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
    fonts.set(weight, loaded);
  }
  return loaded;
}

/** Calls `visit` for each glyph with where it starts; returns where the line ends. In pixels, from 0. */
function layOut(text: string, { weight, size }: TextStyle, visit?: (glyph: Glyph, x: number) => void): number {
  const face = font(weight);
  let x = 0;
  let previous: Glyph | undefined;
  for (const character of text) {
    const glyph = face.charToGlyph(character);
    if (previous !== undefined)
      x += ((face.kerningPairs[`${previous.index},${glyph.index}`] ?? 0) * size) / face.unitsPerEm;
    visit?.(glyph, x);
    x += ((glyph.advanceWidth ?? 0) * size) / face.unitsPerEm;
    previous = glyph;
  }
  return x;
}

/** Width of `text` on one line, in pixels. */
export function textWidth(text: string, style: TextStyle): number {
  return layOut(text, style);
}

/** An SVG element that shows `text` with its baseline starting at (x, baseline). */
export function textElement(text: string, x: number, baseline: number, style: TextStyle): string {
  const outlines: string[] = [];
  layOut(text, style, (glyph, offset) => outlines.push(pathData(glyph.getPath(x + offset, baseline, style.size))));
  return `<path fill="${style.colour}" d="${outlines.join("")}"/>`;
}

/** Steps of a coordinate in a pixel. */
const precision = 20;

/** An outline in relative steps, which are half as long as positions: text is most of what a plot weighs. */
function pathData({ commands }: Path): string {
  let data = "";
  let [penX, penY] = [0, 0];
  /** Moves the pen to the last point; the steps to all of them. */
  const stepsTo = (...points: readonly number[]): number[] => {
    const steps = points.map((value, i) => Math.round(value * precision) - (i % 2 === 0 ? penX : penY));
    penX += steps.at(-2)!;
    penY += steps.at(-1)!;
    return steps;
  };
  for (const command of commands)
    switch (command.type) {
      case "M":
        stepsTo(command.x, command.y);
        // Absolute, because outlines are put one after another.
        data += `M${numberList([penX, penY])}`;
        break;
      case "L":
        data += lineData(stepsTo(command.x, command.y));
        break;
      case "Q":
        data += `q${numberList(stepsTo(command.x1, command.y1, command.x, command.y))}`;
        break;
      case "C":
        data += `c${numberList(stepsTo(command.x1, command.y1, command.x2, command.y2, command.x, command.y))}`;
        break;
      default:
      // What is filled is closed by itself.
    }
  return data;
}

function lineData(steps: readonly number[]): string {
  const [x, y] = steps;
  if (y === 0) return x === 0 ? "" : `h${numberList([x!])}`;
  return x === 0 ? `v${numberList([y!])}` : `l${numberList(steps)}`;
}

/** Numbers apart from each other by as little as will do. */
function numberList(steps: readonly number[]): string {
  return steps
    .map((step, i) => {
      const size = String(Math.abs(step) / precision).replace(/^0\./, ".");
      return step < 0 ? `-${size}` : i === 0 ? size : ` ${size}`;
    })
    .join("");
}

/** As much of `text` as fits `width` pixels: its beginning and its end, which tell numbered file names apart. */
export function shortenText(text: string, width: number, style: TextStyle): string {
  if (textWidth(text, style) <= width) return text;
  const characters = Array.from(text);
  for (let kept = characters.length - 1; kept > 0; kept--) {
    const shorter = [
      ...characters.slice(0, Math.ceil(kept / 2)),
      "…",
      ...characters.slice(characters.length - Math.floor(kept / 2)),
    ].join("");
    if (textWidth(shorter, style) <= width) return shorter;
  }
  return "…";
}

/** Names that are longer than this lose what all of them begin and end with. */
const maxNameLength = 12;

/** The names as they tell patterns apart in little room: photographs of one camera differ in a few digits. */
export function distinctNames(names: readonly string[]): readonly string[] {
  if (names.length < 2 || names.every((name) => name.length <= maxNameLength)) return names;
  const shortest = Math.min(...names.map((name) => name.length));
  const isShared = (at: number): boolean => names.every((name) => name.at(at) === names[0]!.at(at));
  let [head, tail] = [0, 0];
  while (head < shortest - 1 && isShared(head)) head++;
  while (tail < shortest - head - 1 && isShared(-1 - tail)) tail++;
  // An ellipsis in place of a single character would save nothing.
  if (head < 2) head = 0;
  if (tail < 2) tail = 0;
  return names.map((name) => {
    const own = name.slice(head, name.length - tail);
    return `${head > 0 ? "…" : ""}${own}${tail > 0 ? "…" : ""}`;
  });
}

/** Breaks `text` at spaces into lines of at most `width` pixels; a longer word keeps a line to itself. */
export function wrapText(text: string, width: number, style: TextStyle): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && textWidth(longer.trim(), style) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
