/** The order in which patterns are taken at random: the same for every reader, so that a seed means the same memory. */
import { requireSeed } from "../core/checks.ts";
import { permutation } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";

/**
 * 0 … count − 1 in an order that the seed chooses, [count]; the first n of it are a sample without replacement.
 * @throws ArgumentError unless `seed` is a whole number in [0, 2^64)
 */
export function randomOrder(count: number, seed: number | bigint): Uint32Array {
  return permutation(count, requireSeed("seed", seed), 0, purposes.data);
}
