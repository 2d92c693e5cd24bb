/** How the GPU sampler behaves as a machine: the common contract, and that no speed setting changes a result. */
import { describe, expect, vi } from "vitest";
import { openNodeWebGpu } from "../../harness/environment/node-webgpu.ts";
import {
  createGpuSampler,
  createMemoryMatrix,
  createReferenceSampler,
  GpuError,
  kernelNames,
  requestDevice,
  type GpuTuning,
  type PlanChoice,
  type PlanStore,
  type SampleOptions,
  type WorkgroupShape,
} from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { sampleOptionFaults } from "../support/option-faults.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";
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
    { name: "steps per dispatch: one", tuning: { stepsPerDispatch: 1 } },
    { name: "steps per dispatch: three", tuning: { stepsPerDispatch: 3 } },
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

    gpuTest.for([
      ["staged", "mala"],
      ["persistent", "mala"],
      ["fused", "ula"],
      ["fused", "mala"],
      ["streaming", "mala"],
    ] as const)("plan %s: %s", async ([plan, kernel], { device }) => {
      const plainTarget = { memory: randomMemory(21, 170), beta: 6 };
      await using plain = await createGpuSampler(device, plainTarget, { plan });
      await using tuned = await createGpuSampler(device, plainTarget, { ...tuning, plan });
      const run = { ...options, kernel, collapse: "off" } as const;
      expect(await tuned.run(run)).toEqual(await plain.run(run));
    });
  });
});

describe("results of the persistent plan do not depend on the entries of an invocation", () => {
  // Neither patterns nor coordinates end where an invocation's do.
  gpuTest.for([
    ["ula", 0, "off", 45, 21],
    ["mala", 0, "on", 21, 45],
    ["ou-mala", 1, "off", 21, 45],
    ["ou-mala", 0, "off", 45, 21],
  ] as const)("%s, circulation %d, collapse %s, %d × %d", async (setting, { device }) => {
    const [kernel, circulation, collapse, numPatterns, dim] = setting;
    const oddTarget = { memory: randomMemory(numPatterns, dim), beta: 6 };
    const run = { ...options, kernel, collapse, ...(circulation !== 0 && { circulation }) };
    const draws = [];
    for (const entriesPerInvocation of [8, 4, 2]) {
      await using sampler = await createGpuSampler(device, oddTarget, { plan: "persistent", entriesPerInvocation });
      draws.push(await sampler.run(run));
    }
    expect(draws[1]).toEqual(draws[0]);
    expect(draws[2]).toEqual(draws[0]);
  });
});

describe("results of the fused plan do not depend on the slices of a workgroup", () => {
  gpuTest.for(["ula", "mala", "ou-mala"] as const)("%s", async (kernel, { device }) => {
    // Eleven slices on hardware, so that a last workgroup has fewer.
    const wideTarget = { memory: randomMemory(21, 701), beta: 60 };
    const draws = [];
    for (const slicesPerWorkgroup of [1, 4, 16]) {
      const tuning = { plan: "fused", madeFor: "hardware", slicesPerWorkgroup } as const;
      await using sampler = await createGpuSampler(device, wideTarget, tuning);
      draws.push(await sampler.run({ ...options, kernel, stepSize: kernel === "mala" ? 0.05 : 0.4, collapse: "off" }));
    }
    expect(draws[1]).toEqual(draws[0]);
    expect(draws[2]).toEqual(draws[0]);
  });
});

describe("a search for the fastest workgroups", () => {
  // Few chains, so that few workgroups are to be compiled.
  const run = { ...options, kernel: "ula", numChains: 8 } as const;

  gpuTest.for(["staged", "persistent"] as const)(
    "%s: changes no bit, and is not repeated",
    async (plan, { device }) => {
      const found = new Map<string, WorkgroupShape>();
      let numFindings = 0;
      const store: PlanStore = {
        get: (key) => found.get(key),
        set(key, shape) {
          numFindings++;
          found.set(key, shape);
        },
      };
      const reasons: string[] = [];
      const onPlan = ({ reason }: PlanChoice): void => void reasons.push(reason);
      await using plain = await createGpuSampler(device, target, { plan });
      await using searching = await createGpuSampler(device, target, { plan, search: store });
      await using again = await createGpuSampler(device, target, { plan, search: store });
      const expected = await plain.run(run);
      expect(await searching.run(run, { onPlan })).toEqual(expected);
      expect(await again.run(run, { onPlan })).toEqual(expected);
      expect(numFindings).toBe(1);
      const [key, fastest] = [...found][0]!;
      expect(key).toMatch(new RegExp(`plan ${plan} for (software|hardware), kernel ula`));
      const { quadsPerWorkgroup, entriesPerInvocation } = fastest;
      const entries = plan === "persistent" ? `, entries an invocation ${entriesPerInvocation}` : "";
      const clause = `; fastest tried: quads a workgroup ${quadsPerWorkgroup}${entries}`;
      expect(reasons.map((reason) => reason.slice(reason.lastIndexOf(";")))).toEqual([clause, clause]);
    },
  );

  gpuTest("a finding stands where there are fewer slices than were tried", async ({ device }) => {
    const store = { get: () => ({ quadsPerWorkgroup: 1, slicesPerWorkgroup: 11 }), set: vi.fn<PlanStore["set"]>() };
    const wideTarget = { memory: randomMemory(21, 701), beta: 60 };
    await using sampler = await createGpuSampler(device, wideTarget, {
      plan: "fused",
      madeFor: "hardware",
      search: store,
    });
    const reasons: string[] = [];
    await sampler.run({ ...run, collapse: "off" }, { onPlan: ({ reason }) => reasons.push(reason) });
    expect(store.set).not.toHaveBeenCalled();
    expect(reasons).toEqual([expect.stringMatching(/; fastest tried: quads a workgroup 1, slices a workgroup 11$/)]);
  });

  gpuTest("a finding that no search makes is searched again", async ({ device }) => {
    const store = { get: () => ({ quadsPerWorkgroup: 3 }), set: vi.fn<PlanStore["set"]>() };
    await using sampler = await createGpuSampler(device, target, { search: store });
    await sampler.run(run);
    expect(store.set).toHaveBeenCalledOnce();
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
    // The first run makes what its plan wants of the memory.
    await sampler.run(options);
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

gpuTest("samplers of a device share their pipelines", async ({ device }) => {
  // Patch energies, which many short-lived samplers are made of, have the most stages.
  const patched = { memory: randomMemory(3, 12), beta: 5, patches: { height: 3, width: 4, window: 2 } };
  const create = device.createComputePipelineAsync.bind(device);
  let numCompiled = 0;
  device.createComputePipelineAsync = (descriptor) => {
    numCompiled++;
    return create(descriptor);
  };
  try {
    const numNew = async (own: Partial<SampleOptions>): Promise<number> => {
      const before = numCompiled;
      await using sampler = await createGpuSampler(device, patched);
      await sampler.run({ ...options, start: "mean", numDraws: 1, ...own });
      return numCompiled - before;
    };
    expect(await numNew({})).toBeGreaterThan(0);
    expect(await numNew({ seed: 9, numChains: 50, stepSize: 0.1 })).toBe(0);
    // Other constants are other pipelines.
    expect(await numNew({ kernel: "ou" })).toBeGreaterThan(0);
  } finally {
    device.createComputePipelineAsync = create;
  }
});

describe("settings that nothing can have are refused", () => {
  gpuTest.for([
    [{ stepsPerSubmit: 0 }, "tuning.stepsPerSubmit: must be a whole number of at least 1, got 0"],
    [{ quadsPerWorkgroup: 3 }, "tuning.quadsPerWorkgroup: must be a power of two up to 64, got 3"],
    [{ entriesPerInvocation: 3 }, "tuning.entriesPerInvocation: must be one of 8, 4, 2, got 3"],
    [{ slicesPerWorkgroup: 0 }, "tuning.slicesPerWorkgroup: must be a whole number of at least 1, got 0"],
    [{ stepsPerDispatch: 0 }, "tuning.stepsPerDispatch: must be a whole number of at least 1, got 0"],
    [{ madeFor: "laptop" as "hardware" }, 'tuning.madeFor: must be one of hardware, software, got "laptop"'],
    [{ plan: "fast" as "staged" }, 'tuning.plan: must be one of staged, fused, streaming, persistent, got "fast"'],
    [{ chainsPerBatch: 6 }, "tuning.chainsPerBatch: must be a multiple of 4 above 0, got 6"],
    [{ scratchBytes: 0 }, "tuning.scratchBytes: must be a whole number of at least 1, got 0"],
  ] as const)("%j", async ([tuning, message], { device }) => {
    await expect(createGpuSampler(device, target, tuning)).rejects.toThrow(message);
  });
});

gpuTest("more coordinates than one grid of single coordinates could hold", async ({ device }) => {
  const dim = 262_145;
  const memory = createMemoryMatrix(new Float32Array(dim).fill(1), { numPatterns: 1, dim });
  const wide = { memory, beta: 1e6 };
  await using sampler = await createGpuSampler(device, wide);
  const run = { ...options, kernel: "ou", numChains: 36, numBurnIn: 0, numDraws: 1, thinning: 1 } as const;
  const { positions } = await sampler.run(run);
  const expected = await createReferenceSampler(wide).run({ ...run, numChains: 1 });
  expectClose(positions.subarray(0, dim), expected.positions, tolerances.float32State);
  expect(positions.every((x) => x !== 0)).toBe(true);
});

gpuTest("a device lost in the middle rejects the run, with the stage, and the next call too", async () => {
  const opened = await openNodeWebGpu();
  if ("reason" in opened) throw new Error(opened.reason);
  const doomed = await requestDevice(opened.adapters[0]);
  const sampler = await createGpuSampler(doomed, target);
  const lost = sampler.run({ ...options, numDraws: 2000, thinning: 50 }, { onDraws: () => doomed.destroy() });
  await expect(lost).rejects.toThrow(GpuError);
  await expect(sampler.run(options)).rejects.toThrow(/was lost: .*\(stage: device\)/);
  await sampler.dispose();
});
