/** Principal heads against identities of orthogonal projections and the exact law of each head; published figures. */
import { describe, expect, test } from "vitest";
import {
  createMemoryMatrix,
  createReferenceSampler,
  energy,
  novelty,
  principalHeads,
  productHeads,
  sampleMultiHead,
  summarizeDraws,
  type HopfieldTarget,
  type MemoryMatrix,
  type PlanChoice,
  type PrincipalHeadOptions,
  type SampleOptions,
  type Sampler,
} from "../../src/index.ts";
import { correlatedMemory, randomMemory } from "../support/memories.ts";
import { hasRealData, mnistDigit, mnistFiles } from "../support/real-data.ts";
import { expectClose, expectMean, tolerances } from "../support/tolerances.ts";

const create = (target: HopfieldTarget): Promise<Sampler> => Promise.resolve(createReferenceSampler(target));

const options: SampleOptions = {
  kernel: "exact",
  stepSize: 1,
  seed: 3,
  numChains: 500,
  numBurnIn: 0,
  numDraws: 2,
  thinning: 1,
  start: "exact",
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Patterns minus their mean, [numPatterns] of [dim]. */
function centredRows({ values, numPatterns, dim }: MemoryMatrix, mean: Float64Array): Float64Array[] {
  return Array.from({ length: numPatterns }, (_, k) =>
    Float64Array.from(values.subarray(k * dim, (k + 1) * dim), (x, i) => x - mean[i]!),
  );
}

describe.each([
  { name: "fewer patterns than coordinates", memory: correlatedMemory(9, 30, 1), rank: 8 },
  { name: "more patterns than coordinates", memory: correlatedMemory(40, 7, 1), rank: 7 },
])("$name", ({ memory, rank }) => {
  const { mean, heads } = principalHeads(memory, { numHeads: 3, projection: "centred" });
  const directions = heads.flatMap((head) => head.directions);

  test("directions are orthonormal, as many as the rank, dealt in blocks that differ by one at most", () => {
    expect(directions).toHaveLength(rank);
    const sizes = heads.map((head) => head.directions.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    const gram = directions.flatMap((a) => directions.map((b) => dot(a, b)));
    expectClose(
      gram,
      gram.map((_, at) => Number(at % (rank + 1) === 0)),
      tolerances.float64Sum,
    );
  });

  test("variance is that of the projections, falls, and adds up", () => {
    const rows = centredRows(memory, mean);
    const variances = directions.map((direction) => rows.reduce((sum, row) => sum + dot(direction, row) ** 2, 0));
    expect(variances).toEqual(variances.toSorted((a, b) => b - a));
    const total = rows.reduce((sum, row) => sum + dot(row, row), 0);
    let first = 0;
    const shares = heads.map((head) => {
      const block = variances.slice(first, (first += head.directions.length));
      return block.reduce((sum, value) => sum + value, 0) / total;
    });
    expectClose(
      heads.map((head) => head.varianceShare),
      shares,
      tolerances.float64Sum,
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  test("patterns are the mean and their projections, and head memories are those at unit length", () => {
    for (const [k, row] of centredRows(memory, mean).entries()) {
      const rebuilt = new Float64Array(memory.dim);
      for (const direction of directions) {
        const part = dot(direction, row);
        for (let i = 0; i < memory.dim; i++) rebuilt[i]! += part * direction[i]!;
      }
      expectClose(rebuilt, row, tolerances.float64Sum);
      for (const { directions: block, memory: own } of heads) {
        const part = block.map((direction) => dot(direction, row));
        const norm = Math.sqrt(dot(part, part));
        expectClose(
          own.values.subarray(k * own.dim, (k + 1) * own.dim),
          part.map((x) => x / norm),
          tolerances.float32State,
        );
      }
    }
  });
});

test("published heads project the patterns themselves, and a scale restores the size of centred parts", () => {
  const memory = correlatedMemory(9, 30, 1);
  const published = principalHeads(memory, { numHeads: 2 });
  const centred = principalHeads(memory, { numHeads: 2, projection: "centred" });
  const first = memory.values.subarray(0, 30);
  const { directions, memory: own, scale } = published.heads[1]!;
  const part = directions.map((direction) => dot(direction, first));
  const norm = Math.sqrt(dot(part, part));
  expectClose(
    own.values.subarray(0, own.dim),
    part.map((x) => x / norm),
    tolerances.float32State,
  );
  expect(scale).toBe(1);
  // Σ scale² is the mean square distance from the mean.
  const rows = centredRows(memory, centred.mean);
  const spread = rows.reduce((sum, row) => sum + dot(row, row), 0) / 9;
  expect(centred.heads.reduce((sum, head) => sum + head.scale ** 2, 0)).toBeCloseTo(spread, 12);
});

test("every head follows its own law, independent of the others, and nothing lies outside the directions", async () => {
  const memory = randomMemory(12, 40);
  const beta = 50;
  const target: HopfieldTarget = { memory, beta };
  const { draws, principal } = await sampleMultiHead(create, target, { ...options, numHeads: 3 });
  const rows = centredRows({ values: draws.positions, numPatterns: 1000, dim: 40 }, principal.mean);
  const parts = principal.heads.map(({ directions }) =>
    rows.map((row) => directions.map((direction) => dot(direction, row))),
  );
  for (const [h, part] of parts.entries())
    expectMean(
      part.map((z) => dot(z, z)),
      1 + principal.heads[h]!.directions.length / beta,
    );
  // Which pattern one head shows says nothing about another's.
  const { numPatterns } = memory;
  const nearest = parts.map((part, h) =>
    part.map((z) => {
      const { values, dim } = principal.heads[h]!.memory;
      const cosines = Array.from({ length: numPatterns }, (_, k) => dot(z, values.subarray(k * dim, (k + 1) * dim)));
      return cosines.indexOf(Math.max(...cosines));
    }),
  );
  expectMean(
    nearest[0]!.map((k, n) => Number(k === nearest[1]![n])),
    1 / numPatterns,
    4,
  );
  for (const [n, row] of rows.entries()) {
    const inside = parts.reduce((sum, part) => sum + dot(part[n]!, part[n]!), 0);
    expect(Math.abs(dot(row, row) - inside)).toBeLessThan(1e-5);
  }
  expect(draws.energy[7]).toBeCloseTo(energy(target, draws.positions.subarray(7 * 40, 8 * 40)), 10);
  expect(draws.maxCosine[7]).toBeCloseTo(1 - novelty(memory, draws.positions.subarray(7 * 40, 8 * 40))[0]!, 6);
});

test("a mask makes the heads of its patterns alone; chains start all heads at one pattern", async () => {
  const memory = randomMemory(12, 40);
  const mask = Uint8Array.from({ length: 12 }, (_, k) => Number(k < 5));
  const run = { ...options, kernel: "ou", stepSize: 0.5, numChains: 5, start: "pattern", numHeads: 2 } as const;
  const { draws, principal } = await sampleMultiHead(
    create,
    { memory, mask, beta: 1e6 },
    { ...run, projection: "centred", thinning: 20 },
  );
  expect(principal.heads.map((head) => head.memory.numPatterns)).toEqual([5, 5]);
  expect(principal.heads.map((head) => head.directions.length)).toEqual([2, 2]);
  // Centred parts of one pattern, without noise, are nearer to it than to any other.
  expect(draws.maxCosine.every((cosine) => cosine > 0.8)).toBe(true);
  expect(draws.acceptanceRate).toEqual(new Float64Array(5).fill(1));
});

test("the same seed gives the same draws, and progress rises to the total", async () => {
  const target: HopfieldTarget = { memory: randomMemory(6, 10), beta: 5 };
  const run = { ...options, numChains: 3, kernel: "mala", stepSize: 0.3, start: "pattern", numHeads: 2 } as const;
  const seen: number[] = [];
  const first = await sampleMultiHead(create, target, run, {
    onProgress: ({ done, total }) => seen.push(done / total),
  });
  expect(await sampleMultiHead(create, target, run)).toEqual(first);
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

describe("every broken rule gets its sentence", () => {
  const memory = randomMemory(6, 10);
  test.each<[Partial<PrincipalHeadOptions>, string]>([
    [{ numHeads: 6 }, "numHeads: must be at most the 5 directions in which the 6 patterns differ, got 6"],
    [{ numHeads: 0 }, "numHeads: must be a whole number of at least 1, got 0"],
    [{ projection: "raw" as never }, 'projection: must be one of published, centred, got "raw"'],
  ])("%j", async (fault, message) => {
    await expect(sampleMultiHead(create, { memory, beta: 5 }, { ...options, numHeads: 2, ...fault })).rejects.toThrow(
      message,
    );
  });

  test("heads on top of heads", async () => {
    const target = { memory, beta: 5, heads: productHeads([memory]) };
    await expect(sampleMultiHead(create, target, { ...options, numHeads: 2 })).rejects.toThrow(
      "target.heads: must be left out: principal heads are made from the memory",
    );
  });

  test("heads of patches", async () => {
    const target = { memory, beta: 5, patches: { height: 1, width: memory.dim, window: 2 } };
    await expect(sampleMultiHead(create, target, { ...options, numHeads: 2 })).rejects.toThrow(
      "target.patches: must be left out: principal heads are no images",
    );
  });

  test("patterns that are all alike", () => {
    const alike = createMemoryMatrix([1, 2, 1, 2], { numPatterns: 2, dim: 2 });
    expect(() => principalHeads(alike, { numHeads: 1 })).toThrow(
      "numHeads: must be at most the 0 directions in which the 2 patterns differ, got 1",
    );
  });

  test.each<[ArrayLike<number>, string]>([
    [[0.5, 0.6], "powers: must sum to 1, got 1.1 (divide each by that sum)"],
    [[1], "powers: must be one for each of 2 memories, got 1"],
    [[1.5, -0.5], "powers[1]: must be a finite number above 0, got -0.5"],
  ])("powers %j", (powers, message) => {
    expect(() => productHeads([memory, memory], powers)).toThrow(message);
  });
});

test("a product of one memory with itself is that memory's own law", () => {
  const memory = randomMemory(6, 10);
  const position = Float64Array.from({ length: 10 }, (_, i) => Math.sin(i));
  const plain = energy({ memory, beta: 7 }, position);
  const product = energy({ memory, beta: 7, heads: productHeads([memory, memory], [0.2, 0.8]) }, position);
  // Unit patterns: the squares of the general form add ‖m‖²/2.
  expect(product).toBeCloseTo(plain + 0.5, 6);
});

test("published figures: MNIST threes, β = 200", async () => {
  const figures = [
    { numHeads: 2, novelty: 0.175, diversity: 0.307, maxCosine: 0.825 },
    { numHeads: 4, novelty: 0.187, diversity: 0.291, maxCosine: 0.815 },
    { numHeads: 5, novelty: 0.196, diversity: 0.263, maxCosine: 0.804 },
  ];
  const isReal = hasRealData(mnistFiles.images, mnistFiles.labels);
  const memory = isReal ? mnistDigit(3) : correlatedMemory(100, 784, 1);
  const target: HopfieldTarget = { memory, beta: 200 };
  for (const figure of figures) {
    // The law of the published steps, reached in fewer of them.
    const { draws, principal } = await sampleMultiHead(create, target, {
      ...options,
      kernel: "ou",
      stepSize: 0.2,
      seed: 1,
      numChains: 30,
      numBurnIn: 60,
      numDraws: 5,
      thinning: 30,
      start: "pattern",
      numHeads: figure.numHeads,
    });
    const { novelty: found, diversity, maxCosine } = summarizeDraws(target, draws);
    expect(found.mean + maxCosine).toBeCloseTo(1, 10);
    expect(principal.heads.reduce((sum, head) => sum + head.varianceShare, 0)).toBeCloseTo(1, 10);
    if (!isReal) continue;
    expect(Math.abs(found.mean - figure.novelty)).toBeLessThan(0.03);
    expect(Math.abs(diversity.pooled! - figure.diversity)).toBeLessThan(0.03);
    expect(Math.abs(maxCosine - figure.maxCosine)).toBeLessThan(0.03);
    if (figure.numHeads !== 4) continue;
    for (const [h, share] of [0.812, 0.126, 0.045, 0.016].entries())
      expect(Math.abs(principal.heads[h]!.varianceShare - share)).toBeLessThan(0.03);
  }
});

test("hooks hear of the plan of every head", async () => {
  const told: PlanChoice[] = [];
  const createPlanned = (target: HopfieldTarget): Promise<Sampler> => {
    const sampler = createReferenceSampler(target);
    const name = `for ${target.memory.dim} coordinates`;
    return Promise.resolve({
      ...sampler,
      run(run, hooks) {
        hooks?.onPlan?.({ name, reason: "so that it is heard" });
        return sampler.run(run, hooks);
      },
    });
  };
  const target = { memory: correlatedMemory(9, 30, 1), beta: 5 };
  const run = { ...options, numChains: 2, numHeads: 3 };
  await sampleMultiHead(createPlanned, target, run, { onPlan: (plan) => told.push(plan) });
  // Eight directions in three blocks.
  expect(told.map(({ name }) => name)).toEqual([3, 3, 2].map((count) => `for ${count} coordinates`));
});
