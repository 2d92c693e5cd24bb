/** What the figures of generated samples are called, on sets whose figures can be worked out by hand. */
import { describe, expect, it } from "vitest";
import { createMemoryMatrix, type Draws, type MemoryMatrix } from "../../../src/index.ts";
import {
  createYardstick,
  generationMeaning,
  generationRows,
  rankSources,
  summarizeGeneration,
} from "../../../harness/report/generation.ts";

const memoryOf = (values: readonly number[]): MemoryMatrix =>
  createMemoryMatrix(values, { numPatterns: values.length / 2, dim: 2 });

/** One draw a sample, read out at these points of the plane and noisy at right angles to them. */
function drawsAt(points: readonly number[]): Draws {
  const numChains = points.length / 2;
  const perChain = (value: number) => new Float64Array(numChains).fill(value);
  return {
    numChains,
    numDraws: 1,
    dim: 2,
    numNonFinite: 0,
    positions: Float32Array.from(points, (_, i) => (i % 2 === 0 ? -points[i + 1]! : points[i - 1]!)),
    retrievals: Float32Array.from(points),
    energy: perChain(0),
    attentionEntropy: perChain(0),
    maxCosine: perChain(0.5),
    acceptanceRate: perChain(1),
    meanLogRatio: perChain(0),
  };
}

const memory = memoryOf([1, 0, 0, 1]);
const target = { memory, beta: 100, patches: { height: 1, width: 2, window: 1 } };
const half = Math.SQRT1_2;

describe("summarizeGeneration", () => {
  it("measures T(ξ) against the memory as it was given, beside held-out patterns and shifted copies", () => {
    // A copy, and one half way between the two patterns.
    const draws = drawsAt([2, 0, 1, 1]);
    const heldOut = memoryOf([1, 1, 3, 4]);
    const metrics = summarizeGeneration(target, draws, createYardstick(memory, heldOut, memoryOf([1, 0, 0, 1, 1, 1])));
    expect(metrics.novelty.denoised).toBeCloseTo((1 - half) / 2, 6);
    expect(metrics.novelty.denoisedAmongShifted).toBeCloseTo(0, 6);
    expect(metrics.novelty.heldOut).toBeCloseTo((1 - half + 0.2) / 2, 6);
    // Positions, (0, 2) and (−1, 1), against the memory: not the cosines that the sampler gave.
    expect(metrics.novelty.mean).toBeCloseTo((1 - half) / 2, 6);
    expect(metrics.novelty.floor).toBeCloseTo(1 - 1 / Math.sqrt(1 + 2 / 100), 12);
    expect(metrics.diversity.denoised).toBeCloseTo(1 - half, 6);
    expect(metrics.diversity.stored).toBeCloseTo(1, 6);
    // What is a shifted copy is a copy.
    expect(metrics.copies).toEqual({ count: 2, threshold: 1e-3 });
    expect(metrics.novelty.heldOutAmongShifted).toBeCloseTo((1 - 7 / Math.sqrt(50)) / 2, 6);
    expect(metrics.fidelity?.nearestHeldOut).toBeCloseTo((1 - half) / 2, 6);
  });

  it("leaves out what there is nothing to compare with", () => {
    const metrics = summarizeGeneration(target, drawsAt([1, 1]), createYardstick(memory, undefined, undefined));
    expect(metrics).toMatchObject({
      novelty: { heldOut: null, denoisedAmongShifted: null, heldOutAmongShifted: null },
      diversity: { denoised: null, heldOut: null },
      copies: { count: 0 },
      fidelity: null,
    });
    expect(generationRows(metrics, 1).flat()).toContain("0 of 1");
  });
});

describe("generationMeaning", () => {
  const meaningOf = (points: readonly number[], heldOut?: readonly number[]): string =>
    generationMeaning(
      summarizeGeneration(target, drawsAt(points), createYardstick(memory, heldOut && memoryOf(heldOut), undefined)),
    );

  it("says how new and how near, and never one without the other", () => {
    expect(meaningOf([1, 1, 1, 1.01], [1, 1, 1, 2])).toMatch(
      /^No sample is a stored pattern given back\. Samples have \d+ % of the novelty of real unseen patterns, and lie nearer to unseen real patterns than those are to each other, as averages do \(0\.0\d+\)\. Their diversity is \d+ % of real ones'\.$/,
    );
    expect(meaningOf([1, 0], [1, 1, 1, 1.2])).toMatch(
      /^One sample is a stored pattern given back\. .* farther from unseen real patterns than those are from each other \(\d+\.\d+\)\.$/,
    );
    expect(meaningOf([1, 0, 0, 1])).toBe(
      "2 samples are a stored pattern given back. Whether samples look real only patterns that are not in the memory can tell (--held-out, --hold-out).",
    );
  });
});

it("rankSources lists the patterns behind the pixels of all samples, those of most pixels first", () => {
  const sources = (...patterns: readonly number[]) => ({
    patterns: Int32Array.from(patterns),
    shares: new Float32Array(patterns.length).fill(1),
  });
  expect(rankSources([sources(2, 2, 0, 3), sources(3, 2, 3, 3)], ["a", "b", "c", "d"])).toEqual([
    { number: 1, pattern: 3, name: "d", share: 0.5 },
    { number: 2, pattern: 2, name: "c", share: 0.375 },
    { number: 3, pattern: 0, name: "a", share: 0.125 },
  ]);
});
