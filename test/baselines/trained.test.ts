/** The baselines that are trained, on memories so small that they are learned in a second; and the optimiser by itself. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createLayers, loadLibrary, tensor, train, type Tensor } from "../../src/baselines/network.ts";
import {
  createMemoryMatrix,
  ddpm,
  nearestPatterns,
  patternNorms,
  vae,
  type Baseline,
  type DdpmOptions,
  type VaeOptions,
} from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { refusalOfPromise } from "../support/refusal.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

const memory = randomMemory(6, 12);
const { dim } = memory;
const smallVae = { hiddenWidths: [16], latentDim: 2, numReconstructionEpochs: 60, numAnnealingEpochs: 20 };
const smallDdpm = { hiddenWidths: [24, 16], numLevels: 12, numEpochs: 150 };
const every: readonly (readonly [string, Baseline<{ onEpoch?: (epoch: number, loss: number) => void }>])[] = [
  ["vae", async (m, options) => vae(m, { ...smallVae, ...options })],
  ["vae in batches", async (m, options) => vae(m, { ...smallVae, batchSize: 4, ...options })],
  ["ddpm", async (m, options) => ddpm(m, { ...smallDdpm, learningRate: 1e-2, ...options })],
];

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);

describe.each(every)("%s", (_, baseline) => {
  it("learns, gives unit samples, and the same bytes a second time", async () => {
    const losses: number[] = [];
    const samples = await baseline(memory, { numSamples: 9, seed: 3, onEpoch: (__, loss) => losses.push(loss) });
    expect(meanOf(losses.slice(-10))).toBeLessThan(0.95 * meanOf(losses.slice(0, 10)));
    expect(samples).toHaveLength(9 * dim);
    for (const norm of patternNorms({ values: samples, numPatterns: 9, dim })) expect(norm).toBeCloseTo(1, 6);
    const again: number[] = [];
    expect(await baseline(memory, { numSamples: 9, seed: 3, onEpoch: (__, loss) => again.push(loss) })).toStrictEqual(
      samples,
    );
    expect(again).toStrictEqual(losses);
    expect(await baseline(memory, { numSamples: 9, seed: 4 })).not.toEqual(samples);
  });

  it("says how far it is, and stops where it is told to", async () => {
    const done: number[] = [];
    await baseline(memory, {
      numSamples: 1,
      seed: 1,
      onProgress: (progress) => done.push(progress.done / progress.total),
    });
    expect(done.at(-1)).toBe(1);
    expect(done).toEqual(done.toSorted((a, b) => a - b));

    const controller = new AbortController();
    let numEpochs = 0;
    const run = baseline(memory, {
      numSamples: 1,
      seed: 1,
      signal: controller.signal,
      onEpoch: () => {
        numEpochs++;
        // Longer than a slice of work, so that the signal is looked at.
        const until = performance.now() + 40;
        while (performance.now() < until);
        if (numEpochs === 3) controller.abort(new Error("enough"));
      },
    });
    await expect(run).rejects.toThrow("enough");
    expect(numEpochs).toBeLessThan(6);
  });
});

describe("vae", () => {
  it("comes to decode its patterns, which are as many as fit on a line", async () => {
    const two = randomMemory(2, 8, 5);
    const losses: number[] = [];
    const samples = await vae(two, {
      ...smallVae,
      numSamples: 20,
      seed: 1,
      latentDim: 1,
      numReconstructionEpochs: 400,
      learningRate: 1e-2,
      onEpoch: (_, loss) => losses.push(loss),
    });
    expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]!);
    expect(new Set(nearestPatterns(two, samples).index).size).toBe(2);
  });

  it("pays for its divergence as it was told to", async () => {
    const last = async (divergenceWeight: number): Promise<number> => {
      let final = NaN;
      await vae(memory, {
        ...smallVae,
        divergenceWeight,
        numSamples: 1,
        seed: 2,
        onEpoch: (_, loss) => (final = loss),
      });
      return final;
    };
    expect(await last(1)).toBeGreaterThan((await last(1e-4)) + 0.01);
  });

  it.each<[string, VaeOptions, string]>([
    ["latentDim", { latentDim: 0 }, "latentDim: must be a whole number of at least 1, got 0"],
    ["hiddenWidths", { hiddenWidths: [4, 0.5] }, "hiddenWidths[1]: must be a whole number of at least 1, got 0.5"],
    ["epochs", { numAnnealingEpochs: -1 }, "numAnnealingEpochs: must be a whole number of at least 0, got -1"],
    ["divergenceWeight", { divergenceWeight: NaN }, "divergenceWeight: must be a finite number, got NaN"],
    ["learningRate", { learningRate: 0 }, "learningRate: must be a finite number above 0, got 0"],
    ["batchSize", { batchSize: 7 }, "batchSize: must be at most the 6 patterns, got 7"],
  ])("refuses a wrong %s", async (_, options, sentence) => {
    expect(await refusalOfPromise(vae(memory, { numSamples: 1, seed: 1, ...options }))).toBe(sentence);
  });
});

describe("ddpm", () => {
  it("draws the one pattern that it was trained on out of noise", async () => {
    const one = createMemoryMatrix([1, -2, 3, 1], { numPatterns: 1, dim: 4 });
    const copies = { values: new Float32Array(32 * 4).map((_, at) => one.values[at % 4]!), numPatterns: 32, dim: 4 };
    const options = { ...smallDdpm, numSamples: 40, seed: 1, numLevels: 200, numEpochs: 600, learningRate: 5e-3 };
    const samples = await ddpm(copies, options);
    expect(meanOf([...nearestPatterns(one, samples).cosine])).toBeGreaterThan(0.8);
    // A network that has learned nothing leaves noise, which has no direction.
    const untrained = await ddpm(copies, { ...options, numEpochs: 0 });
    expect(Math.abs(meanOf([...nearestPatterns(one, untrained).cosine]))).toBeLessThan(0.4);
  });

  it.each<[string, DdpmOptions, string]>([
    ["numEpochs", { numEpochs: 1.5 }, "numEpochs: must be a whole number of at least 0, got 1.5"],
    ["numLevels", { numLevels: 0 }, "numLevels: must be a whole number of at least 1, got 0"],
    ["hiddenWidths", { hiddenWidths: [0] }, "hiddenWidths[0]: must be a whole number of at least 1, got 0"],
    ["learningRate", { learningRate: -1 }, "learningRate: must be a finite number above 0, got -1"],
  ])("refuses a wrong %s", async (_, options, sentence) => {
    expect(await refusalOfPromise(ddpm(memory, { numSamples: 1, seed: 1, ...options }))).toBe(sentence);
  });
});

describe("training", () => {
  it("is Adam", async () => {
    const library = await loadLibrary();
    const { numpy } = library;
    const start = Float32Array.of(0.5, -1, 2);
    const slopes = Float32Array.of(1, -4, 0.25);
    const numEpochs = 7;
    // ½ Σ slope² (w − 1)², whose gradient is slope² (w − 1).
    const [trained] = (await train(library, {
      layers: [tensor(library, start, [3])],
      loss: (layers, inputs) => numpy.sum(numpy.square(numpy.multiply(layers[0]!.sub(1), inputs[0]!))).mul(0.5),
      numEpochs,
      batchesPerEpoch: 1,
      inputs: () => [tensor(library, slopes, [3])],
      options: { learningRate: 0.1 },
    })) as [Tensor];
    const expected = Float64Array.from(start, (weight, i) => {
      let w = weight;
      let m = 0;
      let v = 0;
      for (let t = 1; t <= numEpochs; t++) {
        const gradient = slopes[i]! ** 2 * (w - 1);
        m = 0.9 * m + 0.1 * gradient;
        v = 0.999 * v + 0.001 * gradient ** 2;
        w -= (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
      }
      return w;
    });
    expectClose(await trained.data(), expected, tolerances.float32State);
  });

  it("starts at Glorot's uniform weights and zero biases", async () => {
    const library = await loadLibrary();
    const [weights, biases] = createLayers(library, [30, 20], [1, 0], 0) as [Tensor, Tensor];
    const values = (await weights.data()) as Float32Array;
    const bound = Math.sqrt(6 / 50);
    expect(values).toHaveLength(600);
    expect(values.every((value) => Math.abs(value) <= bound)).toBe(true);
    expect(meanOf(Array.from(values, (value) => value ** 2)) / (bound ** 2 / 3)).toBeCloseTo(1, 1);
    expect([...((await biases.data()) as Float32Array)]).toEqual(Array.from({ length: 20 }, () => 0));
  });
});

describe("without the library", () => {
  afterEach(() => {
    vi.doUnmock("@jax-js/jax");
  });

  it("says how to get it", async () => {
    vi.doMock("@jax-js/jax", () => {
      throw new Error("Cannot find package '@jax-js/jax'");
    });
    expect(await refusalOfPromise(vae(memory, { numSamples: 1, seed: 1 }))).toMatch(
      /^@jax-js\/jax: must be installed for baselines that are trained, but cannot be loaded \(.+\) \(npm install @jax-js\/jax\)$/,
    );
  });
});
