/**
 * From what `--memory` names (a folder of images, an array in .npy, .npz, IDX or CSV, the built-in faces) to a memory, with the
 * labels that `--labels` names. Only the patterns that were selected are decoded, so a folder may hold far more than
 * memory could. What it leaves out: every format that a pixel or a number does not come out of.
 */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";
import sharp from "sharp";
import {
  ArgumentError,
  builtinFaces,
  createMemoryMatrix,
  createUnscaledMemoryMatrix,
  describe,
  patternNorms,
  randomOrder,
  requireChoice,
  requireCount,
  requireSeed,
  type MemoryMatrix,
} from "../../src/index.ts";
import { fileOf, isArrayFile, readArrayFile } from "./array-file.ts";
import { readLabels, requireClass } from "./labels.ts";
import { bytesOf } from "./npy-file.ts";
import { firstLine, isSystemError } from "./system-error.ts";

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

export interface ImageShape extends ImageSize {
  /** Values of a pixel, next to each other; 1, grey, by default. */
  readonly channels?: number;
}

/** `keep` has images in RGB unless all of them are grey. */
export type ColourRule = "grey" | "rgb" | "keep";

export const selectNames = ["random", "first"] as const;
export type SelectName = (typeof selectNames)[number];

export interface MemoryOptions {
  /**
   * A folder of PNG or JPEG images; a .npy, .npz, IDX or CSV file, gzip-compressed or not, of shape [K, d] or [K, height, width],
   * with colour also [K, height, width, channels]; or `builtin:faces`.
   */
  readonly source: string;
  /** A .npy or IDX file with a class per pattern of the source; built-in faces bring their own. */
  readonly labels?: string | undefined;
  /** Only patterns of this class are there to be selected. */
  readonly classLabel?: number | undefined;
  /**
   * Side length in pixels to which the images of a folder are scaled, whatever their shape, and at which built-in
   * faces are drawn; by default images are as they are. An array is never scaled: it has this size or is refused.
   */
  readonly imageSize?: number | undefined;
  /**
   * In place of `imageSize`: images of a folder have this size, or that of the first one taken with at most so many pixels
   * on its longer side. Without either they must all have one size.
   */
  readonly fit?: ImageSize | { readonly maxSide: number } | undefined;
  /** `grey` by default. */
  readonly colour?: ColourRule | undefined;
  /** What the rows of an array [K, d] are, if it is known better than by their length. */
  readonly rowShape?: ImageShape | undefined;
  /** How many patterns to take; all by default. */
  readonly numPatterns?: number | undefined;
  /** Without `numPatterns`: this many, or all if there are fewer. */
  readonly atMost?: number | undefined;
  /** Up to so many patterns that are not taken are loaded beside the memory; 0 by default. */
  readonly numSpare?: number | undefined;
  /** `random`: without replacement, by `patternSeed`; fewer patterns are then the first of more. */
  readonly select: SelectName;
  /** Whole number in [0, 2^64). */
  readonly patternSeed: number | bigint;
  /** `unit` (the default) scales every pattern to 2-norm 1; `none` keeps values, 8-bit ones as shares of white. */
  readonly normalize?: "unit" | "none" | undefined;
}

export interface LoadedMemory {
  readonly memory: MemoryMatrix;
  /** What each pattern is called: its file name, or its place in the array, [numPatterns]. */
  readonly names: readonly string[];
  /** Set if the patterns are images, row-major. */
  readonly imageShape: ImageShape | undefined;
  /** Images that had another size before. */
  readonly numRefitted: number;
  /** Row k of the memory times displayScale[k] is pattern k at its own brightness, white being 1, [numPatterns]. */
  readonly displayScale: Float64Array;
  /** Row k of the memory times rawScale[k] is pattern k in the units of its source, [numPatterns]. */
  readonly rawScale: Float64Array;
  /** Patterns to choose from, after `classLabel` has had its say. */
  readonly totalAvailable: number;
  /** Patterns that were to be had and are not in the memory; undefined if none were asked for, or there are none. */
  readonly spare: LoadedMemory | undefined;
  /** Of the memory's float32 bytes, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** The selected patterns before they are scaled. */
interface RawPatterns {
  /** [numPatterns, dim] */
  readonly values: Float32Array;
  readonly names: readonly string[];
  readonly imageShape: ImageShape | undefined;
  readonly labels: Int32Array | undefined;
  /** 8-bit pixels, of which 255 is white. */
  readonly isEightBit: boolean;
  readonly totalAvailable: number;
  readonly numRefitted?: number;
}

/** What the options leave to choose from, before anything is decoded. */
interface Selection {
  /** Indices into the source, in the order of the memory; those to spare come after it. */
  readonly indices: Uint32Array;
  /** Of the selected patterns. */
  readonly labels: Int32Array | undefined;
  readonly totalAvailable: number;
}

const builtinPrefix = "builtin:";
const imageExtensions = new Set([".png", ".jpg", ".jpeg"]);
/** float32 values: 2 GiB. */
const maxValues = 2 ** 29;
const whiteOfBytes = 255;
/** Sides of built-in faces: smaller they have no features left, larger the set of them fills the memory. */
const faceSizes = { smallest: 8, largest: 1024 } as const;

/**
 * Loads, selects, checks and scales the patterns that `options.source` names.
 * @throws ArgumentError with one sentence for whatever is wrong with the source or an option, before any result
 */
export async function loadMemory(options: MemoryOptions): Promise<LoadedMemory> {
  requireChoice("--select", options.select, selectNames);
  requireSeed("--pattern-seed", options.patternSeed);
  if (options.numPatterns !== undefined) requireCount("--patterns", options.numPatterns, 1);
  if (options.imageSize !== undefined) requireCount("--image-size", options.imageSize, 1);
  const isUnit = requireChoice("--normalize", options.normalize ?? "unit", ["unit", "none"]) === "unit";

  const raw = await readSource(options);
  const { names, imageShape, totalAvailable, isEightBit } = raw;
  const numPatterns = names.length;
  const dim = raw.values.length / numPatterns;
  const norms = patternNorms({ values: raw.values, numPatterns, dim });
  if (isUnit) requireDirections(norms, names);
  const white = isEightBit ? whiteOfBytes : whiteLevel(raw);
  const shape = { numPatterns, dim, ...(raw.labels === undefined ? {} : { labels: raw.labels }) };
  let memory: MemoryMatrix;
  let rawScale: Float64Array;
  if (isUnit) {
    memory = createMemoryMatrix(raw.values, shape);
    rawScale = norms;
  } else {
    memory = createUnscaledMemoryMatrix(isEightBit ? raw.values.map((value) => value / white) : raw.values, shape);
    rawScale = new Float64Array(numPatterns).fill(isEightBit ? white : 1);
  }

  const displayScale = rawScale.map((scale) => scale / white);
  const sha256 = digest(memory);
  const { numRefitted = 0 } = raw;
  const all = { memory, names, imageShape, numRefitted, displayScale, rawScale, totalAvailable, sha256 };
  const numTaken = numToTake(options, totalAvailable);
  if (numPatterns === numTaken) return { ...all, spare: undefined };
  const spare = slicePatterns({ ...all, spare: undefined }, numTaken, numPatterns);
  return { ...slicePatterns({ ...all, spare: undefined }, 0, numTaken), spare };
}

/** How many of the patterns that are to be had come into the memory, if there are enough. */
function numToTake({ numPatterns, atMost = Infinity }: MemoryOptions, totalAvailable: number): number {
  return numPatterns ?? Math.min(atMost, totalAvailable);
}

function digest({ values }: MemoryMatrix): string {
  const hash = createHash("sha256");
  for (const piece of bytesOf(values)) hash.update(piece);
  return hash.digest("hex");
}

/** Some of the patterns as a memory of their own. */
export function slicePatterns(loaded: LoadedMemory, start: number, end: number): LoadedMemory {
  const { values, dim, labels } = loaded.memory;
  const memory: MemoryMatrix = {
    values: values.slice(start * dim, end * dim),
    numPatterns: end - start,
    dim,
    ...(labels && { labels: labels.slice(start, end) }),
  };
  return {
    ...loaded,
    memory,
    names: loaded.names.slice(start, end),
    displayScale: loaded.displayScale.slice(start, end),
    rawScale: loaded.rawScale.slice(start, end),
    sha256: digest(memory),
  };
}

async function readSource(options: MemoryOptions): Promise<RawPatterns> {
  const { source } = options;
  if (source.startsWith(builtinPrefix)) return readBuiltin(options);
  const expected = `must be a folder of images, a .npy, .npz, IDX or CSV file or ${builtinPrefix}faces, got ${quote(source)}`;
  const refuse = (what: string, fix?: string): ArgumentError =>
    new ArgumentError("--memory", `${expected}${what}`, fix);
  if (source === "") throw refuse("");
  let entry;
  try {
    entry = await stat(fileOf(source));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw error.code === "ENOENT" || error.code === "ENOTDIR"
      ? refuse(", which does not exist")
      : refuse(`, which cannot be read (${error.code})`);
  }
  if (entry.isDirectory()) return readImageFolder(options);
  const extension = extname(source).toLowerCase();
  if (entry.isFile() && (extension === ".npy" || (await isArrayFile(source)))) return readArrayPatterns(options);
  if (imageExtensions.has(extension)) throw refuse(", which is a single image", "pass the folder that holds it");
  throw refuse(", which is neither a folder nor a .npy, .npz, IDX or CSV file");
}

/**
 * The patterns to take of a source with `total` of them: those of the asked class, then as many as asked for, by the
 * rule.
 * @param ownLabels of a source that brings them, [total]
 */
async function selectPatterns(options: MemoryOptions, total: number, ownLabels?: Int32Array): Promise<Selection> {
  const { source, labels: path, classLabel, select, patternSeed } = options;
  if (path !== undefined && ownLabels !== undefined)
    throw new ArgumentError(
      "--labels",
      `must not be given for ${source}, which has labels of its own, got ${quote(path)}`,
      "leave it out",
    );
  const labels = path === undefined ? ownLabels : await readLabels(path, total, source);
  const candidates = Uint32Array.from({ length: total }, (_, i) => i).filter(
    classLabel === undefined ? () => true : isOfClass(classLabel, labels, source),
  );
  const numPatterns = numToTake(options, candidates.length);
  if (numPatterns > candidates.length)
    throw new ArgumentError(
      "--patterns",
      `must be at most the ${candidates.length} patterns of ${classLabel === undefined ? "" : `class ${classLabel} in `}` +
        `${quote(source)}, got ${numPatterns}`,
    );
  const order = select === "random" ? randomOrder(candidates.length, patternSeed) : candidates.map((_, i) => i);
  const indices = order.subarray(0, numPatterns + (options.numSpare ?? 0)).map((i) => candidates[i]!);
  return {
    indices,
    labels: labels === undefined ? undefined : Int32Array.from(indices, (index) => labels[index]!),
    totalAvailable: candidates.length,
  };
}

/** @throws ArgumentError if there are no labels, or none of this class */
function isOfClass(classLabel: number, labels: Int32Array | undefined, source: string): (index: number) => boolean {
  const known = requireClass(classLabel, labels, quote(source));
  return (index) => known[index] === classLabel;
}

/** @throws ArgumentError before work or an allocation that could not succeed */
function requireCapacity(numPatterns: number, dim: number): void {
  if (numPatterns * dim > maxValues)
    throw new ArgumentError(
      "--memory",
      `must hold at most 2^29 values, got ${numPatterns} patterns × ${dim} values = ${numPatterns * dim}`,
      "take fewer with --patterns, or scale images with --image-size",
    );
}

function allocatePatterns(numPatterns: number, dim: number): Float32Array {
  requireCapacity(numPatterns, dim);
  return new Float32Array(numPatterns * dim);
}

function gather(all: ArrayLike<number>, selected: Uint32Array, dim: number): Float32Array {
  const values = allocatePatterns(selected.length, dim);
  selected.forEach((index, k) => {
    for (let i = 0; i < dim; i++) values[k * dim + i] = all[index * dim + i]!;
  });
  return values;
}

async function readBuiltin(options: MemoryOptions): Promise<RawPatterns> {
  const name = options.source.slice(builtinPrefix.length);
  if (name !== "faces")
    throw new ArgumentError(
      "--memory",
      `must name a built-in memory, ${builtinPrefix}faces, got ${quote(options.source)}`,
    );
  const { imageSize } = options;
  if (imageSize !== undefined && (imageSize < faceSizes.smallest || imageSize > faceSizes.largest))
    throw new ArgumentError(
      "--image-size",
      `must be from ${faceSizes.smallest} to ${faceSizes.largest} for built-in faces, got ${imageSize}`,
    );
  const faces = builtinFaces(imageSize === undefined ? {} : { size: imageSize });
  const { indices, labels, totalAvailable } = await selectPatterns(options, faces.numFaces, faces.labels);
  return {
    values: gather(faces.pixels, indices, faces.size ** 2),
    names: Array.from(indices, (index) => `face ${index}`),
    imageShape: { height: faces.size, width: faces.size },
    labels,
    isEightBit: true,
    totalAvailable,
  };
}

async function readArrayPatterns(options: MemoryOptions): Promise<RawPatterns> {
  const { data, shape, rowNames } = await readArrayFile("--memory", options.source);
  const [total, ...patternShape] = shape;
  const hasColour = (options.colour ?? "grey") !== "grey";
  const isPixels = patternShape.length < 3 || (hasColour && patternShape.length === 3 && patternShape[2]! <= 4);
  if (total === undefined || patternShape.length < 1 || !isPixels)
    throw new ArgumentError(
      "--memory",
      `must hold an array of shape [K, d] or [K, height, width]${hasColour ? " or [K, height, width, 1 to 4]" : ""}, ` +
        `got [${shape.join(", ")}] in ${quote(options.source)}`,
      "reshape it so that the first axis counts patterns",
    );
  const dim = patternShape.reduce((product, length) => product * length, 1);
  const imageShape =
    patternShape.length === 1 && options.rowShape !== undefined
      ? requireRowShape(options.rowShape, dim)
      : imageShapeOf(patternShape, dim, data);
  requireOwnSize(options, imageShape);
  const { indices, labels, totalAvailable } = await selectPatterns(options, total);
  const file = basename(options.source);
  const values = gather(data, indices, dim);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const row = indices[Math.floor(bad / dim)]!;
    const value = data[row * dim + (bad % dim)];
    throw new ArgumentError(
      "--memory",
      `values must be finite in float32, got ${describe(value)} at coordinate ${bad % dim} of row ${row} of ${file}`,
      "drop or fill missing values first",
    );
  }
  return {
    values,
    names: Array.from(indices, (index) => rowNames?.[index] ?? `${file}[${index}]`),
    imageShape,
    labels,
    isEightBit: data instanceof Uint8Array,
    totalAvailable,
  };
}

/** @throws ArgumentError unless rows of `dim` values have this shape */
function requireRowShape(shape: ImageShape, dim: number): ImageShape {
  const { height, width, channels = 1 } = shape;
  if (height * width * channels === dim) return shape;
  throw new ArgumentError(
    "--shape",
    `height × width × channels must be the ${dim} values of a row, got ${height} × ${width} × ${channels}`,
  );
}

/**
 * [height, width, channels]; or √d × √d for rows of d values, if that is whole and none is negative, which no pixel is.
 */
function imageShapeOf(patternShape: readonly number[], dim: number, data: ArrayLike<number>): ImageShape | undefined {
  const [first, second, channels = 1] = patternShape;
  if (first !== undefined && second !== undefined)
    return { height: first, width: second, ...(channels > 1 && { channels }) };
  const side = Math.round(Math.sqrt(dim));
  if (side * side !== dim) return undefined;
  for (let i = 0; i < data.length; i++) if (data[i]! < 0) return undefined;
  return { height: side, width: side };
}

/** Arrays are not scaled, so a size asked for has to be the one they have. */
function requireOwnSize({ imageSize, source }: MemoryOptions, imageShape: ImageShape | undefined): void {
  if (imageSize === undefined || (imageShape?.height === imageSize && imageShape.width === imageSize)) return;
  const size = imageShape === undefined ? "are no images" : `have ${imageShape.height} × ${imageShape.width} pixels`;
  throw new ArgumentError(
    "--image-size",
    `scales folders of images, not arrays, got ${imageSize} for ${quote(source)}, whose patterns ${size}`,
    "leave it out",
  );
}

async function readImageFolder(options: MemoryOptions): Promise<RawPatterns> {
  const { source, colour = "grey" } = options;
  const files = await listImages(source);
  const { indices, labels, totalAvailable } = await selectPatterns(options, files.length);
  const names = Array.from(indices, (index) => files[index]!);
  const size = await commonSize(options, names[0]!);
  const numChannels = colour === "grey" ? 1 : rgbChannels;
  if (size !== undefined) requireCapacity(names.length, size.height * size.width * numChannels);
  const decode = (name: string): Promise<DecodedImage> => decodeImage(source, name, size, colour !== "grey");
  const first = await decode(names[0]!);
  const { height, width } = first;
  const dim = first.pixels.length;
  const values = allocatePatterns(names.length, dim);
  values.set(first.pixels);
  let numRefitted = Number(first.isRefitted);

  // sharp decodes on threads of its own: a few images in flight keep them busy, and no more than that are in memory.
  const numInFlight = 2 * availableParallelism();
  for (let start = 1; start < names.length; start += numInFlight) {
    const batch = names.slice(start, start + numInFlight);
    const images = await Promise.all(batch.map(decode));
    images.forEach((image, i) => {
      if (image.height !== height || image.width !== width)
        throw new ArgumentError(
          "--memory",
          `images must all have one size, got ${width} × ${height} for ${names[0]} ` +
            `and ${image.width} × ${image.height} for ${batch[i]}`,
          "scale them with --image-size 64",
        );
      if (image.isRefitted) numRefitted++;
      values.set(image.pixels, (start + i) * dim);
    });
  }
  const common = {
    names,
    labels,
    isEightBit: true,
    totalAvailable,
    numRefitted,
  };
  if (colour === "grey" || (colour === "keep" && isGrey(values)))
    return {
      ...common,
      values: colour === "grey" ? values : values.filter((_, at) => at % rgbChannels === 0),
      imageShape: { height, width },
    };
  return { ...common, values, imageShape: { height, width, channels: rgbChannels } };
}

const rgbChannels = 3;

/** Whether red, green and blue are the same everywhere. */
function isGrey(values: Float32Array): boolean {
  for (let at = 0; at < values.length; at += rgbChannels)
    if (values[at] !== values[at + 1] || values[at] !== values[at + 2]) return false;
  return true;
}

/** What all images of a folder are scaled to; undefined if they stay as they are. */
async function commonSize({ source, imageSize, fit }: MemoryOptions, first: string): Promise<ImageSize | undefined> {
  if (imageSize !== undefined) return { height: imageSize, width: imageSize };
  if (fit === undefined || "height" in fit) return fit;
  const { height, width } = await sizeOf(source, first);
  const scale = Math.min(1, fit.maxSide / Math.max(height, width));
  const scaled = (length: number): number => Math.max(1, Math.round(length * scale));
  return { height: scaled(height), width: scaled(width) };
}

const naturalOrder = new Intl.Collator("en", { numeric: true });

/** Names of the images in a folder, in natural order (1, 2, 10), hidden files left out. */
async function listImages(folder: string): Promise<string[]> {
  const refuse = (rule: string, fix?: string): ArgumentError => new ArgumentError("--memory", rule, fix);
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw refuse(`must be a folder that can be read, got ${quote(folder)} (${error.code})`);
  }
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  const names = visible
    .filter((entry) => !entry.isDirectory() && imageExtensions.has(extname(entry.name).toLowerCase()))
    .map((entry) => entry.name);
  if (names.length === 0)
    throw refuse(
      `must hold .png, .jpg or .jpeg images, got ${quote(folder)}, which holds none`,
      visible.some((entry) => entry.isDirectory()) ? "its subfolders are not searched" : undefined,
    );
  // Names that differ in leading zeros only are equal to the collator; code units settle them, so the order is total.
  return names.sort((a, b) => naturalOrder.compare(a, b) || (a < b ? -1 : 1));
}

interface DecodedImage extends ImageSize {
  /** [height, width], or [height, width, 3] in colour */
  readonly pixels: Uint8Array;
  /** It had another size before. */
  readonly isRefitted: boolean;
}

/** Of an upright image in a folder. */
async function sizeOf(folder: string, name: string): Promise<ImageSize> {
  try {
    return (await sharp(join(folder, name)).metadata()).autoOrient;
  } catch (error) {
    throw unreadable(folder, name, error);
  }
}

function unreadable(folder: string, name: string, error: unknown): ArgumentError {
  return new ArgumentError(
    "--memory",
    `images must be readable, got ${quote(name)} in ${quote(folder)}: ${firstLine(error)}`,
    "remove or repair it",
  );
}

/**
 * An image as 8-bit grey or sRGB, upright, on white where it is transparent. Scaling stretches with a triangle filter as
 * wide as the reduction (bilinear, without aliasing): it cannot overshoot, as sharper filters do.
 */
async function decodeImage(
  folder: string,
  name: string,
  size: ImageSize | undefined,
  hasColour: boolean,
): Promise<DecodedImage> {
  const own = size && (await sizeOf(folder, name));
  const image = sharp(join(folder, name), { autoOrient: true }).flatten({ background: "white" }).toColourspace("srgb");
  if (size !== undefined) image.resize(size.width, size.height, { fit: "fill", kernel: "linear" });
  try {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return {
      pixels: hasColour ? data : lumaOf(data),
      height: info.height,
      width: info.width,
      isRefitted: own !== undefined && (own.height !== info.height || own.width !== info.width),
    };
  } catch (error) {
    throw unreadable(folder, name, error);
  }
}

/** ITU-R 601 luma of [pixels, 3] sRGB bytes, as Pillow, torchvision and OpenCV define grey; sharp's own is of linear light. */
function lumaOf(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, i) =>
    Math.round((299 * rgb[3 * i]! + 587 * rgb[3 * i + 1]! + 114 * rgb[3 * i + 2]!) / 1000),
  );
}

/** A path in full, however long: shortened, it could not be found. */
function quote(path: string): string {
  return JSON.stringify(path);
}

/** @throws ArgumentError if a pattern that is to be scaled has no norm */
function requireDirections(norms: Float64Array, names: readonly string[]): void {
  const zero = norms.indexOf(0);
  if (zero >= 0) throw new ArgumentError("--memory", `${names[zero]} is all zeros and has no direction`, "remove it");
}

/** Which value is white in numbers that do not say so: 1, or 255 if some are larger, or the largest if that is more. */
function whiteLevel({ values, imageShape }: RawPatterns): number {
  if (imageShape === undefined) return 1;
  const largest = values.reduce((max, value) => Math.max(max, value), 0);
  return largest <= 1 ? 1 : Math.max(255, largest);
}
