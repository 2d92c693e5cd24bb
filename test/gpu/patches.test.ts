/**
 * Patch energies on the GPU against their twin on the reference, and against the reference with every window as a head of
 * its own, which shares neither formula nor order of sums with either.
 */
import { describe, expect } from "vitest";
import { shaderFiles } from "../../src/gpu/wgsl-source.ts";
import {
  createGpuSampler,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  type GpuTuning,
  type HopfieldTarget,
  type KernelName,
  type Patches,
  type SampleOptions,
} from "../../src/index.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores, worst, type Score } from "../support/invariance.ts";
import { randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectOneLaw } from "../support/overlapping-law.ts";
import { expectDrawsClose } from "../support/parity.ts";
import { disjointPatches, patchCase, patchCases } from "../support/patch-cases.ts";
import { tolerances } from "../support/tolerances.ts";
import { asHeads } from "../support/window-heads.ts";

const kernels = ["ula", "mala", "ou", "ou-mala"] as const;

describe.each(patchCases)("$name", (target) => {
  gpuTest.for(kernels)("%s", async (kernel, { device }) => {
    const options: SampleOptions = {
      kernel,
      stepSize: 0.4,
      seed: 0x1_2345_6789n,
      numChains: 7,
      numBurnIn: 0,
      numDraws: 2,
      thinning: 2,
      start: "pattern",
    };
    await using sampler = await createGpuSampler(device, target);
    const expected = await createReferenceSampler(asHeads(target)).run({ ...options, collapse: "off" });
    const actual = await sampler.run(options);
    expectDrawsClose(actual, expected);
    expectDrawsClose(actual, await createReferenceSampler(target).run(options));
    expect(expected.attentionEntropy.every((entropy) => target.memory.numPatterns === 1 || entropy > 0)).toBe(true);
  });
});

const overlapping = patchCase("", { height: 7, width: 9, window: 4, stride: 2 }, 23);

const run: SampleOptions = {
  kernel: "mala",
  stepSize: 0.3,
  seed: 3,
  numChains: 19,
  numBurnIn: 2,
  numDraws: 2,
  thinning: 2,
  start: "mean",
};

gpuTest.for(kernels)("a schedule: %s passes through the same levels as the reference", async (kernel, { device }) => {
  const options: SampleOptions = {
    ...run,
    kernel,
    schedule: [
      { numSteps: 1, beta: 2, stepSize: 0.6 },
      { numSteps: 2, beta: 12 },
      { numSteps: 1, beta: 40 },
    ],
  };
  await using sampler = await createGpuSampler(device, overlapping);
  const expected = await createReferenceSampler(asHeads(overlapping)).run({ ...options, collapse: "off" });
  expectDrawsClose(await sampler.run(options), expected);
});

gpuTest.for(["ou", "ou-mala"] as const)("circulation: %s", async (kernel, { device }) => {
  const options: SampleOptions = { ...run, kernel, circulation: 1.2 };
  await using sampler = await createGpuSampler(device, overlapping);
  const expected = await createReferenceSampler(asHeads(overlapping)).run({ ...options, collapse: "off" });
  expectDrawsClose(await sampler.run(options), expected);
});

describe("results do not depend on", () => {
  gpuTest.for([
    ["tiles of one pattern", { scratchBytes: 1 }],
    ["tiles of a few patterns", { scratchBytes: 40_000 }],
    ["tiles of a few patterns for a few chains", { scratchBytes: 40_000, chainsPerBatch: 8 }],
    ["batches of four chains", { chainsPerBatch: 4 }],
    ["steps per submit", { stepsPerSubmit: 1 }],
    ["workgroups one quad wide", { quadsPerWorkgroup: 1 }],
    ["workgroups 64 quads wide", { quadsPerWorkgroup: 64 }],
  ] satisfies [string, GpuTuning][])("%s", async ([, tuning], { device }) => {
    await using plain = await createGpuSampler(device, overlapping);
    await using tuned = await createGpuSampler(device, overlapping, tuning);
    for (const kernel of ["ou", "mala"] as const)
      expect(await tuned.run({ ...run, kernel })).toEqual(await plain.run({ ...run, kernel }));
  });
});

describe("one window over the whole image is the energy without patches", () => {
  const memory = randomMemory(12, 36);
  const plainTarget: HopfieldTarget = { memory, beta: 30 };

  gpuTest.for(kernels)("%s, by the kernels of patches", async (kernel, { device }) => {
    const patches: Patches = { height: 6, width: 6, window: 6, stride: 6 };
    await using sampler = await createGpuSampler(device, { ...plainTarget, patches });
    const options: SampleOptions = { ...run, kernel, numBurnIn: 0, collapse: "off" };
    const expected = await createReferenceSampler(plainTarget).run(options);
    // Squares in place of products add ½‖m‖² to the energy.
    const energy = expected.energy.map((value) => value + 0.5);
    expectDrawsClose(await sampler.run(options), { ...expected, energy }, tolerances.float32LargeWindow);
  });

  gpuTest("full, by the kernels without patches", async ({ device }) => {
    const patches: Patches = { height: 6, width: 6, window: "full" };
    await using sampler = await createGpuSampler(device, { ...plainTarget, patches });
    await using plain = await createGpuSampler(device, plainTarget);
    expect(await sampler.run({ ...run, collapse: "on" })).toEqual(await plain.run({ ...run, collapse: "on" }));
  });
});

async function disjointScores(device: GPUDevice, kernel: KernelName): Promise<readonly Score[]> {
  const { target, draws: start } = await disjointPatches(gateDefaults.numChains);
  await using sampler = await createGpuSampler(device, target);
  return invarianceScores(sampler, { ...gateDefaults, kernel, stepSize: gateStepSize(kernel), start });
}

describe("disjoint windows, whose law can be drawn", () => {
  gpuTest.for(["mala", "ou-mala"] as const)("%s is invariant and reversible", async (kernel, { device }) => {
    for (const { name, z } of await disjointScores(device, kernel)) expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });

  gpuTest.for(["ula", "ou"] as const)("unadjusted %s is not", async (kernel, { device }) => {
    expect(Math.abs(worst(await disjointScores(device, kernel)).z)).toBeGreaterThan(gateLimit);
  });
});

gpuTest("overlapping windows: mala and ou-mala have one law", ({ device }) =>
  expectOneLaw((target) => createGpuSampler(device, target), 256),
);

describe("mutants are killed", () => {
  const mutants: readonly (readonly [name: string, file: string, from: string, to: string])[] = [
    ["attention term dropped", "patch-ratio.wgsl", "(0.5 * patches.power) * term", "0.0 * term"],
    [
      "logits of the proposal kept after a rejection",
      "patch-softmax.wgsl",
      "facts.top, state.top",
      "facts.top, facts.top",
    ],
  ];

  gpuTest.for(mutants)("%s", async ([, file, from, to], { device }) => {
    const files = shaderFiles as Map<string, string>;
    const original = files.get(file)!;
    expect(original.split(from)).toHaveLength(2);
    files.set(file, original.replace(from, to));
    try {
      expect(Math.abs(worst(await disjointScores(device, "mala")).z)).toBeGreaterThan(gateLimit);
    } finally {
      files.set(file, original);
    }
  });
});

describe("device memory stays within 1 GiB", () => {
  const large: readonly (Patches & { numPatterns: number; numChains: number })[] = [
    { height: 64, width: 64, window: 25, numPatterns: 400, numChains: 256 },
    { height: 128, width: 128, channels: 3, window: 25, numPatterns: 200, numChains: 32 },
    { height: 128, width: 128, channels: 3, window: 128, numPatterns: 200, numChains: 32 },
  ];

  describe.each(large)("$height × $width, $numPatterns patterns, window $window", (shape) => {
    gpuTest.for(["ou", "ou-mala"] as const)("%s", async (kernel, { device }) => {
      const { numPatterns, numChains, ...patches } = shape;
      const dim = patches.height * patches.width * (patches.channels ?? 1);
      const values = Float32Array.from({ length: numPatterns * dim }, (_, i) => Math.sin(i) / Math.sqrt(dim));
      const memory = createUnscaledMemoryMatrix(values, { numPatterns, dim });
      const ready = new AbortController();
      let held = 0;
      let peak = 0;
      const createBuffer = device.createBuffer.bind(device);
      device.createBuffer = (descriptor) => {
        const buffer = createBuffer(descriptor);
        const destroy = buffer.destroy.bind(buffer);
        buffer.destroy = () => {
          held -= buffer.size;
          return destroy();
        };
        held += buffer.size;
        peak = Math.max(peak, held);
        // All of a batch is there once its patches are; a step would take a software adapter long.
        if (buffer.label.startsWith("patches")) ready.abort("buffers are there");
        return buffer;
      };
      try {
        await using sampler = await createGpuSampler(device, { memory, beta: 100, patches });
        const stopped = sampler.run({ ...run, kernel, numChains }, { signal: ready.signal });
        await expect(stopped).rejects.toBe("buffers are there");
      } finally {
        device.createBuffer = createBuffer;
      }
      expect(peak).toBeGreaterThan(memory.values.byteLength);
      expect(peak).toBeLessThanOrEqual(2 ** 30);
      expect(held).toBe(0);
    });
  });
});
