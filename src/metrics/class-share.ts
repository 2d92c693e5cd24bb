/** Whether class-conditional samples are of their class: the label of the nearest pattern in the whole memory, masked or not. */
import { ArgumentError } from "../core/errors.ts";
import type { Draws, MemoryMatrix } from "../core/types.ts";
import { estimateOverChains, type Estimate } from "./chain-mean.ts";
import { nearestPatterns } from "./novelty.ts";

/** Share of samples ξ whose nearest stored pattern, by cosine over the whole memory, has the label. */
export interface ClassShare extends Estimate {
  readonly label: number;
  /** Share of the patterns that have it: what samples without a mask come to. */
  readonly chance: number;
}

/** @throws ArgumentError if the memory has no labels */
export function classShare(memory: MemoryMatrix, draws: Draws, label: number): ClassShare {
  const { labels } = memory;
  if (labels === undefined)
    throw new ArgumentError("memory.labels", "must be there for classes to be counted, got none");
  const { index } = nearestPatterns(memory, draws.positions);
  const isOfClass = Float64Array.from(index, (k) => (labels[k] === label ? 1 : 0));
  return {
    label,
    ...estimateOverChains(isOfClass, draws.numChains),
    chance: labels.filter((each) => each === label).length / labels.length,
  };
}
