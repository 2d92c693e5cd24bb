/** Tempering against what is known without it: log Z, equal weights of far patterns, moments of the mixture. */
import { describe, expect, test } from "vitest";
import {
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  energy,
  logPartition,
  nearestPatterns,
  parallelTempering,
  productHeads,
  type HopfieldTarget,
  type Sampler,
  type TemperingOptions,
} from "../../src/index.ts";
import { chiSquare } from "../support/chi-square.ts";
import { gateTarget, randomMemory } from "../support/memories.ts";
import { expectMean } from "../support/tolerances.ts";

const create = (target: HopfieldTarget): Promise<Sampler> => Promise.resolve(createReferenceSampler(target));

const options: TemperingOptions = {
  kernel: "ou-mala",
  stepSize: 1,
  seed: 1,
  numChains: 64,
  ladder: "auto",
  stepsPerRound: 1,
  numBurnIn: 100,
  numDraws: 1,
  thinning: 50,
};

function expectLogPartition(
  { mean, se }: { mean: number; se: number | null },
  expected: number,
  largestSe: number,
): void {
  expect(se).not.toBeNull();
  expect(se!).toBeLessThan(largestSe);
  expect(Math.abs(mean - expected)).toBeLessThan(4 * se!);
}

describe("far patterns at β = 200", () => {
  const memory = randomMemory(4, 6);
  const target: HopfieldTarget = { memory, beta: 200 };
  /** Every chain and every temperature at the first pattern. */
  const start = Float32Array.from({ length: options.numChains * 6 }, (_, i) => memory.values[i % 6]!);
  /** Four patterns have three degrees of freedom: chi-square exceeds this once in 10 000 times. */
  const limit = 21.1;
  const occupancy = (positions: Float32Array): number[] => {
    const counts = [0, 0, 0, 0];
    for (const index of nearestPatterns(memory, positions).index) counts[index]!++;
    return counts;
  };

  test("log Z is exact within its error, patterns are visited alike, and neighbours reject alike", async () => {
    const result = await parallelTempering(create, target, { ...options, start });
    expectLogPartition(result.logPartition, logPartition(target), 0.2);
    expect(chiSquare(occupancy(result.draws.positions))).toBeLessThan(limit);
    const { rejectionRates, communicationBarrier, ladder, numRestarts } = result;
    expect(Math.max(...rejectionRates) - Math.min(...rejectionRates)).toBeLessThan(0.12);
    expect(communicationBarrier).toBeCloseTo(
      rejectionRates.reduce((sum, rate) => sum + rate, 0),
      10,
    );
    expect([ladder[0], ladder.at(-1)]).toEqual([0, 200]);
    expect(numRestarts.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(20);
  });

  test("a single temperature stays where it started", async () => {
    await using sampler = createReferenceSampler(target);
    const { positions } = await sampler.run({
      ...options,
      numBurnIn: 2999,
      thinning: 1,
      start,
    });
    expect(occupancy(positions)).toEqual([options.numChains, 0, 0, 0]);
    expect(chiSquare(occupancy(positions))).toBeGreaterThan(limit);
  });
});

test("draws follow a mixture of unequal weights", async () => {
  const target = gateTarget();
  const { positions: exact } = await createReferenceSampler(target).run({
    ...options,
    kernel: "exact",
    numChains: 40_000,
    numBurnIn: 0,
    thinning: 1,
    start: "exact",
  });
  const { dim } = target.memory;
  const energies = (positions: Float32Array): Float64Array =>
    Float64Array.from({ length: positions.length / dim }, (_, n) =>
      energy(target, positions.subarray(n * dim, (n + 1) * dim)),
    );
  const expected = energies(exact).reduce((sum, value) => sum + value, 0) / 40_000;
  const result = await parallelTempering(create, target, {
    ...options,
    numChains: 800,
    ladder: [target.beta / 4, target.beta],
    numBurnIn: 20,
    thinning: 10,
  });
  // The expectation is itself of 40 000 draws.
  expectMean(energies(result.draws.positions), expected, 5);
  expectLogPartition(result.logPartition, logPartition(target), 0.05);
});

test("log Z of coupled heads, which has no closed form, agrees with quadrature", async () => {
  const first = createUnscaledMemoryMatrix([1, 0, -0.6, 0.8, 0, -1.2], { numPatterns: 3, dim: 2 });
  const second = createUnscaledMemoryMatrix([0.5, 0.5, -1, -0.2], { numPatterns: 2, dim: 2 });
  const target: HopfieldTarget = { memory: first, beta: 9, heads: productHeads([first, second], [0.3, 0.7]) };
  const numCells = 120;
  const width = 6 / numCells;
  let mass = 0;
  for (let i = 0; i < numCells; i++)
    for (let j = 0; j < numCells; j++)
      mass += Math.exp(-target.beta * energy(target, [-3 + (i + 0.5) * width, -3 + (j + 0.5) * width])) * width ** 2;
  const result = await parallelTempering(create, target, {
    ...options,
    numChains: 200,
    ladder: [1, 4, 9],
    numBurnIn: 20,
    thinning: 50,
  });
  expectLogPartition(result.logPartition, Math.log(mass), 0.02);
});

test("the same seed gives the same result, another seed another, and draws are those of their rounds", async () => {
  const target: HopfieldTarget = { memory: randomMemory(3, 5), beta: 20 };
  const short = { ...options, numChains: 3, ladder: [5, 20], numBurnIn: 2, numDraws: 4, thinning: 3 };
  const first = await parallelTempering(create, target, short);
  expect(await parallelTempering(create, target, short)).toEqual(first);
  const other = await parallelTempering(create, target, { ...short, seed: 2 });
  expect(other.draws.positions).not.toEqual(first.draws.positions);
  const every = await parallelTempering(create, target, { ...short, numBurnIn: 0, numDraws: 14, thinning: 1 });
  for (let chain = 0; chain < 3; chain++)
    for (let draw = 0; draw < 4; draw++) {
      const [kept, same] = [(chain * 4 + draw) * 5, (chain * 14 + 2 + (draw + 1) * 3 - 1) * 5];
      expect(first.draws.positions.subarray(kept, kept + 5)).toEqual(every.draws.positions.subarray(same, same + 5));
    }
  const single = await parallelTempering(create, target, { ...short, numChains: 1 });
  expect(single.logPartition.se).toBeNull();
});

test("progress rises to the total and an abort rejects with its reason", async () => {
  const target: HopfieldTarget = { memory: randomMemory(3, 5), beta: 20 };
  const short = { ...options, numChains: 2, ladder: [20], numBurnIn: 1, numDraws: 1, thinning: 2 };
  const seen: number[] = [];
  await parallelTempering(create, target, short, { onProgress: ({ done, total }) => seen.push(done / total) });
  expect(seen).toEqual([1 / 3, 2 / 3, 1]);
  const reason = new Error("enough");
  await expect(parallelTempering(create, target, short, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a run that is asked to stop keeps the draws that are complete, and rejects if there are none", async () => {
  const target: HopfieldTarget = { memory: randomMemory(3, 5), beta: 20 };
  const short = { ...options, numChains: 3, ladder: [5, 20], numBurnIn: 2, numDraws: 4, thinning: 3 };
  const whole = await parallelTempering(create, target, { ...short, numDraws: 2 });
  const stop = new AbortController();
  let numRounds = 0;
  const part = await parallelTempering(create, target, short, {
    stop: stop.signal,
    // Two draws are complete after 2 + 2 · 3 rounds.
    onProgress: () => void (++numRounds === 8 && stop.abort(new Error("enough"))),
  });
  expect(part).toEqual(whole);
  await expect(parallelTempering(create, target, short, { stop: stop.signal })).rejects.toThrow("enough");
});

describe("every broken rule gets its sentence", () => {
  const target: HopfieldTarget = { memory: randomMemory(3, 5), beta: 20 };
  test.each<[Partial<TemperingOptions>, string]>([
    [{ ladder: [5, 2, 20] }, "ladder: must increase, got 2 after 5 (sort it, and name each inverse temperature once)"],
    [{ ladder: [5, 10] }, "ladder: must end at the target's β = 20, got 10"],
    [{ ladder: [] }, "ladder: must have at least one inverse temperature, got none"],
    [{ ladder: [0, 20] }, "ladder[0]: must be a finite number above 0, got 0 (the end at 0 is added by itself)"],
    [{ stepsPerRound: 0 }, "stepsPerRound: must be a whole number of at least 1, got 0"],
    [{ numChains: 0 }, "numChains: must be a whole number of at least 1, got 0"],
    [{ start: new Float32Array(4) }, "start: length must be numChains × dim = 64 × 5 = 320, got 4"],
    [{ start: "pattern" as never }, 'start: must be "gaussian" or a Float32Array, got "pattern"'],
  ])("%j", async (fault, message) => {
    await expect(parallelTempering(create, target, { ...options, ...fault })).rejects.toThrow(message);
  });
});
