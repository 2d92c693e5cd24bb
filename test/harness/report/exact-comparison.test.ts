/** The draws that a run is held against. */
import { describe, expect, it } from "vitest";
import { createMemoryMatrix } from "../../../src/index.ts";
import { comparisonShape, drawExact, exactSeedOf } from "../../../harness/report/exact-comparison.ts";

const memory = createMemoryMatrix([1, 0, 0, 1], { numPatterns: 2, dim: 2 });
const target = { memory, beta: 10 };
/** The work of a draw, without the draw. */
const wide = { memory: { ...memory, numPatterns: 100, dim: 4096 }, beta: 10 };

describe("comparisonShape", () => {
  it("is the run's where that is affordable, as the default job is", () => {
    expect(comparisonShape(wide, { numChains: 256, numDraws: 5 })).toEqual({ numChains: 256, numDraws: 5 });
  });

  it("is cut to a bounded number of draws, in pairs while there are two", () => {
    // 2^32 / (4096 · 132) = 7943 draws.
    expect(comparisonShape(wide, { numChains: 256, numDraws: 1000 })).toEqual({ numChains: 256, numDraws: 31 });
    expect(comparisonShape(wide, { numChains: 100_000, numDraws: 5 })).toEqual({ numChains: 3971, numDraws: 2 });
    expect(comparisonShape(wide, { numChains: 100_000, numDraws: 1 })).toEqual({ numChains: 7943, numDraws: 1 });
    expect(comparisonShape(wide, { numChains: 1, numDraws: 100_000 })).toEqual({ numChains: 1, numDraws: 7943 });
  });

  it("keeps enough draws to compare with, however large the memory", () => {
    const vast = { memory: { ...memory, numPatterns: 60_000, dim: 1e6 }, beta: 10 };
    expect(comparisonShape(vast, { numChains: 256, numDraws: 5 })).toEqual({ numChains: 32, numDraws: 2 });
  });
});

describe("drawExact", () => {
  it("repeats, and stops when told to", async () => {
    const shape = { numChains: 3, numDraws: 2 };
    const draws = await drawExact(target, shape, 1n);
    expect(draws).toMatchObject({ ...shape, dim: 2 });
    expect(await drawExact(target, shape, 1n)).toEqual(draws);
    expect((await drawExact(target, shape, 2n)).positions).not.toEqual(draws.positions);
    await expect(drawExact(target, shape, 1n, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });

  it("shares its key with no run of the same seed", () => {
    expect(exactSeedOf(0n)).toBe((1n << 64n) - 1n);
    expect(exactSeedOf(exactSeedOf(7n))).toBe(7n);
  });
});
