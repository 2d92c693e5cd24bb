/** How far a figure may move because the published memory was another choice from the same pool. */
import { requireSeed } from "../core/checks.ts";
import { permutation } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { imageMemory, type ImageSet } from "./data.ts";
import type { DataDifference } from "./experiment.ts";

const numChoices = 60;
/** Standard deviations between the published choice and ours; each of the two is off by one of them. */
const numDeviations = 3 * Math.SQRT2;

/** What may be chosen from. */
export interface Pool {
  readonly images: ImageSet;
  readonly indices: readonly number[];
}

/**
 * Three standard deviations of a figure of the memory, between two choices of `numChosen` patterns from the pool.
 * @param why which choice the published run made
 */
export function choiceDifference(
  { images, indices }: Pool,
  numChosen: number,
  why: string,
  figure: (memory: MemoryMatrix) => number,
): DataDifference {
  const values = Array.from({ length: numChoices }, (_, stream) => {
    const order = permutation(indices.length, requireSeed("seed", 0), stream, purposes.data);
    return figure(
      imageMemory(
        images,
        Array.from(order.subarray(0, numChosen), (place) => indices[place]!),
      ),
    );
  });
  const centre = values.reduce((sum, value) => sum + value, 0) / numChoices;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { amount: numDeviations * Math.sqrt(squares / (numChoices - 1)), why };
}
