/** The stack that carries every energy: equal forms of one energy, and a sentence for heads that are none. */
import { describe, expect, test } from "vitest";
import { createReferenceSampler, energy, productHeads, type Head } from "../../src/index.ts";
import { projectedHeads, randomMemory } from "../support/memories.ts";

const memory = randomMemory(5, 8);
const beta = 6;
const positions = [0, 1, 2].map((n) => Float64Array.from({ length: 8 }, (_, i) => Math.sin(n + i)));

/** Energies may differ by a constant; this is what must not. */
function changes(heads: readonly Head[] | undefined): number[] {
  const at = (x: Float64Array): number => energy({ memory, beta, ...(heads && { heads }) }, x);
  return positions.map((x) => at(x) - at(positions[0]!));
}

describe("one energy in several forms", () => {
  test("a single head is the plain energy for unit patterns", () => {
    for (const [i, change] of changes([{ power: 1 }]).entries()) expect(change).toBeCloseTo(changes(undefined)[i]!, 6);
  });

  test("a product of a memory with itself is that memory", () => {
    const twice = changes(productHeads([memory, memory]));
    for (const [i, change] of twice.entries()) expect(change).toBeCloseTo(changes(undefined)[i]!, 6);
  });

  test("projections on coordinates are weights of 0 and 1", () => {
    const half = (first: number): Float32Array =>
      Float32Array.from({ length: 32 }, (_, at) => Number(at % 8 === first + Math.floor(at / 8)));
    const projected = changes([0, 4].map((first) => ({ power: 1, directions: half(first) })));
    const weighted = changes(
      [0, 4].map((first) => ({
        power: 1,
        weights: Float32Array.from({ length: 8 }, (_, i) => Number(i >= first && i < first + 4)),
      })),
    );
    for (const [i, change] of projected.entries()) expect(change).toBeCloseTo(weighted[i]!, 10);
  });
});

describe("every fault gets its sentence", () => {
  const [first, second] = projectedHeads(8) as [Head, Head];
  test.each<[string, readonly Head[], string]>([
    [
      "no heads",
      [],
      "target.heads.length: must be a whole number of at least 1, got 0 (leave heads out for the plain energy)",
    ],
    ["a power of zero", [{ power: 0 }], "target.heads[0].power: must be a finite number above 0, got 0"],
    [
      "weights that do not sum to one",
      [{ power: 0.5 }],
      "target.heads: power × weights must sum to 1 at every coordinate, got 0.5 at coordinate 0 (divide the powers or the weights by that sum)",
    ],
    [
      "weights of another length",
      [{ power: 1, weights: new Float32Array(7) }],
      "target.heads[0].weights: length must be dim = 8, got 7",
    ],
    [
      "a negative weight",
      [{ power: 1, weights: new Float32Array(8).fill(-1) }],
      "target.heads[0].weights: must be finite and not negative, got -1 at coordinate 0",
    ],
    [
      "log-weights of another length",
      [{ power: 1, logWeights: [0] }],
      "target.heads[0].logWeights: must have one entry for each of 5 patterns, got 1",
    ],
    [
      "log-weights that leave nothing",
      [{ power: 1, logWeights: Array.from({ length: 5 }, () => -Infinity) }],
      "target.heads[0].logWeights: must leave at least one pattern, got none",
    ],
    [
      "a memory of another dim",
      [{ power: 1, memory: randomMemory(2, 7) }],
      "target.heads[0].memory.dim: must be that of the target, 8, got 7",
    ],
    [
      "weights and directions",
      [{ ...first, weights: new Float32Array(8).fill(1) }, second],
      "target.heads[0]: must have weights or directions, got both (leave one out)",
    ],
    [
      "directions of another length",
      [{ power: 1, directions: new Float32Array(7) }],
      "target.heads[0].directions: length must be a multiple of dim = 8, got 7",
    ],
    [
      "directions that are not orthonormal",
      [{ power: 1, directions: new Float32Array(8).fill(1) }],
      "target.heads[0].directions: must be orthonormal rows, got a product of 8 of rows 0 and 0",
    ],
    ["projections that leave something out", [first], "target.heads: power × D must sum to the identity"],
  ])("%s", (_, heads, message) => {
    expect(() => createReferenceSampler({ memory, beta, heads })).toThrow(message);
  });

  test("an empty mask names the labels there are", () => {
    const labelled = { ...memory, labels: Int32Array.of(3, 1, 3, 1, 9) };
    expect(() => createReferenceSampler({ memory: labelled, beta, mask: new Uint8Array(5) })).toThrow(
      "target.mask: must keep at least one of 5 patterns, got none (the labels are 1, 3, 9)",
    );
  });

  test("kernels and starts that need a closed form give the reason where there is none", async () => {
    const sampler = createReferenceSampler({ memory, beta, heads: projectedHeads(8) });
    const base = { stepSize: 0.5, seed: 1, numChains: 1, numBurnIn: 0, numDraws: 1, thinning: 1 } as const;
    const reason = "(there is no closed form for several heads, or for one with a power other than 1)";
    await expect(sampler.run({ ...base, kernel: "gibbs", start: "pattern" })).rejects.toThrow(reason);
    await expect(sampler.run({ ...base, kernel: "ou", start: "exact" })).rejects.toThrow(reason);
  });
});
