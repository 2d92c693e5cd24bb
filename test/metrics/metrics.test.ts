/** Metrics against values worked out by hand and against the closed forms of the exact law. */
import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  createMemoryMatrix,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  estimateOverChains,
  fillNormals,
  nearestPatterns,
  novelty,
  noveltyFloor,
  pooledDiversity,
  purposes,
  summarizeDraws,
  withinChainDiversity,
  type Draws,
  type MemoryMatrix,
} from "../../src/index.ts";

const axes = createMemoryMatrix([1, 0, 0, 0, 1, 0], { numPatterns: 2, dim: 3 });
const half = Math.SQRT1_2;

/** Unit patterns in random directions: far from each other when `dim` is large. */
function randomPatterns(numPatterns: number, dim: number): MemoryMatrix {
  const values = new Float64Array(numPatterns * dim);
  for (let k = 0; k < numPatterns; k++)
    fillNormals(0, k, purposes.data, [7, 0], values.subarray(k * dim, (k + 1) * dim));
  return createMemoryMatrix(values, { numPatterns, dim });
}

describe("noveltyFloor", () => {
  it.each([
    { dim: 784, beta: 2000, published: 0.152 },
    { dim: 784, beta: 200, published: 0.549 },
    { dim: 4096, beta: 10_000, published: 0.158 },
  ])("is $published at d=$dim, β=$beta", ({ dim, beta, published }) => {
    const memory = randomPatterns(3, dim);
    expect(Math.abs(noveltyFloor({ memory, beta }) - published)).toBeLessThan(0.0005);
  });

  it("averages over patterns of unequal norm as the law visits them", () => {
    const memory = createUnscaledMemoryMatrix([1, 0, 0, 2, 0, 0], { numPatterns: 2, dim: 3 });
    // β = 1: 1 − 1/√(1 + 3) = 0.5 and 1 − 1/√(1 + 3/4), with weights e^½ and e².
    const floors = [0.5, 1 - 1 / Math.sqrt(1.75)] as const;
    const share = 1 / (1 + Math.exp(1.5));
    expect(noveltyFloor({ memory, beta: 1 })).toBeCloseTo(share * floors[0] + (1 - share) * floors[1], 14);
  });
});

describe("novelty", () => {
  it("is 0 along a pattern at any length, 1 across, and above 1 on the far side", () => {
    const vectors = Float32Array.from([5, 0, 0, 0, 0, 2, 1, 1, 0, -3, -3, 0, 0, 0, 0]);
    const expected = [0, 1, 1 - half, 1 + half, 1];
    expect([...novelty(axes, vectors)].map((value, i) => Math.abs(value - expected[i]!) < 1e-7)).toEqual(
      expected.map(() => true),
    );
  });

  it("names the nearest pattern, the first of equals", () => {
    const { index } = nearestPatterns(axes, Float32Array.from([5, 1, 0, 1, 5, 0, 1, 1, 0]));
    expect([...index]).toEqual([0, 1, 0]);
  });

  it("refuses part of a row", () => {
    expect(() => novelty(axes, new Float32Array(4))).toThrow(
      new ArgumentError(
        "vectors",
        "length must be a multiple of dim = 3, got 4",
        "is it [numVectors, dim], row-major?",
      ),
    );
  });
});

describe("diversity", () => {
  it("is the mean over pairs of 1 − cos", () => {
    // cosines of the three pairs: 0, −1, 0; lengths do not matter
    expect(pooledDiversity(Float32Array.from([2, 0, 0, 3, -1, 0]), 2)).toBeCloseTo((1 + 2 + 1) / 3, 14);
  });

  it("agrees with the sum over pairs", () => {
    const { values } = randomPatterns(40, 17);
    let sum = 0;
    for (let a = 0; a < 40; a++)
      for (let b = 0; b < a; b++) {
        let dot = 0;
        for (let i = 0; i < 17; i++) dot += values[a * 17 + i]! * values[b * 17 + i]!;
        sum += 1 - dot;
      }
    expect(pooledDiversity(values, 17)).toBeCloseTo(sum / (20 * 39), 6);
  });

  it("counts a zero vector as cosine 0", () => {
    expect(pooledDiversity(Float32Array.from([1, 0, 0, 0, 1, 0]), 2)).toBeCloseTo((1 + 0 + 1) / 3, 14);
  });

  it("has no value without a pair", () => {
    expect(pooledDiversity(Float32Array.from([1, 0]), 2)).toBeNull();
    expect(withinChainDiversity(Float32Array.from([1, 0, 0, 1]), { numChains: 2, numDraws: 1, dim: 2 })).toBeNull();
  });

  it("within chains looks at one chain at a time", () => {
    // chain 0 stands still, chain 1 turns by a right angle; pooled sees the pairs between them too
    const vectors = Float32Array.from([1, 0, 1, 0, 1, 0, 0, 1]);
    expect(withinChainDiversity(vectors, { numChains: 2, numDraws: 2, dim: 2 })).toBeCloseTo(0.5, 14);
    expect(pooledDiversity(vectors, 2)).toBeCloseTo(0.5, 14);
    expect(withinChainDiversity(vectors, { numChains: 1, numDraws: 4, dim: 2 })).toBeCloseTo(0.5, 14);
    const crossed = Float32Array.from([1, 0, 0, 1, 1, 0, 0, 1]);
    expect(withinChainDiversity(crossed, { numChains: 2, numDraws: 2, dim: 2 })).toBeCloseTo(1, 14);
    expect(pooledDiversity(crossed, 2)).toBeCloseTo(4 / 6, 14);
  });

  it("refuses shapes that do not fit", () => {
    expect(() => pooledDiversity(new Float32Array(5), 2)).toThrow(
      "vectors: length must be a multiple of dim = 2, got 5",
    );
    expect(() => withinChainDiversity(new Float32Array(5), { numChains: 1, numDraws: 2, dim: 2 })).toThrow(
      "vectors: length must be numChains × numDraws × dim = 1 × 2 × 2 = 4, got 5",
    );
  });
});

describe("estimateOverChains", () => {
  it("takes the spread of chain means, not of draws", () => {
    // chain means 2, 4, 6: std 2, se 2/√3; the spread inside chains is left out
    const estimate = estimateOverChains(Float64Array.from([0, 4, 4, 4, 3, 9]), 3);
    expect(estimate.mean).toBeCloseTo(4, 14);
    expect(estimate.se).toBeCloseTo(2 / Math.sqrt(3), 14);
  });

  it("has no standard error for one chain", () => {
    expect(estimateOverChains(Float64Array.from([1, 3]), 1)).toEqual({ mean: 2, se: null });
  });
});

describe("summarizeDraws", () => {
  const draws: Draws = {
    numChains: 2,
    numDraws: 2,
    dim: 3,
    positions: Float32Array.from([1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
    retrievals: Float32Array.from([1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0]),
    energy: Float64Array.from([-1, -3, 0, 2]),
    attentionEntropy: Float64Array.from([0, 0.5, 0.5, 1]),
    maxCosine: Float64Array.from([1, 1, 1, 0]),
    acceptanceRate: Float64Array.from([0.5, 1]),
    meanLogRatio: Float64Array.from([0, 0]),
    numNonFinite: 3,
  };

  it("gives every figure", () => {
    const metrics = summarizeDraws({ memory: axes, beta: 1 }, draws);
    expect(metrics).toEqual({
      novelty: {
        mean: 0.25,
        se: expect.closeTo(0.25, 14),
        floor: expect.closeTo(0.5, 14),
        denoised: expect.closeTo((1 - half) / 4, 7),
        denoisedSe: expect.closeTo((1 - half) / 4, 7),
      },
      diversity: { pooled: expect.closeTo(5 / 6, 14), withinChain: 0.5 },
      energy: { mean: -0.5, se: expect.closeTo(1.5, 14) },
      maxCosine: 0.75,
      attentionEntropy: 0.5,
      attentionEntropySe: expect.closeTo(0.25, 14),
      acceptanceRate: 0.75,
      nonFinite: 3,
    });
  });

  it("refuses draws of another dimension, and none", () => {
    const wide = createMemoryMatrix([1, 0], { numPatterns: 1, dim: 2 });
    expect(() => summarizeDraws({ memory: wide, beta: 1 }, draws)).toThrow(
      "draws.dim: must be the memory's dim = 2, got 3 (are the draws from this target?)",
    );
    expect(() => summarizeDraws({ memory: axes, beta: 1 }, { ...draws, numDraws: 0 })).toThrow(
      "draws: must hold at least one draw, got 2 chains × 0 draws",
    );
  });

  it("meets the closed forms on exact draws", async () => {
    const target = { memory: randomPatterns(20, 784), beta: 2000 };
    const bootstrapDiversity = pooledDiversity(target.memory.values, 784)!;
    const exact = await createReferenceSampler(target).run({
      kernel: "exact",
      stepSize: 1,
      seed: 11,
      numChains: 400,
      numBurnIn: 0,
      numDraws: 2,
      thinning: 1,
      start: "exact",
    });
    const metrics = summarizeDraws(target, exact);
    expect(Math.abs(metrics.energy.mean - (-0.5 + 784 / 4000))).toBeLessThan(5 * metrics.energy.se!);
    expect(Math.abs(metrics.novelty.mean - metrics.novelty.floor)).toBeLessThan(5 * metrics.novelty.se!);
    expect(metrics.novelty.denoised).toBeLessThan(1e-6);
    // Pairs of 800 draws share a pattern with probability 1/20: D = 1 − (1 − D_bootstrap with repeats)/(1 + d/β).
    const withRepeats = (bootstrapDiversity * 19) / 20;
    expect(Math.abs(metrics.diversity.pooled! - (1 - (1 - withRepeats) / (1 + 784 / 2000)))).toBeLessThan(0.005);
    expect(metrics.acceptanceRate).toBe(1);
  });
});
