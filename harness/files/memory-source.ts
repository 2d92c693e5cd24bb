/**
 * From what `--memory` names (a folder of images, an array in .npy or IDX, the built-in faces) to a memory, with the
 * labels that `--labels` names. Only the patterns that were selected are decoded, so a folder may hold far more than
 * memory could. What it leaves out: training and test splits, colour, and every format that a pixel or a number does
 * not come out of.
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
import { isArrayFile, readArrayFile } from "./array-file.ts";
import { readLabels, requireClass } from "./labels.ts";
import { bytesOf } from "./npy-file.ts";
import { firstLine, isSystemError } from "./system-error.ts";

export interface ImageShape {
  readonly height: number;
  readonly width: number;
}

export const selectNames = ["random", "first"] as const;
export type SelectName = (typeof selectNames)[number];

export interface MemoryOptions {
  /**
   * A folder of PNG or JPEG images; a .npy or IDX file, gzip-compressed or not, of shape [K, d] or [K, height, width];
   * or `builtin:faces`.
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
  /** How many patterns to take; all by default. */
  readonly numPatterns?: number | undefined;
  /** Without `numPatterns`: this many, or all if there are fewer. */
  readonly atMost?: number | undefined;
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
  /** Row k of the memory times displayScale[k] is pattern k at its own brightness, white being 1, [numPatterns]. */
  readonly displayScale: Float64Array;
  /** Row k of the memory times rawScale[k] is pattern k in the units of its source, [numPatterns]. */
  readonly rawScale: Float64Array;
  /** Patterns to choose from, after `classLabel` has had its say. */
  readonly totalAvailable: number;
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
}

/** What the options leave to choose from, before anything is decoded. */
interface Selection {
  /** Indices into the source, in the order of the memory. */
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
  const hash = createHash("sha256");
  for (const piece of bytesOf(memory.values)) hash.update(piece);
  return { memory, names, imageShape, displayScale, rawScale, totalAvailable, sha256: hash.digest("hex") };
}

async function readSource(options: MemoryOptions): Promise<RawPatterns> {
  const { source } = options;
  if (source.startsWith(builtinPrefix)) return readBuiltin(options);
  const expected = `must be a folder of images, a .npy or IDX file or ${builtinPrefix}faces, got ${quote(source)}`;
  const refuse = (what: string, fix?: string): ArgumentError =>
    new ArgumentError("--memory", `${expected}${what}`, fix);
  if (source === "") throw refuse("");
  let entry;
  try {
    entry = await stat(source);
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
  throw refuse(", which is neither a folder nor a .npy or IDX file");
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
  const { numPatterns = Math.min(options.atMost ?? Infinity, candidates.length) } = options;
  if (numPatterns > candidates.length)
    throw new ArgumentError(
      "--patterns",
      `must be at most the ${candidates.length} patterns of ${classLabel === undefined ? "" : `class ${classLabel} in `}` +
        `${quote(source)}, got ${numPatterns}`,
    );
  const order = select === "random" ? randomOrder(candidates.length, patternSeed) : candidates.map((_, i) => i);
  const indices = order.subarray(0, numPatterns).map((i) => candidates[i]!);
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
  const { data, shape } = await readArrayFile("--memory", options.source);
  const [total, ...patternShape] = shape;
  if (total === undefined || patternShape.length < 1 || patternShape.length > 2)
    throw new ArgumentError(
      "--memory",
      `must hold an array of shape [K, d] or [K, height, width], got [${shape.join(", ")}] in ${quote(options.source)}`,
      "reshape it so that the first axis counts patterns",
    );
  const dim = patternShape.reduce((product, length) => product * length, 1);
  const imageShape = imageShapeOf(patternShape, dim, data);
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
    names: Array.from(indices, (index) => `${file}[${index}]`),
    imageShape,
    labels,
    isEightBit: data instanceof Uint8Array,
    totalAvailable,
  };
}

/** [height, width]; or √d × √d for rows of d values, if that is whole and none is negative, which no pixel is. */
function imageShapeOf(patternShape: readonly number[], dim: number, data: ArrayLike<number>): ImageShape | undefined {
  const [first, second] = patternShape;
  if (first !== undefined && second !== undefined) return { height: first, width: second };
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
  const { source, imageSize } = options;
  const files = await listImages(source);
  const { indices, labels, totalAvailable } = await selectPatterns(options, files.length);
  const names = Array.from(indices, (index) => files[index]!);
  if (imageSize !== undefined) requireCapacity(names.length, imageSize ** 2);
  const { height, width, pixels } = await decodeImage(source, names[0]!, imageSize);
  const dim = pixels.length;
  const values = allocatePatterns(names.length, dim);
  values.set(pixels);

  // sharp decodes on threads of its own: a few images in flight keep them busy, and no more than that are in memory.
  const numInFlight = 2 * availableParallelism();
  for (let start = 1; start < names.length; start += numInFlight) {
    const batch = names.slice(start, start + numInFlight);
    const images = await Promise.all(batch.map((name) => decodeImage(source, name, imageSize)));
    images.forEach((image, i) => {
      if (image.height !== height || image.width !== width)
        throw new ArgumentError(
          "--memory",
          `images must all have one size, got ${width} × ${height} for ${names[0]} ` +
            `and ${image.width} × ${image.height} for ${batch[i]}`,
          "scale them with --image-size 64",
        );
      values.set(image.pixels, (start + i) * dim);
    });
  }
  return { values, names, imageShape: { height, width }, labels, isEightBit: true, totalAvailable };
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

interface GreyImage extends ImageShape {
  /** [height, width] */
  readonly pixels: Uint8Array;
}

/**
 * An image as 8-bit grey, upright, on white where it is transparent. Scaling stretches to a square with a triangle
 * filter as wide as the reduction (bilinear, without aliasing): it cannot overshoot, as sharper filters do.
 */
async function decodeImage(folder: string, name: string, imageSize: number | undefined): Promise<GreyImage> {
  const image = sharp(join(folder, name), { autoOrient: true }).flatten({ background: "white" }).toColourspace("srgb");
  if (imageSize !== undefined) image.resize(imageSize, imageSize, { fit: "fill", kernel: "linear" });
  try {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { pixels: lumaOf(data), height: info.height, width: info.width };
  } catch (error) {
    throw new ArgumentError(
      "--memory",
      `images must be readable, got ${quote(name)} in ${quote(folder)}: ${firstLine(error)}`,
      "remove or repair it",
    );
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
