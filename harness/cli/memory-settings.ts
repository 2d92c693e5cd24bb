/** The options that name and choose a memory, the same for every command that takes one. */
import type { Command } from "commander";
import { requireChoice } from "../../src/index.ts";
import {
  loadMemory,
  selectNames,
  type LoadedMemory,
  type MemoryOptions,
  type SelectName,
} from "../files/memory-source.ts";
import { parseCount, parseInteger, parseSeed, requireGiven } from "./parse-options.ts";

const normalizeNames = ["unit", "none"] as const;
type NormalizeName = (typeof normalizeNames)[number];

/** Used where the person typed nothing; a smaller memory caps the number of patterns. */
const defaults = { patterns: 100, select: "random", patternSeed: "0", normalize: "unit" } as const;

/** What commander hands over: text, as typed or by default. */
export interface MemoryFlags {
  readonly memory?: string;
  readonly labels?: string;
  readonly class?: string;
  readonly patterns?: string;
  readonly select: string;
  readonly patternSeed: string;
  readonly imageSize?: string;
  readonly normalize: string;
}

export interface MemorySettings {
  readonly memory: string;
  readonly labels: string | undefined;
  /** What a class does is the command's business: it selects, or it masks. */
  readonly classLabel: number | undefined;
  /** Undefined if not asked for: as many as the default, or as there are. */
  readonly numPatterns: number | undefined;
  readonly select: SelectName;
  readonly patternSeed: bigint;
  readonly imageSize: number | undefined;
  readonly normalize: NormalizeName;
}

/** @param classHelp what `--class` does in this command */
export function addMemoryOptions(command: Command, classHelp: string): Command {
  return command
    .option(
      "--memory <source>",
      "a folder of PNG or JPEG images, a .npy, .npz, IDX or CSV file (.gz too), or builtin:faces (required)",
    )
    .option("--labels <file>", "a class per pattern of the whole source: a .npy, .npz, IDX or CSV file (.gz too)")
    .option("--class <label>", classHelp)
    .option("--patterns <count>", `patterns to take (default: ${defaults.patterns}, or all if there are fewer)`)
    .option("--select <rule>", `which patterns: ${selectNames.join(", ")}`, defaults.select)
    .option("--pattern-seed <seed>", "seed of the random selection", defaults.patternSeed)
    .option("--image-size <pixels>", "scale the images of a folder to squares of this side (default: as they are)")
    .option(
      "--normalize <rule>",
      `scale patterns to unit norm, or not at all: ${normalizeNames.join(", ")}`,
      defaults.normalize,
    );
}

/** @throws ArgumentError naming the first option that breaks its rule */
export function requireMemorySettings(flags: MemoryFlags): MemorySettings {
  return {
    memory: requireGiven(
      "--memory",
      flags.memory,
      "a folder of images, a .npy, .npz, IDX or CSV file or builtin:faces",
    ),
    labels: flags.labels,
    classLabel: flags.class === undefined ? undefined : parseInteger("--class", flags.class),
    numPatterns: flags.patterns === undefined ? undefined : parseCount("--patterns", flags.patterns, 1),
    select: requireChoice("--select", flags.select, selectNames),
    patternSeed: parseSeed("--pattern-seed", flags.patternSeed),
    imageSize: flags.imageSize === undefined ? undefined : parseCount("--image-size", flags.imageSize, 1),
    normalize: requireChoice("--normalize", flags.normalize, normalizeNames),
  };
}

/**
 * The default number of patterns gives way to a smaller memory; a number that was asked for does not.
 * @param classUse `select`: only patterns of the class are there to be taken; `keep`: the class changes nothing here
 * @param extra what the command asks of the loader beyond the options that all commands share
 */
export async function loadPatterns(
  settings: MemorySettings,
  classUse: "select" | "keep",
  extra: Pick<MemoryOptions, "colour" | "fit" | "numSpare" | "rowShape"> = {},
): Promise<LoadedMemory> {
  const { memory: source, labels, numPatterns, select, patternSeed, imageSize, normalize } = settings;
  const classLabel = classUse === "select" ? settings.classLabel : undefined;
  const options = { source, labels, classLabel, select, patternSeed, imageSize, normalize, ...extra };
  return loadMemory({ ...options, ...(numPatterns === undefined ? { atMost: defaults.patterns } : { numPatterns }) });
}
