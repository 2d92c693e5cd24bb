/**
 * The contact sheet: a title, then sections of pictures, each under its heading and caption. Images are shown pixel by
 * pixel, never smoothed, because noise is part of what they have to show; patterns that are no images become small
 * line plots. What the sections mean, and which patterns go into them, is for the caller to say.
 */
import sharp from "sharp";
import { ArgumentError, describe, requireCount } from "../../src/index.ts";
import { shortenText, textElement, textWidth, wrapText, type TextStyle } from "./text.ts";

export interface SheetSection {
  /** What the cells are, for example "samples ξ". */
  readonly heading: string;
  /** What to see in them. */
  readonly caption?: string;
  /**
   * Patterns of one length. An image is row-major, [height, width, channels], 0 black and 1 white; values outside are
   * clipped.
   */
  readonly cells: readonly ArrayLike<number>[];
  /**
   * Values of a pixel, next to each other, 1 by default: in an image the first three are red, green and blue, or the first
   * one is grey; in a line plot each has a curve of its own.
   */
  readonly channels?: number;
  /** What stands under each cell, in their order. */
  readonly labels?: readonly CellLabel[];
  /** What stands upon each cell, in their order; only images have such places. */
  readonly marks?: readonly (readonly CellMark[])[];
}

/** A line of small print, shortened to what fits its cell. */
export interface CellLabel {
  readonly text: string;
  /** Of a square before the text: red, green and blue, shares of white. */
  readonly colour?: readonly [number, number, number];
}

/** A word upon an image, left out where there is no room for it. */
export interface CellMark {
  readonly text: string;
  /** Row and column of the pixel that it stands upon. */
  readonly row: number;
  readonly column: number;
  /** Pixels around that one, to every side, which the word may cover. */
  readonly reach: number;
}

export interface SheetOptions {
  readonly title: string;
  /** How the patterns were made, in small print under the title. */
  readonly subtitle?: string;
  /** Left undefined, cells are line plots. */
  readonly imageShape: { readonly height: number; readonly width: number } | undefined;
  /** Cells in a row; by default as many as fit a page 1440 pixels wide, at most 10, in full rows. */
  readonly numColumns?: number;
  /** Side of an image's pixel on the sheet; by default what makes cells about 120 pixels large. */
  readonly pixelScale?: number;
}

interface Box {
  readonly width: number;
  readonly height: number;
}

const margin = 40;
const gap = 8;
const sectionGap = 36;
const preferredCell = 120;
const plotCell: Box = { width: 180, height: 104 };
const preferredWidth = 1440;
const preferredColumns = 10;
const minTextWidth = 560;
/** Longer lines are hard to read. */
const maxTextWidth = 1000;
/** Cairo, which draws the text, takes no larger picture. */
const maxSide = 32_767;

const paper = [250, 250, 248] as const;
/** Stands for a value that is not finite: a colour that no grey image has. */
const notFinite = [214, 39, 120] as const;
const ruleColour = "#dcdcd6";
const plotGround = "#ffffff";
const zeroColour = "#c4c4bd";
/** Of the channels of a pattern. */
const curveColours = ["#24589c", "#b5482a", "#3c7a3f", "#7a4a98"];
const titleStyle: TextStyle = { weight: "bold", size: 25, colour: "#1b1b1a" };
const subtitleStyle: TextStyle = { weight: "regular", size: 14, colour: "#63635e" };
const headingStyle: TextStyle = { weight: "bold", size: 17, colour: "#1b1b1a" };
const captionStyle: TextStyle = { weight: "regular", size: 14, colour: "#63635e" };
const labelStyle: TextStyle = { weight: "regular", size: 12, colour: "#3a3a37" };
const markStyle: TextStyle = { weight: "bold", size: 10, colour: "#1b1b1a" };
/** Distance of two baselines, in ems. */
const leading = 1.45;
/** Labels under narrower cells would say nothing. */
const minLabelWidth = 112;
const labelHeight = 18;
const swatchSide = 10;
/** Light around a mark, which parts it from any colour. */
const halo = 2.5;

/**
 * Draws a sheet and returns it as a PNG file.
 * @throws ArgumentError if there is nothing to draw, a cell has the wrong length, or the sheet would be too large
 */
export async function renderSheet(sections: readonly SheetSection[], options: SheetOptions): Promise<Buffer> {
  const length = requireSections(sections, options);
  const { imageShape } = options;
  const pixelScale = imageShape === undefined ? 1 : (options.pixelScale ?? defaultPixelScale(imageShape));
  const cell =
    imageShape === undefined
      ? plotCell
      : { width: imageShape.width * pixelScale, height: imageShape.height * pixelScale };
  const numColumns = options.numColumns ?? defaultColumns(sections, cell);
  const contentWidth = Math.max(numColumns * (cell.width + gap) - gap, minTextWidth);
  const width = contentWidth + 2 * margin;

  const vectors: string[] = [];
  const images: {
    readonly cell: ArrayLike<number>;
    readonly channels: number;
    readonly x: number;
    readonly y: number;
  }[] = [];
  const range = imageShape === undefined ? valueRange(sections) : undefined;
  let y = margin;
  /** Sets a paragraph at the current height and moves below it. */
  const write = (text: string, style: TextStyle): void => {
    for (const line of wrapText(text, Math.min(contentWidth, maxTextWidth), style)) {
      vectors.push(textElement(line, margin, Math.round(y + style.size), style));
      y += Math.round(style.size * leading);
    }
  };

  write(options.title, titleStyle);
  if (options.subtitle !== undefined) write(options.subtitle, subtitleStyle);
  for (const { heading, caption, cells, channels = 1, labels, marks } of sections) {
    y += sectionGap / 2;
    vectors.push(`<rect x="${margin}" y="${y}" width="${contentWidth}" height="1" fill="${ruleColour}"/>`);
    y += sectionGap / 2;
    write(heading, headingStyle);
    if (caption !== undefined) write(caption, captionStyle);
    y += gap;
    const pitch = (labels === undefined ? cell.width : Math.max(cell.width, minLabelWidth)) + gap;
    const rowHeight = cell.height + (labels === undefined ? 0 : labelHeight) + gap;
    const ownColumns = labels === undefined ? numColumns : Math.floor((contentWidth + gap) / pitch);
    cells.forEach((values, i) => {
      const x = margin + (i % ownColumns) * pitch;
      const top = y + Math.floor(i / ownColumns) * rowHeight;
      if (range === undefined) {
        images.push({ cell: values, channels, x, y: top });
        vectors.push(frame(x, top, cell, "none"));
        for (const mark of marks?.[i] ?? []) vectors.push(markText(mark, pixelScale, x, top));
      } else vectors.push(frame(x, top, cell, plotGround), linePlot(values, channels, range, x, top, cell));
      const label = labels?.[i];
      if (label !== undefined) vectors.push(labelLine(label, x, top + cell.height, pitch - gap));
    });
    y += Math.ceil(cells.length / ownColumns) * rowHeight - gap;
  }
  if (range !== undefined) {
    y += sectionGap / 2;
    const [low, high] = range;
    write(
      `All plots share one vertical scale, from ${formatNumber(low)} to ${formatNumber(high)}; ` +
        `the horizontal line is 0 and the horizontal axis is the coordinate, 1 to ${length}.`,
      captionStyle,
    );
  }
  const height = y + margin;
  if (width > maxSide || height > maxSide)
    throw new ArgumentError(
      "sections",
      `must fit a sheet of ${maxSide} pixels a side, got ${width} × ${height}`,
      "show fewer patterns or a smaller pixelScale",
    );

  const canvas = Buffer.alloc(width * height * 3, Buffer.from(paper));
  if (imageShape !== undefined)
    for (const { cell: values, channels, x, y: top } of images)
      paintImage(canvas, width, { values, channels, ...imageShape }, pixelScale, x, top);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${vectors.join("")}</svg>`;
  return sharp(canvas, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** Noise is most of what a sheet weighs, and looks the same in fewer levels. */
const levelStep = 8;

/** The same picture in 32 levels and a palette, less than half as large. */
export async function toPalette(png: Uint8Array): Promise<Buffer> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const levels = data.map((value) => Math.min(255, Math.round(value / levelStep) * levelStep));
  const { width, height, channels } = info;
  return sharp(levels, { raw: { width, height, channels } })
    .png({ palette: true, dither: 0, compressionLevel: 9 })
    .toBuffer();
}

/** The length that all cells have; of images, their pixels. */
function requireSections(sections: readonly SheetSection[], options: SheetOptions): number {
  const { imageShape, numColumns, pixelScale } = options;
  if (numColumns !== undefined) requireCount("numColumns", numColumns, 1);
  if (pixelScale !== undefined) requireCount("pixelScale", pixelScale, 1);
  const first = sections.find(({ cells }) => cells.length > 0)?.cells[0];
  if (first === undefined) throw new ArgumentError("sections", "must hold at least one pattern to show, got none");
  const { channels: firstChannels = 1 } = sections.find(({ cells }) => cells.length > 0)!;
  const numPixels =
    imageShape === undefined ? Math.floor(first.length / firstChannels) : imageShape.height * imageShape.width;
  for (const { heading, cells, channels = 1 } of sections) {
    const length = numPixels * channels;
    const wrong = cells.findIndex((cell) => cell.length !== length || length === 0);
    if (wrong >= 0)
      throw new ArgumentError(
        "sections",
        `every cell must have ${length || "1 or more"} values, got ${cells[wrong]!.length} ` +
          `in cell ${wrong} of ${describe(heading)}`,
      );
  }
  return numPixels;
}

function defaultPixelScale({ height, width }: Box): number {
  return Math.max(1, Math.round(preferredCell / Math.max(height, width)));
}

function defaultColumns(sections: readonly SheetSection[], cell: Box): number {
  const fitting = Math.floor((preferredWidth - 2 * margin + gap) / (cell.width + gap));
  const longest = Math.max(...sections.map(({ cells }) => cells.length));
  const numRows = Math.ceil(longest / Math.max(1, Math.min(fitting, preferredColumns)));
  return Math.ceil(longest / numRows);
}

/** Writes one image to the RGB canvas, each of its pixels a square of `scale` pixels. */
function paintImage(
  canvas: Buffer,
  canvasWidth: number,
  { values, channels, ...shape }: Box & { readonly values: ArrayLike<number>; readonly channels: number },
  scale: number,
  left: number,
  top: number,
): void {
  const rowBytes = shape.width * scale * 3;
  for (let row = 0; row < shape.height; row++) {
    const start = ((top + row * scale) * canvasWidth + left) * 3;
    for (let column = 0; column < shape.width; column++) {
      const at = (row * shape.width + column) * channels;
      const shown = channels < 3 ? [0, 0, 0] : [0, 1, 2];
      const pixel = shown.map((channel) => values[at + channel]!);
      const colour = pixel.every(Number.isFinite) ? pixel.map(toByte) : notFinite;
      for (let i = 0; i < scale; i++) canvas.set(colour, start + (column * scale + i) * 3);
    }
    for (let i = 1; i < scale; i++) canvas.copy(canvas, start + i * canvasWidth * 3, start, start + rowBytes);
  }
}

/** A share of white as an 8-bit level, the nearest one. */
export function toByte(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 255);
}

/** Smallest and largest finite value of all cells, with 0 between them: the scale that all plots share. */
function valueRange(sections: readonly SheetSection[]): readonly [number, number] {
  let low = 0;
  let high = 0;
  for (const { cells } of sections)
    for (const cell of cells)
      for (let i = 0; i < cell.length; i++) {
        const value = cell[i]!;
        if (!Number.isFinite(value)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
  return low === high ? [-1, 1] : [low, high];
}

/** A hairline just outside a cell: keeps a white image apart from the paper. */
function frame(left: number, top: number, { width, height }: Box, fill: string): string {
  const box = `x="${left - 0.5}" y="${top - 0.5}" width="${width + 1}" height="${height + 1}"`;
  return `<rect ${box} fill="${fill}" stroke="${ruleColour}"/>`;
}

/** A label whose line begins under a cell that ends at `bottom`. */
function labelLine({ text, colour }: CellLabel, left: number, bottom: number, width: number): string {
  const baseline = bottom + labelHeight - 4;
  const start = colour === undefined ? 0 : swatchSide + 5;
  const swatch =
    colour === undefined
      ? ""
      : `<rect x="${left}" y="${baseline - swatchSide + 1}" width="${swatchSide}" height="${swatchSide}" ` +
        `fill="rgb(${colour.map(toByte).join()})"/>`;
  return swatch + textElement(shortenText(text, width - start, labelStyle), left + start, baseline, labelStyle);
}

/** Nothing where the word covers more than the mark allows. */
function markText({ text, row, column, reach }: CellMark, scale: number, left: number, top: number): string {
  const width = textWidth(text, markStyle);
  if (Math.max(width, markStyle.size) > (2 * reach + 1) * scale) return "";
  const x = left + (column + 0.5) * scale - width / 2;
  // Digits are about 0.72 em high.
  const baseline = top + (row + 0.5) * scale + 0.36 * markStyle.size;
  const word = textElement(text, x, baseline, markStyle);
  return `<g stroke="${plotGround}" stroke-width="${halo}" stroke-linejoin="round">${word}</g>${word}`;
}

/** One pattern as a curve a channel over its coordinates, the first one on top. */
function linePlot(
  values: ArrayLike<number>,
  channels: number,
  range: readonly [number, number],
  left: number,
  top: number,
  box: Box,
): string {
  const curves = Array.from({ length: channels }, (_, channel) => {
    const own = Array.from({ length: values.length / channels }, (__, i) => values[i * channels + channel]!);
    return curve(own, curveColours[channel % curveColours.length]!, range, left, top, box);
  });
  return zeroLine(range, left, top, box) + curves.reverse().join("");
}

const plotInset = 6;

function heightOf(value: number, [low, high]: readonly [number, number], top: number, { height }: Box): string {
  return (top + plotInset + ((height - 2 * plotInset) * (high - value)) / (high - low)).toFixed(2);
}

function zeroLine(range: readonly [number, number], left: number, top: number, box: Box): string {
  const path = `M${left + plotInset} ${heightOf(0, range, top, box)}H${left + box.width - plotInset}`;
  return `<path d="${path}" stroke="${zeroColour}"/>`;
}

/** It is broken where a value is not finite. */
function curve(
  values: readonly number[],
  colour: string,
  range: readonly [number, number],
  left: number,
  top: number,
  box: Box,
): string {
  const xOf = (i: number): string =>
    (left + plotInset + ((box.width - 2 * plotInset) * (i + 0.5)) / values.length).toFixed(2);
  const yOf = (value: number): string => heightOf(value, range, top, box);
  let path = "";
  let isPenDown = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const isDrawn = Number.isFinite(value);
    if (isDrawn) path += `${isPenDown ? "L" : "M"}${xOf(i)} ${yOf(value)}`;
    // A value between two gaps has no line to stand on: a short dash shows it.
    if (isDrawn && !isPenDown && !Number.isFinite(values[i + 1] ?? Number.NaN)) path += "h-1h2";
    isPenDown = isDrawn;
  }
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.25" stroke-linejoin="round" stroke-linecap="round"/>`;
}

/** Three significant digits, with a true minus sign. */
function formatNumber(value: number): string {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}
