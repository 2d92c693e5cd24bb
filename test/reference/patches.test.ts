/** Patch energies on the reference: against every window as a head of its own, and against sums over windows one by one. */
import { describe, expect, test } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import {
  attentionWeights,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  energy,
  fillNormals,
  mixtureWeights,
  pixelSources,
  purposes,
  retrieval,
  type Draws,
  type HopfieldTarget,
  type KernelName,
  type SampleOptions,
} from "../../src/index.ts";
import { attendAndRetrieve, createAttention } from "../../src/reference/attention.ts";
import { exactDraws, gateDefaults, gateLimit, gateStepSize, invarianceScores, worst } from "../support/invariance.ts";
import { correlatedMemory, gateTarget } from "../support/memories.ts";
import { expectOneLaw } from "../support/overlapping-law.ts";
import { disjointPatches, patchCase, patchCases, wholeImageGrid } from "../support/patch-cases.ts";
import { expectClose, expectMean, tolerances } from "../support/tolerances.ts";
import { asHeads } from "../support/window-heads.ts";

/** A point near one pattern, with noise that lets others compete. */
function somePosition({ memory }: HopfieldTarget, seed = 3): Float64Array {
  const normals = fillNormals(0, 0, purposes.data, [seed, 7], new Float64Array(memory.dim));
  return normals.map((x, i) => memory.values[i]! + 0.2 * x);
}

describe("every window is a head with the memory, a weight of 0 or 1, and no log-weights", () => {
  describe.each(patchCases)("$name", (target) => {
    const heads = asHeads(target);
    const position = somePosition(target);

    test("energy, attention weights and attention output", () => {
      expect(energy(target, position)).toBeCloseTo(energy(heads, position), 12);
      expectClose(attentionWeights(target, position), attentionWeights(heads, position), tolerances.float64Sum);
      expectClose(retrieval(target, position), retrieval(heads, position), tolerances.float64Sum);
    });

    test.each(["ula", "mala", "ou", "ou-mala"] as const)("chains of %s", async (kernel) => {
      const options: SampleOptions = {
        kernel,
        stepSize: 0.4,
        seed: 21,
        numChains: 3,
        numBurnIn: 2,
        numDraws: 3,
        thinning: 2,
        start: "mean",
        collapse: "off",
        schedule: [
          { numSteps: 3, beta: target.beta / 2, stepSize: 0.2 },
          { numSteps: 1, beta: target.beta },
        ],
      };
      const draws = await createReferenceSampler(target).run(options);
      const expected = await createReferenceSampler(heads).run(options);
      // Positions and readouts are rounded to float32 at the end: a last bit may fall on either side.
      const figures = ["positions", "retrievals", "energy", "attentionEntropy", "maxCosine", "meanLogRatio"] as const;
      for (const figure of figures satisfies readonly (keyof Draws)[])
        expectClose(draws[figure], expected[figure], tolerances.float32State);
      expect(draws.acceptanceRate).toEqual(expected.acceptanceRate);
    });
  });
});

describe("one unpadded window", () => {
  const memory = correlatedMemory(7, 30, 2);
  const plain: HopfieldTarget = { memory, beta: 12 };
  const position = somePosition(plain);
  const stack = stackTarget(plain);
  const attention = createAttention({ ...stack, patches: wholeImageGrid(3, 5, 2) });
  const state = attention.createState();
  state.position.set(position);
  attendAndRetrieve(attention, plain.beta, state);

  test("is one head with D = I", () => {
    const head = { ...plain, heads: [{ power: 1 }] };
    expect(state.logNormalizer).toBeCloseTo(logNormalizer(head, position), 12);
    expectClose(state.attention, attentionWeights(head, position), tolerances.float64Sum);
    expectClose(state.retrieval, retrieval(head, position), tolerances.float64Sum);
  });

  test("is the modern Hopfield energy for unit patterns, but for a constant and the rounding of their norms", () => {
    // Heads have squares where the modern Hopfield energy has products: ½β‖m‖² = ½β apart.
    expect(state.logNormalizer).toBeCloseTo(logNormalizer(plain, position) - plain.beta / 2, 5);
    expectClose(state.attention, attentionWeights(plain, position), tolerances.float32State);
    expectClose(state.retrieval, retrieval(plain, position), tolerances.float32State);
  });

  test('is what "full" samples, to the last bit', async () => {
    const patches = { height: 3, width: 5, channels: 2, window: "full" } as const;
    const options = {
      kernel: "ou-mala",
      stepSize: 0.7,
      seed: 3,
      numChains: 4,
      numBurnIn: 1,
      numDraws: 2,
      thinning: 2,
      start: "pattern",
    } as const;
    for (const collapse of ["on", "off"] as const)
      expect(await createReferenceSampler({ ...plain, patches }).run({ ...options, collapse })).toEqual(
        await createReferenceSampler(plain).run({ ...options, collapse }),
      );
  });
});

test('"full" weighs patterns of any norm alike, as smaller windows do', () => {
  const memory = createUnscaledMemoryMatrix([3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.5, 0], { numPatterns: 3, dim: 4 });
  const full: HopfieldTarget = { memory, beta: 40, patches: { height: 2, width: 2, window: "full" } };
  const head: HopfieldTarget = { memory, beta: 40, heads: [{ power: 1 }] };
  const position = Float64Array.of(0.4, 0.6, 0.1, -0.2);
  expectClose(attentionWeights(full, position), attentionWeights(head, position), tolerances.float64Sum);
  // A unit pattern far from the others keeps its energy of −½.
  expect(energy(full, position)).toBeCloseTo(energy(head, position) - 0.5, 12);
  expectClose(mixtureWeights(full), [1 / 3, 1 / 3, 1 / 3], tolerances.float64Sum);
  const patched = { ...full, patches: { height: 2, width: 2, window: 1 } };
  expect(() => mixtureWeights(patched)).toThrow(
    "target.patches: must be one window over the whole image for a closed form, got 4 windows",
  );
});

/** ½β‖ξ‖² − βE(ξ) */
function logNormalizer(target: HopfieldTarget, position: Float64Array): number {
  const squares = position.reduce((sum, x) => sum + x * x, 0);
  return target.beta * (squares / 2 - energy(target, position));
}

describe("the sources of pixels", () => {
  test.each(patchCases)("$name", (target) => {
    const { height, width, channels = 1 } = target.patches;
    const position = somePosition(target);
    const { patterns, shares } = pixelSources(target, position);
    expect(patterns).toHaveLength(height * width);
    // One window at a time: a pixel's share is the mean of the weights in the windows that hold it.
    const { heads, memory, mask } = asHeads(target);
    const kept = Array.from({ length: memory.numPatterns }, (_, k) => k).filter((k) => mask?.[k] !== 0);
    const weights = attentionWeights(target, position);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const holding = heads!.flatMap((head, t) => (head.weights![pixel * channels] === 1 ? [t] : []));
      const expected = kept.map(
        (_, k) => holding.reduce((sum, t) => sum + weights[t * kept.length + k]!, 0) / holding.length,
      );
      const top = Math.max(...expected);
      expect(shares[pixel]).toBeCloseTo(top, 6);
      expect(expected[kept.indexOf(patterns[pixel]!)]).toBeCloseTo(top, 6);
    }
  });

  test("of the whole image are its attention weights", () => {
    const target = { ...patchCases[1]!, patches: { ...patchCases[1]!.patches, window: "full" as const } };
    const position = somePosition(target);
    const weights = attentionWeights(target, position);
    const { patterns, shares } = pixelSources(target, position);
    expect(new Set(patterns)).toEqual(new Set([weights.indexOf(Math.max(...weights))]));
    expect(new Set(shares)).toEqual(new Set([Math.fround(Math.max(...weights))]));
  });

  test("need an image and a position", () => {
    const { patches, ...plain } = patchCases[1]!;
    expect(() => pixelSources(plain, somePosition(plain))).toThrow(
      "target.patches: must say where the pixels lie, got undefined",
    );
    expect(() => pixelSources({ ...plain, patches }, [1, 2])).toThrow("position: length must be dim = 42, got 2");
  });
});

describe("the law is kept where it can be drawn", () => {
  const gate = async (kernel: KernelName, { target, draws }: Awaited<ReturnType<typeof disjointPatches>>) =>
    invarianceScores(createReferenceSampler(target), {
      ...gateDefaults,
      kernel,
      stepSize: gateStepSize(kernel),
      start: draws,
    });

  /** One unpadded window over a signal: a mixture with equal weights. */
  async function oneWindow(numDraws: number): ReturnType<typeof disjointPatches> {
    const { memory, beta } = gateTarget();
    const { dim } = memory;
    const draws = await exactDraws({ memory, beta, heads: [{ power: 1 }] }, numDraws, 41);
    return { target: { memory, beta, patches: { height: 1, width: dim, window: dim, stride: dim } }, draws };
  }

  describe.each([
    ["disjoint windows", disjointPatches],
    ["one window", oneWindow],
  ] as const)("%s", (_, create) => {
    test.each(["mala", "ou-mala"] as const)("%s is invariant and reversible", async (kernel) => {
      for (const { name, z } of await gate(kernel, await create(gateDefaults.numChains)))
        expect(Math.abs(z), name).toBeLessThan(gateLimit);
    });
  });

  test.each(["ula", "ou"] as const)("unadjusted %s does not keep it", async (kernel) => {
    const scores = await gate(kernel, await disjointPatches(gateDefaults.numChains));
    expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
  });
});

test("overlapping windows: mala and ou-mala have one law, at step sizes and acceptance rates of their own", () =>
  expectOneLaw((target) => Promise.resolve(createReferenceSampler(target)), 1000));

describe("weights that chains lend each other", () => {
  const target = patchCase("", { height: 6, width: 7, window: 4, stride: 2 });
  const options: SampleOptions = {
    kernel: "mala",
    stepSize: 0.3,
    seed: 8,
    numChains: 9,
    numBurnIn: 2,
    numDraws: 3,
    thinning: 2,
    start: "mean",
    schedule: [
      { numSteps: 3, beta: 10 },
      { numSteps: 1, beta: 40 },
    ],
  };

  test.each(["ula", "mala", "ou", "ou-mala"] as const)(
    "%s: the first chains of many are the chains of few",
    async (kernel) => {
      const sampler = createReferenceSampler(target);
      const many = await sampler.run({ ...options, kernel });
      const few = await sampler.run({ ...options, kernel, numChains: 2 });
      const last = await sampler.run({ ...options, kernel, firstChain: 8, numChains: 1 });
      expect(few.positions).toEqual(many.positions.subarray(0, few.positions.length));
      expect(few.energy).toEqual(many.energy.subarray(0, few.energy.length));
      expect(few.attentionEntropy).toEqual(many.attentionEntropy.subarray(0, few.energy.length));
      expect(few.meanLogRatio).toEqual(many.meanLogRatio.subarray(0, 2));
      expect(last.positions).toEqual(many.positions.subarray(-last.positions.length));
    },
  );

  test("two runs at once do not meet", async () => {
    const sampler = createReferenceSampler(target);
    // Long enough that each run gives way to the other.
    const long = { ...options, numChains: 40, thinning: 40 };
    const [adjusted, unadjusted] = await Promise.all([
      sampler.run(long),
      sampler.run({ ...long, kernel: "ou", seed: 9 }),
    ]);
    expect(adjusted).toEqual(await createReferenceSampler(target).run(long));
    expect(unadjusted).toEqual(await createReferenceSampler(target).run({ ...long, kernel: "ou", seed: 9 }));
  });

  test("starts at the mean of the patterns that the mask keeps, with the noise of the first level", async () => {
    const { memory } = target;
    const mask = Uint8Array.from({ length: memory.numPatterns }, (_, k) => Number(k > 3));
    const { positions } = await createReferenceSampler({ ...target, mask }).run({
      ...options,
      kernel: "ula",
      stepSize: 1e-12,
      numChains: 4000,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 1,
    });
    const kept = memory.numPatterns - 4;
    for (const i of [0, 13, 41]) {
      let mean = 0;
      for (let k = 4; k < memory.numPatterns; k++) mean += memory.values[k * memory.dim + i]! / kept;
      const values = Float64Array.from({ length: 4000 }, (_, c) => positions[c * memory.dim + i]!);
      expectMean(values, mean);
      expectMean(
        values.map((x) => (x - mean) ** 2),
        1 / 10,
      );
    }
  });
});
