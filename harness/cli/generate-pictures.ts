/** The pictures of a run of `generate`: the samples, what each of them is nearest to, and which memory each pixel came from. */
import sharp from "sharp";
import { nearestPatterns, type Draws, type PixelSources } from "../../src/index.ts";
import { renderSheet, toByte, type SheetSection } from "../pictures/grid.ts";
import { sourceMap } from "../pictures/source-map.ts";
import type { GenerationMetrics } from "../report/generation.ts";
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
        displayed(memory, rowOf(draws.retrievals, row, draws.dim)),
      ),
    })),
    { title, subtitle, imageShape: shapeOf(memory) },
  );
}

function headingOf({ numChains }: Draws): string {
  return numChains > numPictured ? `The first ${numPictured} of ${numChains} samples` : `All ${numChains} samples`;
}

function shapeOf({ image, isSignal }: GenerationMemory): { height: number; width: number } | undefined {
  return isSignal ? undefined : { height: image.height, width: image.width };
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
    memory.isSignal ? displayed(memory, values) : coloured(memory, displayed(memory, values));
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
          : line(rows.map((row, i) => sourceMap(sources[row]!, brightness(memory, displayed(memory, samples[i]!)))))),
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

/** sources.png: the maps of the samples shown, evenly bright. */
export function renderSources(
  { memory, title, subtitle }: Pictured,
  sources: readonly PixelSources[],
): Promise<Buffer> {
  const { image, isSignal } = memory;
  const length = Math.max(image.height, image.width);
  const stripe = { height: Math.max(1, Math.round(length / stripeRatio)), width: length };
  const cells = sources.map((each) => {
    const map = sourceMap(each);
    if (!isSignal) return map;
    return Float32Array.from({ length: map.length * stripe.height }, (_, at) => map[at % map.length]!);
  });
  return renderSheet(
    [
      {
        heading: "Which memory each pixel came from",
        caption:
          "A colour for each stored pattern, the same in all maps: the pattern with the largest share of the pixel; " +
          "grey where none has much.",
        channels: rgb,
        cells,
      },
    ],
    { title, subtitle, imageShape: isSignal ? stripe : { height: image.height, width: image.width } },
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
