/**
 * Seeds for the runs that a longer method is made of. A sampler counts its steps from 1 in every run, so that two runs
 * with one seed would meet the same noise.
 */
import { philox, purposes, type PhiloxKey } from "./philox.ts";

const words = new Uint32Array(4);

/**
 * The seed of one run of many, set by the key of the whole and the run's place in it.
 * @param index of the run, below 2^32
 * @param stream separates runs of the same index, for example the temperatures of one round
 */
export function derivedSeed(key: PhiloxKey, index: number, stream = 0): bigint {
  philox(index, stream, 0, purposes.seed, key, words);
  return (BigInt(words[1]!) << 32n) | BigInt(words[0]!);
}
