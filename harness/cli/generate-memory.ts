/** From the options of `generate` to patterns: those to generate from, those to compare with, and what they are images of. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import {
  ArgumentError,
  generationDefaults,
  nearestPatterns,
  type GenerateOptions,
  type GenerationDefaults,
  type MemoryMatrix,
} from "../../src/index.ts";
import {
  loadMemory,
  slicePatterns,
  type ImageShape,
  type LoadedMemory,
  type MemoryOptions,
} from "../files/memory-source.ts";
import { note, type CommandContext } from "./context.ts";
import { formatCount } from "./format.ts";
import { loadPatterns } from "./memory-settings.ts";
import { defaultLevels, formatShape, type GenerateSettings } from "./generate-settings.ts";

/** Longer sides of photographs are scaled down to this; --image-size asks for more. */
const maxSide = 128;
const maxSpare = 1000;
/** Products in comparing held-out patterns with each other: some ten seconds. */
const maxComparisons = 8e9;

export interface GenerationMemory {
  readonly loaded: LoadedMemory;
  /** Undefined if there are none. */
  readonly heldOut: MemoryMatrix | undefined;
  readonly image: ImageShape;
  /** Patterns are shown as curves. */
  readonly isSignal: boolean;
}

/** @throws ArgumentError for whatever the person can mend */
export async function loadGenerationMemory(
  settings: GenerateSettings,
  context: CommandContext,
): Promise<GenerationMemory> {
  const { heldOut, rowShape } = settings;
  const all = await loadPatterns(settings, "select", {
    colour: "keep",
    rowShape,
    ...(settings.imageSize === undefined && { fit: { maxSide } }),
    ...(heldOut === "spare" && { numSpare: spareLimit(settings) }),
  });
  const { dim, numPatterns } = all.memory;
  const own = all.imageShape ?? { height: 1, width: dim };
  if (rowShape !== undefined && !haveSameSizes(rowShape, own))
    throw new ArgumentError(
      "--shape",
      `must be the shape that the patterns of ${settings.memory} have, ${formatShape(own)}, got ${formatShape(rowShape)}`,
      "leave it out; --image-size scales folders of images",
    );
  const image = rowShape ?? own;
  if (settings.imageSize === undefined && all.numRefitted > 0)
    note(
      context,
      `${all.numRefitted} of ${numPatterns + (all.spare?.memory.numPatterns ?? 0)} images were scaled to ` +
        `${image.width} × ${image.height}: all have the size of the first one, its longer side at most ${maxSide} pixels ` +
        "(--image-size chooses another)",
    );
  const common = { image, isSignal: isSignalShape(image) };
  const limit = heldOutLimit(dim);
  if (heldOut === "spare") {
    const { spare, ...loaded } = all;
    const unseen = spare && slicePatterns(spare, 0, Math.min(limit, spare.memory.numPatterns)).memory;
    return {
      ...common,
      loaded: { ...loaded, spare: undefined },
      heldOut: unseen && withoutStored(unseen, all.memory, context),
    };
  }
  if ("source" in heldOut) {
    const isScaled = all.numRefitted === numPatterns;
    const given = await loadHeldOut(settings, { image, isScaled }, heldOut, limit, context);
    const unseen = withoutStored(given, all.memory, context);
    if (unseen === undefined)
      throw new ArgumentError(
        "--held-out",
        `must have patterns that are not in the memory, got ${given.numPatterns} that all are`,
        "leave it out and take some from the memory with --hold-out",
      );
    return { ...common, loaded: all, heldOut: unseen };
  }
  const numHeldOut = Math.round(heldOut.share * numPatterns);
  if (numHeldOut < 1 || numHeldOut >= numPatterns)
    throw new ArgumentError(
      "--hold-out",
      `must leave at least one of ${numPatterns} patterns on either side, got ${heldOut.share}`,
    );
  const numKept = numPatterns - numHeldOut;
  const loaded = slicePatterns(all, 0, numKept);
  const kept = slicePatterns(all, numKept, Math.min(numPatterns, numKept + limit)).memory;
  return { ...common, loaded, heldOut: withoutStored(kept, loaded.memory, context) };
}

function isSignalShape({ height, width }: ImageShape): boolean {
  return height === 1 || width === 1;
}

/** Whether two shapes differ in axes of length 1 at most: values lie in one order in both. */
function haveSameSizes(a: ImageShape, b: ImageShape): boolean {
  const sizes = ({ height, width, channels = 1 }: ImageShape): string =>
    [height, width, channels].filter((length) => length > 1).join();
  return sizes(a) === sizes(b);
}

/** A held-out pattern this near to a stored one is the same picture, but for float32. */
const sameCosine = 1 - 1e-6;

/** What of the held-out patterns the memory does not hold, and a word where it holds some; undefined if it holds all. */
function withoutStored(heldOut: MemoryMatrix, memory: MemoryMatrix, context: CommandContext): MemoryMatrix | undefined {
  const { values, dim, numPatterns } = heldOut;
  const { cosine } = nearestPatterns(memory, values);
  const unseen = Array.from({ length: numPatterns }, (_, k) => k).filter((k) => cosine[k]! < sameCosine);
  if (unseen.length === numPatterns) return heldOut;
  note(
    context,
    `${numPatterns - unseen.length} of ${numPatterns} held-out patterns are in the memory as well: they are not compared with`,
  );
  if (unseen.length === 0) return undefined;
  const rows = new Float32Array(unseen.length * dim);
  for (const [row, k] of unseen.entries()) rows.set(values.subarray(k * dim, (k + 1) * dim), row * dim);
  return { values: rows, numPatterns: unseen.length, dim };
}

/** Held-out patterns that are compared with each other in bearable time. */
function heldOutLimit(dim: number): number {
  return Math.max(2, Math.floor(Math.sqrt(maxComparisons / dim)));
}

function spareLimit({ imageSize }: GenerateSettings): number {
  return imageSize === undefined ? maxSpare : Math.min(maxSpare, heldOutLimit(3 * imageSize ** 2));
}

/**
 * The patterns of `--held-out`, in the shape of the memory's, `image`.
 * @param isScaled all images of the memory had another size before
 */
async function loadHeldOut(
  settings: GenerateSettings,
  { image, isScaled }: { readonly image: ImageShape; readonly isScaled: boolean },
  { source, labels }: { readonly source: string; readonly labels: string | undefined },
  limit: number,
  context: CommandContext,
): Promise<MemoryMatrix> {
  const { classLabel, patternSeed, normalize } = settings;
  const isBuiltin = source.startsWith("builtin:");
  const hasLabels = isBuiltin || labels !== undefined;
  if (classLabel !== undefined && !hasLabels)
    note(context, "held-out patterns have no labels: all of them are compared with, whatever --class says");
  try {
    const options: MemoryOptions = {
      source,
      labels,
      classLabel: hasLabels ? classLabel : undefined,
      patternSeed,
      normalize,
      rowShape: image,
      select: "random",
      atMost: limit,
      colour: "keep",
      // Pictures are not stretched to signals.
      ...(!isSignalShape(image) && (isBuiltin ? { imageSize: image.width } : { fit: image })),
    };
    const isOfFiles = await isFolder(source);
    if (isOfFiles && isSignalShape(image) && !(await isFolder(settings.memory)))
      throw new ArgumentError(
        "--held-out",
        `must be signals, as the memory is, to be compared with, got images in ${JSON.stringify(source)}`,
        "name an array of them",
      );
    if (isOfFiles && settings.imageSize === undefined) await requireProportions(settings, options, image);
    const { memory: heldOut, imageShape, numRefitted } = await loadMemory(options);
    const own = imageShape ?? { height: 1, width: heldOut.dim };
    if (isOfFiles) requireColourOf(image, own, source);
    if (settings.imageSize === undefined && numRefitted > 0)
      note(
        context,
        `${numRefitted} of ${formatCount(heldOut.numPatterns, "held-out image")} ` +
          `${numRefitted === 1 ? "was" : "were"} scaled to ${image.width} × ${image.height}, ` +
          (isScaled ? "as the memory was" : "the memory's size"),
      );
    if (!haveSameSizes(own, image))
      throw new ArgumentError(
        "--memory",
        `must hold patterns of the memory's shape, ${formatShape(image)}, got ${formatShape(own)}`,
      );
    return heldOut;
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    if (error.parameter === "--shape")
      throw new ArgumentError("--held-out", `must have the memory's shape, ${formatShape(image)}: ${error.rule}`);
    // The loader knows its source as --memory.
    const parameter = error.parameter.replace(/^--memory\b/, "--held-out").replace(/^--labels\b/, "--held-out-labels");
    throw new ArgumentError(parameter, error.rule, error.fix);
  }
}

async function isFolder(source: string): Promise<boolean> {
  return (await stat(source).catch(() => undefined))?.isDirectory() === true;
}

/** Proportions further apart than this are those of other pictures: rounded sizes of small images differ by less. */
const maxStretch = 1.05;

/**
 * Held-out images are scaled to the memory's size, as images of the memory are to the first one's; the first one speaks
 * for all here too.
 * @throws ArgumentError if that would distort it
 */
async function requireProportions(
  { memory }: GenerateSettings,
  options: MemoryOptions,
  image: ImageShape,
): Promise<void> {
  if (isSignalShape(image)) return;
  const [name] = (await loadMemory({ ...options, atMost: 1 })).names;
  const { height, width } = (await sharp(join(options.source, name!)).metadata()).autoOrient;
  const stretch = (width * image.height) / (height * image.width);
  if (Math.max(stretch, 1 / stretch) <= maxStretch) return;
  throw new ArgumentError(
    "--held-out",
    `must have the proportions of the memory, ${image.width} × ${image.height}, to be compared with, got ` +
      `${width} × ${height} for ${name} in ${JSON.stringify(options.source)}`,
    // Arrays are never scaled.
    `crop them alike${(await isFolder(memory)) ? ", or stretch both to squares with --image-size" : ""}`,
  );
}

/** @throws ArgumentError if a folder has colour where the memory has none, or none where it has */
function requireColourOf({ channels = 1 }: ImageShape, own: ImageShape, source: string): void {
  const isGrey = own.channels === undefined;
  // What has two channels, or four, is no picture like those of a folder either way: its shape is refused.
  if (channels !== (isGrey ? 3 : 1)) return;
  const [ours, theirs, coloured] = isGrey
    ? ["in colour", "grey ones", "the memory"]
    : ["grey", "images in colour", "these"];
  throw new ArgumentError(
    "--held-out",
    `must be ${ours}, as the memory is, to be compared with, got ${theirs} in ${JSON.stringify(source)}`,
    // Grey in three channels is grey still.
    `convert ${coloured} to grey, or name others`,
  );
}

/**
 * The options of the method, with window and range of β by the memory where the person gave none, as the person could
 * have spelled them; says so.
 * @throws ArgumentError if there is nothing to choose by
 */
export function resolveOptions(
  settings: GenerateSettings,
  { loaded, image, isSignal }: GenerationMemory,
  context: CommandContext,
): GenerateOptions {
  const { windows, sweep, anneal } = settings;
  const { maxShift, patternsPerSample, numSamples, seed, stepsPerLevel, stepSize, kernel, stride } = settings;
  if (loaded.memory.numPatterns < 2 && maxShift === 0) throw nothingToRecombine(settings, loaded);
  if (anneal !== undefined && anneal.to < anneal.from)
    note(
      context,
      `--anneal: β falls from ${anneal.from} to ${anneal.to}, and samples are read out at β = ${anneal.to} (let β rise for ` +
        `sharp ones: ${anneal.to}:${anneal.from}:${anneal.numLevels})`,
    );
  const needsWindow = windows === undefined && sweep === undefined;
  const missing = [...(needsWindow ? ["--window"] : []), ...(anneal === undefined ? ["--anneal"] : [])];
  const rule = missing.length > 0 ? defaultsOf(loaded.memory, image, stride, missing) : undefined;
  if (rule && needsWindow)
    note(
      context,
      `--window ${rule.window}: two fifths of the ${isSignal ? "length" : "shorter side"}, ` +
        (stride === 1 ? "odd" : "a multiple of the stride"),
    );
  if (rule && anneal === undefined)
    note(
      context,
      `--anneal ${rule.from}:${rule.to}:${defaultLevels}: with D = ${rule.squaredDistance.toPrecision(3)}, the median ` +
        "squared distance of two patterns, from 6/D, where all are about equally near, to 36·d/D, where the noise is a " +
        "sixth of their difference",
    );
  return {
    image,
    windows: windows ?? (rule && needsWindow ? [rule.window] : ["full"]),
    stride,
    anneal: anneal ?? { from: rule!.from, to: rule!.to, numLevels: defaultLevels },
    stepsPerLevel,
    stepSize,
    kernel,
    seed,
    numSamples,
    maxShift,
    ...(patternsPerSample !== undefined && { patternsPerSample }),
  };
}

/** Where one pattern is left of many, the options that left it. */
function nothingToRecombine(settings: GenerateSettings, { memory, totalAvailable }: LoadedMemory): ArgumentError {
  const { classLabel, numPatterns, heldOut } = settings;
  const ofClass = classLabel === undefined ? "" : ` of class ${classLabel}`;
  const ways = [
    ...(numPatterns !== undefined && numPatterns < totalAvailable ? ["take more with --patterns"] : []),
    ...(typeof heldOut === "object" && "share" in heldOut ? ["keep fewer out with --hold-out"] : []),
    ...(classLabel !== undefined && totalAvailable < 2 ? ["choose another --class"] : []),
  ];
  return new ArgumentError(
    "--memory",
    `must have at least 2 patterns left to recombine, got ${memory.numPatterns} of ${totalAvailable}${ofClass}`,
    ways.length > 0 ? ways.join(", or ") : "there is nothing to recombine in one",
  );
}

/**
 * The defaults of the method, β to three digits, so that what is said can be typed.
 * @param missing the options that they stand for
 * @throws ArgumentError if there is no distance between patterns to choose by
 */
function defaultsOf(
  memory: MemoryMatrix,
  image: ImageShape,
  stride: number,
  missing: readonly string[],
): GenerationDefaults {
  try {
    const defaults = generationDefaults(memory, image, stride);
    const rounded = (beta: number): number => Number(beta.toPrecision(3));
    return { ...defaults, from: rounded(defaults.from), to: rounded(defaults.to) };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError("--memory", error.rule, `nothing to choose by: give ${missing.join(" and ")}`);
  }
}
