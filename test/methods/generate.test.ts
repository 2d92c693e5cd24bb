/** The anneal as a method: what its pieces add up to, what changes nothing in the results, and what the patches do. */
import { describe, expect, it } from "vitest";
import {
  createMemoryMatrix,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  fillNormals,
  generate,
  generationDefaults,
  novelty,
  planGeneration,
  purposes,
  shiftedMemory,
  type DrawChunk,
  type GenerateOptions,
  type MemoryMatrix,
  type HopfieldTarget,
  type Progress,
  type Sampler,
} from "../../src/index.ts";

const image = { height: 4, width: 3 };
const dim = 12;
const numPatterns = 6;
const memory = createMemoryMatrix(
  Array.from({ length: numPatterns }, (_, k) =>
    Array.from(fillNormals(0, k, purposes.data, [3, 1], new Float64Array(dim))),
  ).flat(),
  { numPatterns, dim },
);
const options: GenerateOptions = {
  image,
  windows: ["full"],
  anneal: { from: 1, to: 1e5, numLevels: 6 },
  stepsPerLevel: 2,
  stepSize: 0.4,
  seed: 5,
  numSamples: 7,
};
const create = (target: HopfieldTarget): Promise<Sampler> => Promise.resolve(createReferenceSampler(target));

/** Samplers that know whether they were disposed, and how many there were at a time. */
function counting() {
  const count = { created: 0, disposed: 0, mostAtOnce: 0 };
  return {
    count,
    create: (target: HopfieldTarget): Promise<Sampler> => {
      const sampler = createReferenceSampler(target);
      count.created++;
      count.mostAtOnce = Math.max(count.mostAtOnce, count.created - count.disposed);
      return Promise.resolve({
        ...sampler,
        dispose: () => {
          count.disposed++;
          return sampler.dispose();
        },
      });
    },
  };
}

describe("generate", () => {
  it("is one annealed run of the sampler, from the mean, under a seed derived from its own", async () => {
    const draws = await generate(create, memory, options);
    expect(draws).toMatchObject({ numChains: 7, numDraws: 1, dim, numNonFinite: 0 });
    expect(Array.from(draws.acceptanceRate)).toEqual(Array.from({ length: 7 }, () => 1));
    // The global energy has no other clean read-outs than its patterns.
    expect(Math.max(...novelty(memory, draws.retrievals))).toBeLessThan(1e-5);
    expect(await generate(create, memory, { ...options, seed: 6 })).not.toEqual(draws);
  });

  it.each([1, 2, 3, 7])("gives the same samples %i at a time", async (samplesPerRun) => {
    const path = { ...options, windows: ["full", "full"] as const };
    const whole = await generate(create, memory, path);
    expect(await generate(create, memory, { ...path, samplesPerRun })).toEqual(whole);
  });

  it("fewer samples are the first of more, made from few patterns or from all", async () => {
    for (const patternsPerSample of [2, numPatterns]) {
      const many = await generate(create, memory, { ...options, patternsPerSample });
      const few = await generate(create, memory, { ...options, patternsPerSample, numSamples: 3 });
      expect(few.positions).toEqual(many.positions.subarray(0, 3 * dim));
    }
  });

  it("makes every sample from patterns of its own choice", async () => {
    const plan = planGeneration(memory, { ...options, patternsPerSample: 2 });
    const chosen = Array.from({ length: 40 }, (_, sample) => plan.patternsOf(sample));
    expect(chosen.every((each) => each.length === 2 && each[0]! < each[1]!)).toBe(true);
    expect(new Set(chosen.flat()).size).toBe(numPatterns);
    const { retrievals } = await generate(create, memory, { ...options, patternsPerSample: 2 });
    for (let sample = 0; sample < 7; sample++) {
      const own = Array.from(chosen[sample]!, (k) => Array.from(memory.values.subarray(k * dim, (k + 1) * dim)));
      const among = createUnscaledMemoryMatrix(own.flat(), { numPatterns: 2, dim });
      expect(novelty(among, retrievals.subarray(sample * dim, (sample + 1) * dim))[0]).toBeLessThan(1e-5);
    }
  });

  it("passes the levels out to the windows in order, and goes on from where each one ended", async () => {
    const plan = planGeneration(memory, {
      ...options,
      windows: ["full", "full", "full", "full"],
      anneal: { from: 1, to: 1e5, numLevels: 6 },
    });
    expect(plan.numSteps).toBe(12);
    expect(plan.stretches.map(({ levels }) => levels.length)).toEqual([2, 1, 2, 1]);
    const betas = plan.stretches.flatMap(({ levels }) => levels.map(({ beta }) => Math.round(Math.log10(beta))));
    expect(betas).toEqual([0, 1, 2, 3, 4, 5]);
    expect(plan.target(0).beta).toBeCloseTo(1e5, 6);

    // At step size 1e-9 nothing but the start remains: a later stretch must begin where the first one was.
    const still = { ...options, stepSize: 1e-9, anneal: { from: 1, to: 4, numLevels: 2 } };
    const one = await generate(create, memory, { ...still, anneal: { from: 1, to: 1, numLevels: 1 } });
    const two = await generate(create, memory, { ...still, windows: ["full", "full"] });
    const farthest = Math.max(...two.positions.map((x, i) => Math.abs(x - one.positions[i]!)));
    expect(farthest).toBeLessThan(1e-3);
    expect(Math.max(...two.positions)).toBeGreaterThan(0.5);
  });

  it("tells its progress, hands finished samples on, and disposes its samplers", async () => {
    const { count, create: counted } = counting();
    const progress: Progress[] = [];
    const chunks: DrawChunk[] = [];
    const hooks = {
      onProgress: (at: Progress) => progress.push(at),
      onDraws: (chunk: DrawChunk) => chunks.push(chunk),
    };
    const path = { ...options, windows: ["full", "full"] as const, samplesPerRun: 3 };
    const draws = await generate(counted, memory, path, hooks);
    expect(chunks.map(({ firstChain, numChains }) => [firstChain, numChains])).toEqual([
      [0, 3],
      [3, 3],
      [6, 1],
    ]);
    expect(chunks.every((chunk) => chunk.draws === draws)).toBe(true);
    expect(progress.at(-1)).toEqual({ done: 7 * 12, total: 7 * 12 });
    expect(progress.every(({ done }, i) => i === 0 || done >= progress[i - 1]!.done)).toBe(true);
    expect(count.disposed).toBe(count.created);
  });

  it.each([
    ["one for all samples with one window", { samplesPerRun: 3 }, { created: 1, mostAtOnce: 1 }],
    [
      "one at a time on a path of windows",
      { windows: ["full", "full", "full"], samplesPerRun: 7 },
      { created: 3, mostAtOnce: 1 },
    ],
    [
      "one a sample where each has patterns of its own",
      { windows: ["full", "full"], samplesPerRun: 3, patternsPerSample: 2 },
      { created: 14, mostAtOnce: 3 },
    ],
  ] satisfies [string, Partial<GenerateOptions>, object][])("has samplers: %s", async (_, own, expected) => {
    const { count, create: counted } = counting();
    await generate(counted, memory, { ...options, ...own });
    expect(count).toEqual({ ...expected, disposed: expected.created });
  });

  it("stops with the signal's reason, leaves finished samples as they are, and no sampler open", async () => {
    for (const patternsPerSample of [3, numPatterns]) {
      const { count, create: counted } = counting();
      const controller = new AbortController();
      const reason = new Error("enough");
      let kept: DrawChunk | undefined;
      const running = generate(
        counted,
        memory,
        { ...options, patternsPerSample, samplesPerRun: 2 },
        {
          signal: controller.signal,
          onDraws: (chunk) => {
            kept = chunk;
            if (chunk.firstChain >= 2) controller.abort(reason);
          },
        },
      );
      await expect(running).rejects.toBe(reason);
      const end = (kept!.firstChain + kept!.numChains) * dim;
      expect(end).toBeLessThan(7 * dim);
      const whole = await generate(create, memory, { ...options, patternsPerSample });
      expect(kept!.draws.positions.subarray(0, end)).toEqual(whole.positions.subarray(0, end));
      expect(count.disposed).toBe(count.created);
    }
  });

  it.each<[string, Partial<GenerateOptions> & { memory?: MemoryMatrix }, string]>([
    ["no windows", { windows: [] }, "windows.length: must be a whole number of at least 1, got 0"],
    [
      "more windows than levels",
      { windows: Array.from({ length: 7 }, () => "full" as const) },
      "windows: must be at most one a level of β, got 7 windows for 6 levels",
    ],
    [
      "a window larger than the image",
      { windows: [5] },
      "target.patches.window: must be at most the longer side of the",
    ],
    ["another image", { image: { height: 5, width: 3 } }, "target.patches: height × width × channels must be dim = 12"],
    ["a kernel without steps", { kernel: "exact" }, 'kernel: must be one of ula, mala, ou, ou-mala, got "exact"'],
    ["too many patterns", { patternsPerSample: 7 }, "patternsPerSample: must be at most the 6 patterns, got 7"],
    ["no patterns", { patternsPerSample: 0 }, "patternsPerSample: must be a whole number of at least 1, got 0"],
    [
      "a shift beyond the image",
      { maxShift: 3 },
      "maxShift: must be smaller than the image, which has 4 × 3 pixels, got 3",
    ],
    [
      "more shifted copies than memory",
      {
        image: { height: 1, width: dim },
        memory: createUnscaledMemoryMatrix(new Float32Array(12e6), { numPatterns: 1e6, dim }),
        maxShift: 11,
      },
      "maxShift: must give at most 2^27 = 134217728 values, got 1000000 patterns × 23 shifts × 12 values = 276000000",
    ],
    ["no samples", { numSamples: 0 }, "numSamples: must be a whole number of at least 1, got 0"],
    ["β of 0", { anneal: { from: 0, to: 1, numLevels: 6 } }, "first: must be a finite number above 0, got 0"],
  ])("refuses %s before any work", async (_, { memory: own = memory, ...wrong }, message) => {
    const { count, create: counted } = counting();
    await expect(generate(counted, own, { ...options, ...wrong })).rejects.toThrow(message);
    expect(count.created).toBe(0);
  });
});

describe("shifted memories", () => {
  it("hold every pattern at every shift, with zeros where nothing moves in", () => {
    // One image of 2 × 3 pixels with two channels.
    const values = Array.from({ length: 12 }, (_, i) => i + 1);
    const one = createUnscaledMemoryMatrix(values, { numPatterns: 1, dim: 12 });
    const { memory: shifted, numCopies } = shiftedMemory(one, { height: 2, width: 3, channels: 2 }, 1);
    expect({ numCopies, numPatterns: shifted.numPatterns }).toEqual({ numCopies: 9, numPatterns: 9 });
    const copy = (j: number): number[] => Array.from(shifted.values.subarray(j * 12, (j + 1) * 12));
    expect(copy(4)).toEqual(values);
    // Up and left, then down alone.
    expect(copy(0)).toEqual([9, 10, 11, 12, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(copy(7)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
  });

  it("move signals along their length alone", () => {
    const signal = createUnscaledMemoryMatrix([1, 2, 3, 4], { numPatterns: 1, dim: 4 });
    const { memory: shifted, numCopies } = shiftedMemory(signal, { height: 1, width: 4 }, 2);
    expect(numCopies).toBe(5);
    expect(Array.from(shifted.values)).toEqual([3, 4, 0, 0, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 0, 1, 2]);
  });

  it("are the memory itself without a shift", () => {
    expect(shiftedMemory(memory, image, 0).memory).toBe(memory);
  });

  it("keep the copies of a chosen pattern together", () => {
    const plan = planGeneration(memory, { ...options, maxShift: 1, patternsPerSample: 2 });
    for (const sample of [0, 1, 2]) {
      const patterns = plan.patternsOf(sample);
      const { memory: shifted } = plan.target(sample);
      expect(shifted.numPatterns).toBe(2 * 9);
      for (const at of [0, 1]) {
        // Copy 4 of 9 is the pattern itself.
        const k = plan.patternAt(sample, 9 * at + 4);
        expect([9 * at, 9 * at + 8].map((row) => plan.patternAt(sample, row))).toEqual([k, k]);
        expect(k).toBe(patterns[at]);
        const row = shifted.values.subarray((9 * at + 4) * dim, (9 * at + 5) * dim);
        expect(row).toEqual(memory.values.subarray(k * dim, (k + 1) * dim));
      }
    }
  });
});

describe("defaults", () => {
  it("follow from the median squared distance of two patterns", () => {
    const corners = createUnscaledMemoryMatrix([0, 0, 1, 0, 0, 2], { numPatterns: 3, dim: 2 });
    const { squaredDistance, from, to } = generationDefaults(corners, { height: 1, width: 2 });
    // 1, 4 and 5.
    expect(squaredDistance).toBe(4);
    expect(from).toBe(1.5);
    expect(to).toBeCloseTo((36 * 2) / 4, 12);
  });

  it.each([
    [{ height: 28, width: 28 }, 11],
    [{ height: 64, width: 64 }, 25],
    [{ height: 64, width: 48 }, 19],
    [{ height: 1, width: 100 }, 41],
    [{ height: 1, width: 1 }, 1],
  ])("take a window of two fifths of the side, odd: %j", (extent, window) => {
    const d = extent.height * extent.width;
    const two = createUnscaledMemoryMatrix(
      Array.from({ length: 2 * d }, (_, i) => Number(i < d)),
      { numPatterns: 2, dim: d },
    );
    expect(generationDefaults(two, extent).window).toBe(window);
  });

  it("have nothing to go by in one pattern or in equal ones", () => {
    const one = createUnscaledMemoryMatrix([1, 2], { numPatterns: 1, dim: 2 });
    expect(() => generationDefaults(one, { height: 1, width: 2 })).toThrow(
      "memory: must hold patterns that differ, got a single one (give β and the window)",
    );
    const equal = createUnscaledMemoryMatrix([1, 2, 1, 2], { numPatterns: 2, dim: 2 });
    expect(() => generationDefaults(equal, { height: 1, width: 2 })).toThrow("must hold patterns that differ");
  });
});
