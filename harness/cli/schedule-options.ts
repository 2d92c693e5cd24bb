/** The options of `sample` that change the run over its steps or split it into heads, from text to checked values. */
import { readFile } from "node:fs/promises";
import {
  ArgumentError,
  describe,
  geometricSchedule,
  requireCount,
  requirePositive,
  requireStepSize,
  type ScheduleLevel,
} from "../../src/index.ts";
import { isSystemError } from "../files/system-error.ts";
import { parseCount, parseNumber } from "./parse-options.ts";

/** Heads as asked for: principal directions split, each part sampled on its own, or a product of classes. */
export type HeadRule = { readonly numPrincipal: number } | { readonly classes: readonly number[] };

const principalPrefix = "pca:";
const classesPrefix = "classes:";

/** @throws ArgumentError unless the text is pca: and a count, or classes: and at least two labels */
export function parseHeads(text: string): HeadRule {
  if (text.startsWith(principalPrefix))
    return { numPrincipal: parseCount("--heads", text.slice(principalPrefix.length), 1) };
  if (text.startsWith(classesPrefix)) {
    const classes = text.slice(classesPrefix.length).split(",").map(parseNumber);
    if (classes.length >= 2 && classes.every((label) => Number.isSafeInteger(label)))
      return { classes: classes as number[] };
  }
  throw new ArgumentError("--heads", `must be pca:COUNT or classes:A,B, for example pca:4, got ${describe(text)}`);
}

/** @throws ArgumentError unless the text is one number above 0 for each of the classes, with a sum of 1 */
export function parsePowers(text: string, numClasses: number): readonly number[] {
  const powers = text.split(",").map(parseNumber);
  for (const power of powers) requirePositive("--powers", power);
  const sum = (powers as number[]).reduce((total, power) => total + power, 0);
  if (powers.length !== numClasses)
    throw new ArgumentError("--powers", `must be one for each of ${numClasses} classes, got ${powers.length}`);
  if (Math.abs(sum - 1) > 1e-6) throw new ArgumentError("--powers", `must sum to 1, got ${sum}`);
  return powers as number[];
}

export function formatHeads(rule: HeadRule): string {
  return "numPrincipal" in rule
    ? `${principalPrefix}${rule.numPrincipal}`
    : `${classesPrefix}${rule.classes.join(",")}`;
}

/** Ends of a geometric anneal, and how many levels it has with both of them. */
export interface AnnealRange {
  readonly from: number;
  readonly to: number;
  readonly numLevels: number;
}

/** @throws ArgumentError unless the text is FIRST:LAST:LEVELS */
export function parseAnnealRange(text: string): AnnealRange {
  const parts = text.split(":");
  if (parts.length !== 3)
    throw new ArgumentError("--anneal", `must be FIRST:LAST:LEVELS, for example 5:50000:25, got ${describe(text)}`);
  return {
    from: requirePositive("--anneal", parseNumber(parts[0]!)),
    to: requirePositive("--anneal", parseNumber(parts[1]!)),
    numLevels: parseCount("--anneal", parts[2]!, 2),
  };
}

/**
 * FIRST:LAST:LEVELS as levels at geometrically spaced β.
 * @throws ArgumentError for anything else
 */
export function parseAnneal(text: string, stepsPerLevel: string): readonly ScheduleLevel[] {
  const { from, to, numLevels } = parseAnnealRange(text);
  return geometricSchedule(from, to, numLevels, parseCount("--steps-per-level", stepsPerLevel, 1));
}

/** @throws ArgumentError if the file cannot be read, or for a line that is no level */
export async function readSchedule(path: string, parameter = "--schedule"): Promise<readonly ScheduleLevel[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ArgumentError(parameter, `must be a file that can be read, got ${JSON.stringify(path)} (${error.code})`);
  }
  return parseSchedule(text, parameter);
}

/**
 * Lines of numSteps,beta[,stepSize]; a first line of names and empty lines are passed over.
 * @param option that named the file
 */
export function parseSchedule(text: string, option: string): readonly ScheduleLevel[] {
  const levels: ScheduleLevel[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const cells = line.split(",").map((cell) => cell.trim());
    const isHeader = i === 0 && cells[1] === "beta";
    if (isHeader || line.trim() === "") continue;
    const parameter = `${option} line ${i + 1}`;
    if (cells.length < 2 || cells.length > 3)
      throw new ArgumentError(parameter, `must be numSteps,beta or numSteps,beta,stepSize, got ${describe(line)}`);
    const [numSteps, beta, stepSize] = cells.map(parseNumber);
    levels.push({
      numSteps: requireCount(`${parameter}, numSteps`, numSteps, 1),
      beta: requirePositive(`${parameter}, beta`, beta),
      ...(stepSize === undefined ? {} : { stepSize: requireStepSize(`${parameter}, stepSize`, stepSize) }),
    });
  }
  if (levels.length === 0) throw new ArgumentError(option, "must have at least one level, got an empty file");
  return levels;
}

/** Steps that a schedule takes before its last level goes on. */
export function scheduleSteps(schedule: readonly ScheduleLevel[] = []): number {
  return schedule.reduce((sum, { numSteps }) => sum + numSteps, 0);
}
