/**
 * Text as vector outlines, from a font that comes with the package: pictures look the same on a machine without any
 * fonts. Left-to-right scripts that DejaVu Sans covers (Latin, Greek, mathematics), one glyph per character with
 * kerning: opentype.js stops at substitution rules of this font, so its own layout of whole strings is not used.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Font, Glyph } from "opentype.js";

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
  layOut(text, style, (glyph, offset) => outlines.push(glyph.getPath(x + offset, baseline, style.size).toPathData(2)));
  return `<path fill="${style.colour}" d="${outlines.join("")}"/>`;
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
