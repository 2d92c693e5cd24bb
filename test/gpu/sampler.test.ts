/** How the GPU sampler behaves as a machine: the common contract, and that no speed setting changes a result. */
import { describe, expect } from "vitest";
import { createGpuSampler, kernelNames, type GpuTuning, type SampleOptions } from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { sampleOptionFaults } from "../support/option-faults.ts";
import { samplerContract, type SamplerFixture } from "../support/sampler-contract.ts";

const target = { memory: randomMemory(6, 10), beta: 5 };

samplerContract(
  gpuTest.extend<SamplerFixture>({ create: async ({ device }, use) => use(() => createGpuSampler(device, target)) }),
);

const options: SampleOptions = {
  kernel: "mala",
  stepSize: 0.4,
  seed: 3,
  numChains: 37,
  numBurnIn: 5,
  numDraws: 3,
  thinning: 4,
  start: "exact",
};

describe("results do not depend on", () => {
  const settings: readonly { name: string; tuning: GpuTuning }[] = [
    { name: "steps per submit: one", tuning: { stepsPerSubmit: 1 } },
    { name: "steps per submit: three", tuning: { stepsPerSubmit: 3 } },
    { name: "steps per submit: more than there are", tuning: { stepsPerSubmit: 1000 } },
    { name: "workgroup size: one quad wide", tuning: { quadsPerWorkgroup: 1 } },
    { name: "workgroup size: 64 quads wide", tuning: { quadsPerWorkgroup: 64 } },
    { name: "batches of four chains", tuning: { chainsPerBatch: 4 } },
    { name: "batches of sixteen chains", tuning: { chainsPerBatch: 16 } },
  ];

  describe.each(settings)("$name", ({ tuning }) => {
    gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
      const plainTarget = { memory: randomMemory(21, 70), beta: 6 };
      await using plain = await createGpuSampler(device, plainTarget);
      await using tuned = await createGpuSampler(device, plainTarget, tuning);
      expect(await tuned.run({ ...options, kernel })).toEqual(await plain.run({ ...options, kernel }));
    });
  });
});

describe("every broken rule gets its sentence before any work", () => {
  gpuTest.for(sampleOptionFaults)("$name", async ({ options: fault, message }, { device }) => {
    await using sampler = await createGpuSampler(device, target);
    const base = { ...options, numChains: 2, numDraws: 1 };
    await expect(sampler.run({ ...base, ...fault })).rejects.toThrow(message);
  });
});

gpuTest("a memory that the device cannot hold is a GpuError with its stage and label", async ({ device }) => {
  const dim = Math.floor(device.limits.maxBufferSize / 4 / 8) + 64;
  const memory = { values: new Float32Array(dim).fill(1), numPatterns: 1, dim };
  await expect(createGpuSampler(device, { memory, beta: 1 })).rejects.toThrow(/memory: .*\(stage: allocation\)/s);
});

gpuTest("all buffers are destroyed: run after run, the device holds no more than before", async ({ device }) => {
  const created = new Set<GPUBuffer>();
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      created.delete(buffer);
      return destroy();
    };
    created.add(buffer);
    return buffer;
  };
  try {
    const sampler = await createGpuSampler(device, target);
    const numForMemory = created.size;
    await sampler.run(options);
    expect(created.size).toBe(numForMemory);
    await expect(
      sampler.run(options, {
        onDraws: () => {
          throw new Error("reader failed");
        },
      }),
    ).rejects.toThrow("reader failed");
    expect(created.size).toBe(numForMemory);
    await sampler.dispose();
    expect(created.size).toBe(0);
  } finally {
    device.createBuffer = createBuffer;
  }
});
