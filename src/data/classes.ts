/** Classes of stored patterns: the mask that keeps one of them (class-conditional sampling), and which there are. */
import { ArgumentError } from "../core/errors.ts";
import type { MemoryMatrix } from "../core/types.ts";

/** Runs of classes that a message spells out. */
const maxRuns = 12;

/**
 * The mask that keeps one class, for `HopfieldTarget.mask`, [numPatterns].
 * @throws ArgumentError if the memory has no labels, or no pattern of this class
 */
export function classMask(memory: MemoryMatrix, label: number): Uint8Array {
  const { labels } = memory;
  if (labels === undefined)
    throw new ArgumentError("memory.labels", "must be there for a class to be kept, got none", "one label per pattern");
  if (!labels.includes(label))
    throw new ArgumentError(
      "label",
      `must be one of the memory's classes, which are ${describeClasses(labels)}, got ${label}`,
    );
  return Uint8Array.from(labels, (each) => (each === label ? 1 : 0));
}

/** The classes there are, runs drawn together: "0 to 4, 7". */
export function describeClasses(labels: Int32Array): string {
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  const runs: [first: number, last: number][] = [];
  for (const label of classes) {
    const run = runs.at(-1);
    if (run !== undefined && label === run[1] + 1) run[1] = label;
    else runs.push([label, label]);
  }
  const texts = runs.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  return texts.length <= maxRuns
    ? texts.join(", ")
    : `${texts.slice(0, maxRuns).join(", ")} and others, ${classes.length} in all`;
}
