/** The pictures of a run of `generate`: the samples, what each of them is nearest to, and which memory each pixel came from. */
import sharp from "sharp";
import { nearestPatterns, type Draws, type PixelSources } from "../../src/index.ts";
import { renderSheet, toByte, type SheetSection } from "../pictures/grid.ts";
import { patternColour, sourceMap, sourceRegions } from "../pictures/source-map.ts";
import { distinctNames } from "../pictures/text.ts";
import type { GenerationMetrics, SourceShare } from "../report/generation.ts";
import type { ImageShape, ImageSize } from "../files/memory-source.ts";
import { formatFixed } from "./format.ts";
import type { GenerationMemory } from "./generate-memory.ts";

/** Samples that sheets show at most, the first ones. */
export const numPictured = 64;
/** Samples of one anneal where several are compared. */
const maxInSection = 10;
/** White, for places of a sheet without a picture. */
const blank = 1;
/** Columns of a sample, its nearest pattern and its map. */
const numCompared = 8;
/** A signal's map is a stripe: this many times as long as high. */
const stripeRatio = 8;
/** Stored patterns that sources.png shows beside the maps. */
const maxListed = 100;
/** Sides of images on sheets, in their pixels: larger ones are reduced, so that a sheet of them can be drawn and looked at. */
const maxCellSide = 256;
const maxStripeLength = 1024;
const rgb = 3;

export interface Pictured extends Titles {
  readonly memory: GenerationMemory;
  readonly draws: Draws;
  readonly metrics: GenerationMetrics;
}

/** A read-out or pattern at the brightness of the source, white being 1: one scale for all leaves their differences be. */
function displayed({ loaded }: GenerationMemory, values: Float32Array): Float32Array {
  const scale = loaded.displayScale.reduce((sum, value) => sum + value, 0) / loaded.displayScale.length;
  return values.map((value) => value * scale);
}

/** How many pixels of the image in a row, and in a column, are one pixel on a sheet. */
function reductionOf({ height, width }: ImageShape): number {
  return Math.ceil(Math.max(height, width) / maxCellSide);
}

/** The size of an image on sheets. */
function sheetShape({ image }: GenerationMemory): ImageSize {
  const reduction = reductionOf(image);
  return { height: Math.ceil(image.height / reduction), width: Math.ceil(image.width / reduction) };
}

/** What a sheet shows of a read-out or pattern: pixels that become one there are averaged. */
function shown(memory: GenerationMemory, values: Float32Array): Float32Array {
  const all = displayed(memory, values);
  const { width, channels = 1 } = memory.image;
  const reduction = reductionOf(memory.image);
  if (memory.isSignal || reduction === 1) return all;
  const small = sheetShape(memory);
  const sums = new Float32Array(small.height * small.width * channels);
  const counts = new Uint32Array(sums.length);
  for (let at = 0; at < all.length; at++) {
    const [row, column] = [Math.floor(at / (width * channels)), Math.floor(at / channels) % width];
    const to =
      (Math.floor(row / reduction) * small.width + Math.floor(column / reduction)) * channels + (at % channels);
    sums[to]! += all[at]!;
    counts[to]!++;
  }
  return sums.map((sum, to) => sum / counts[to]!);
}

/** The sources of an image as a sheet shows them: those of one pixel stand for those that become one with it. */
function sourcesShown(memory: GenerationMemory, sources: PixelSources): PixelSources {
  const { height, width } = sheetShape(memory);
  const reduction = reductionOf(memory.image);
  return pickPixels(
    sources,
    height * width,
    (pixel) => Math.floor(pixel / width) * reduction * memory.image.width + (pixel % width) * reduction,
  );
}

/** The stripe that shows the sources of a signal. */
function stripeShape({ image }: GenerationMemory): ImageSize {
  const width = Math.min(maxStripeLength, Math.max(image.height, image.width));
  return { height: Math.max(1, Math.round(width / stripeRatio)), width };
}

function stripe({ height, width }: ImageSize, sources: PixelSources): PixelSources {
  const length = sources.patterns.length;
  return pickPixels(sources, height * width, (pixel) => Math.floor(((pixel % width) * length) / width));
}

function pickPixels({ patterns, shares }: PixelSources, count: number, from: (pixel: number) => number): PixelSources {
  return {
    patterns: Int32Array.from({ length: count }, (_, pixel) => patterns[from(pixel)]!),
    shares: Float32Array.from({ length: count }, (_, pixel) => shares[from(pixel)]!),
  };
}

function rowOf(values: Float32Array, row: number, dim: number): Float32Array {
  return values.subarray(row * dim, (row + 1) * dim);
}

/** Every sample as a PNG file of its own, in its own size and colour; none for signals. */
export async function renderImages({ memory, draws }: Pictured): Promise<readonly Buffer[]> {
  const { image, isSignal } = memory;
  if (isSignal) return [];
  const channels = (image.channels ?? 1) as 1 | 2 | 3 | 4;
  const raw = { width: image.width, height: image.height, channels };
  return Promise.all(
    Array.from({ length: draws.numChains }, (_, row) => {
      const pixels = Uint8Array.from(displayed(memory, rowOf(draws.retrievals, row, draws.dim)), toByte);
      const picture = sharp(pixels, { raw });
      return (channels < rgb ? picture.toColourspace("b-w") : picture).png({ compressionLevel: 9 }).toBuffer();
    }),
  );
}

/** grid.png: the samples alone. */
export function renderGrid({ memory, draws, ...titles }: Pictured): Promise<Buffer> {
  return renderSamples(memory, [{ heading: headingOf(draws), draws }], titles, numPictured);
}

export interface Titles {
  readonly title: string;
  /** How the samples were made. */
  readonly subtitle: string;
}

/** A sheet of samples alone, a section for each anneal. */
export function renderSamples(
  memory: GenerationMemory,
  sections: readonly (Omit<SheetSection, "cells"> & { readonly draws: Draws })[],
  { title, subtitle }: Titles,
  limit = maxInSection,
): Promise<Buffer> {
  return renderSheet(
    sections.map(({ draws, ...section }) => ({
      ...section,
      ...channelsOf(memory),
      cells: Array.from({ length: Math.min(limit, draws.numChains) }, (_, row) =>
        shown(memory, rowOf(draws.retrievals, row, draws.dim)),
      ),
    })),
    { title, subtitle, imageShape: shapeOf(memory) },
  );
}

function headingOf({ numChains }: Draws): string {
  return numChains > numPictured ? `The first ${numPictured} of ${numChains} samples` : `All ${numChains} samples`;
}

function shapeOf(memory: GenerationMemory): ImageSize | undefined {
  return memory.isSignal ? undefined : sheetShape(memory);
}

function channelsOf({ image }: GenerationMemory): { channels: number } {
  return { channels: image.channels ?? 1 };
}

/**
 * nearest.png: each sample above its nearest stored pattern and the map of its sources; signals without maps.
 * @param sources of every sample shown
 */
export function renderNearest(pictured: Pictured, sources: readonly PixelSources[]): Promise<Buffer> {
  const { memory, draws, metrics, title, subtitle } = pictured;
  const { dim, retrievals, numChains } = draws;
  const numColumns = Math.min(numCompared, numChains);
  const numShown = Math.min(numPictured, numChains);
  const numBlocks = Math.ceil(numShown / numColumns);
  const nearest = nearestPatterns(memory.loaded.memory, retrievals.subarray(0, numShown * dim));
  const asShown = (values: Float32Array): Float32Array =>
    memory.isSignal ? shown(memory, values) : coloured(memory, shown(memory, values));
  const sections = Array.from({ length: numBlocks }, (_, block): SheetSection => {
    const first = block * numColumns;
    const rows = Array.from({ length: Math.min(numColumns, numShown - first) }, (__, i) => first + i);
    // The last block may have places to spare in each of its lines.
    const line = (cells: readonly Float32Array[]): readonly Float32Array[] => [
      ...cells,
      ...Array.from({ length: numColumns - cells.length }, () =>
        new Float32Array(cells[0]!.length).fill(memory.isSignal ? Number.NaN : blank),
      ),
    ];
    const samples = rows.map((row) => rowOf(retrievals, row, dim));
    return {
      heading: `Samples ${rows[0]! + 1} to ${rows.at(-1)! + 1}`,
      ...(block === 0 && { caption: nearestCaption(memory, metrics) }),
      channels: memory.isSignal ? channelsOf(memory).channels : rgb,
      cells: [
        ...line(samples.map(asShown)),
        ...line(rows.map((row) => asShown(rowOf(memory.loaded.memory.values, nearest.index[row]!, dim)))),
        ...(memory.isSignal
          ? []
          : line(
              rows.map((row, i) =>
                sourceMap(sourcesShown(memory, sources[row]!), brightness(memory, shown(memory, samples[i]!))),
              ),
            )),
      ],
    };
  });
  return renderSheet(sections, { title, subtitle, imageShape: shapeOf(memory), numColumns });
}

function nearestCaption({ isSignal }: GenerationMemory, { novelty }: GenerationMetrics): string {
  return (
    "First row: samples, read out as T(ξ). Second row: the stored pattern nearest to each. " +
    (isSignal
      ? ""
      : "Third row: which memory each pixel came from, a colour for each stored pattern, light where the image is. ") +
    `Mean novelty ${formatFixed(novelty.denoised)}` +
    (novelty.heldOut === null
      ? "."
      : `, that of real patterns which are not in the memory ${formatFixed(novelty.heldOut)}.`)
  );
}

/**
 * sources.png: the maps of the samples shown, evenly bright, with numbers where there is room, and the stored patterns that
 * they stand for.
 * @param ranked what rankSources makes of `sources`
 */
export function renderSources(
  { memory, title, subtitle }: Pictured,
  sources: readonly PixelSources[],
  ranked: readonly SourceShare[],
): Promise<Buffer> {
  const { loaded, isSignal } = memory;
  const listed = ranked.slice(0, maxListed);
  const numbers = new Map(listed.map(({ pattern, number }) => [pattern, String(number)]));
  const names = distinctNames(listed.map(({ name }) => name));
  const shape = isSignal ? stripeShape(memory) : sheetShape(memory);
  const maps = sources.map((each) => (isSignal ? stripe(shape, each) : sourcesShown(memory, each)));
  const stored = listed.map(({ pattern }) =>
    isSignal
      ? sourceMap(stripe(shape, { patterns: Int32Array.of(pattern), shares: Float32Array.of(1) }))
      : shown(memory, rowOf(loaded.memory.values, pattern, loaded.memory.dim)),
  );
  return renderSheet(
    [
      {
        heading: "Which memory each pixel came from",
        caption:
          "A colour for each stored pattern, the same in all maps: the pattern with the largest share of the pixel; " +
          "grey where none has much. Numbers are those below: no number where there is no room for one, or where no " +
          "pattern has a third of a pixel.",
        channels: rgb,
        cells: maps.map((map) => sourceMap(map)),
        marks: maps.map((map) =>
          sourceRegions(map, shape.width).flatMap(({ pattern, ...place }) => {
            const text = numbers.get(pattern);
            return text === undefined ? [] : [{ text, ...place }];
          }),
        ),
      },
      {
        heading: "The stored patterns behind the colours",
        caption: storedCaption(ranked, memory),
        ...(isSignal ? { channels: rgb } : channelsOf(memory)),
        cells: stored,
        labels: listed.map(({ pattern, number }, i) => ({
          text: `${number}  ${names[i]!}`,
          colour: patternColour(pattern),
        })),
      },
    ],
    { title, subtitle, imageShape: shape },
  );
}

function storedCaption(ranked: readonly SourceShare[], { loaded }: GenerationMemory): string {
  const { numPatterns } = loaded.memory;
  const limit = ranked.length > maxListed ? `; the first ${maxListed} are shown` : "";
  return (
    `Each has the largest share of some pixel: ${ranked.length} of ${numPatterns} stored patterns, those of most pixels ` +
    `first${limit}. run.json lists them with their full names.`
  );
}

/** Grey as RGB, RGB without what may come after it. */
function coloured({ image: { channels = 1 } }: GenerationMemory, values: Float32Array): Float32Array {
  return Float32Array.from({ length: (values.length / channels) * rgb }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / rgb), at % rgb];
    return values[pixel * channels + (channels < rgb ? 0 : channel)]!;
  });
}

/** Mean over red, green and blue, [numPixels]. */
function brightness(memory: GenerationMemory, values: Float32Array): Float32Array {
  const colours = coloured(memory, values);
  return Float32Array.from(
    { length: colours.length / rgb },
    (_, pixel) => (colours[rgb * pixel]! + colours[rgb * pixel + 1]! + colours[rgb * pixel + 2]!) / rgb,
  );
}
