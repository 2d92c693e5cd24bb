/** Temperature and step size over the steps of a run. */
import { requireCount, requirePositive, requireStepSize } from "./checks.ts";
import type { HopfieldTarget, SampleOptions, ScheduleLevel } from "./types.ts";

/** A level with everything filled in. Steps count from 1. */
export interface Level {
  readonly beta: number;
  readonly stepSize: number;
  readonly firstStep: number;
  /** Infinity for the last level. */
  readonly lastStep: number;
}

/** @throws ArgumentError for a level that breaks its rule */
export function requireLevels(target: HopfieldTarget, options: SampleOptions): readonly Level[] {
  const schedule: readonly ScheduleLevel[] = options.schedule ?? [{ numSteps: 1, beta: target.beta }];
  requireCount("schedule.length", schedule.length, 1, "leave schedule out for a constant temperature");
  let firstStep = 1;
  return schedule.map((level, i) => {
    requireCount(`schedule[${i}].numSteps`, level.numSteps, 1);
    const beta = requirePositive(`schedule[${i}].beta`, level.beta);
    const stepSize = requireStepSize(`schedule[${i}].stepSize`, level.stepSize ?? options.stepSize);
    const lastStep = i === schedule.length - 1 ? Infinity : firstStep + level.numSteps - 1;
    const filled = { beta, stepSize, firstStep, lastStep };
    firstStep += level.numSteps;
    return filled;
  });
}

/** Index of the level that a step belongs to. */
export function levelAt(levels: readonly Level[], step: number): number {
  return levels.findIndex(({ lastStep }) => step <= lastStep);
}

/**
 * Levels at geometrically spaced β from `first` to `last`, both included.
 * @throws ArgumentError for ends that are not positive or fewer than one level
 */
export function geometricSchedule(
  first: number,
  last: number,
  numLevels: number,
  stepsPerLevel = 1,
): readonly ScheduleLevel[] {
  requirePositive("first", first);
  requirePositive("last", last);
  requireCount("numLevels", numLevels, 1);
  requireCount("stepsPerLevel", stepsPerLevel, 1);
  return Array.from({ length: numLevels }, (_, i) => ({
    numSteps: stepsPerLevel,
    beta: numLevels === 1 ? last : first * (last / first) ** (i / (numLevels - 1)),
  }));
}
