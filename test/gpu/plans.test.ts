/** Which plan runs what: the rule by kernel and shape, and what a caller is told. */
import { describe, expect, test } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { choosePlan } from "../../src/gpu/kernel-plan.ts";
import { planNames, type Plan, type PlanName, type PlanSituation, type PlanTuning } from "../../src/gpu/plan.ts";
import { memorySizes, quadsPerBatch } from "../../src/gpu/buffers.ts";
import { createGpuSampler, type HopfieldTarget, type PlanChoice, type SampleOptions } from "../../src/index.ts";
import { projectedHeads, randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";

/** WebGPU's defaults, which every device has. */
const limits = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeY: 256,
};
const options: SampleOptions = {
  kernel: "mala",
  stepSize: 0.1,
  seed: 1,
  numChains: 64,
  numBurnIn: 0,
  numDraws: 1,
  thinning: 1,
  start: "pattern",
};

/** What a large GPU offers. */
const largeLimits = {
  maxComputeWorkgroupStorageSize: 49_152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeY: 256,
};

function planOf(
  target: HopfieldTarget,
  changes: Partial<SampleOptions> = {},
  plan?: PlanName,
  isCollapsed = false,
  isSoftware = false,
): Plan {
  const situation = { sizes: memorySizes(stackTarget(target)), numChains: 64, isCollapsed, isSoftware, limits };
  return choosePlan({ ...options, ...changes }, situation, plan === undefined ? {} : { plan });
}

function planWithin(
  target: HopfieldTarget,
  numChains: number,
  within: PlanSituation["limits"],
  tuning: PlanTuning = {},
): Plan {
  const sizes = memorySizes(stackTarget(target));
  return choosePlan(options, { sizes, numChains, isCollapsed: false, isSoftware: false, limits: within }, tuning);
}

const target = (numPatterns: number, dim: number): HopfieldTarget => ({
  memory: randomMemory(numPatterns, dim),
  beta: 5,
});

const shapes = [
  [1, 1],
  [100, 100],
  [400, 500],
  [500, 4000],
  [100, 4096],
  [3, 9000],
  [2766, 424],
  [3000, 2048],
  [5000, 8],
] as const;

describe("the plan follows from kernel and shape", () => {
  test.each([
    ["persistent", 16, 64],
    ["persistent", 100, 100],
    ["fused", 100, 4096],
    ["fused", 100, 1200],
    ["streaming", 2766, 424],
    ["streaming", 2048, 64],
    ["staged", 1100, 2056],
    ["staged", 600, 1500],
  ] as const)("%s for %i patterns in %i dimensions", (name, numPatterns, dim) => {
    expect(planOf(target(numPatterns, dim)).name).toBe(name);
  });

  test("what a plan is not made for goes to the staged one, with the reason", () => {
    const wide = target(20, 2000);
    expect(planOf(wide, { kernel: "gibbs" })).toMatchObject({ name: "staged", reason: "gibbs has no other plan" });
    expect(planOf(wide, { kernel: "ou-mala", circulation: 1 })).toMatchObject({ name: "staged" });
    expect(planOf(wide, {}, undefined, true)).toMatchObject({ name: "staged" });
    expect(planOf({ ...wide, memory: randomMemory(20, 14), heads: projectedHeads(14) })).toMatchObject({
      name: "staged",
      reason: "several heads have no other plan",
    });
    expect(planOf(wide, {}, "staged")).toMatchObject({ name: "staged", reason: "it was asked for" });
    expect(planOf(target(9, 2056), {}, "streaming").name).toBe("fused");
    expect(planOf(target(600, 2056), {}, "persistent")).toMatchObject({
      name: "staged",
      reason: expect.stringContaining("does not fit a workgroup") as string,
    });
  });

  test("software rendering gets the staged plan, unless another is asked for", () => {
    for (const [numPatterns, dim] of [
      [16, 64],
      [100, 4096],
      [2766, 424],
    ] as const)
      expect(planOf(target(numPatterns, dim), {}, undefined, false, true)).toMatchObject({
        name: "staged",
        reason: "the adapter renders in software",
      });
    expect(planOf(target(16, 64), {}, "persistent", false, true).name).toBe("persistent");
  });

  test.each([
    ["every device", limits],
    ["a large one", largeLimits],
  ])("workgroups keep to what %s has", (_, within) => {
    for (const plan of planNames)
      for (const [numPatterns, dim] of shapes)
        for (const quads of [{}, { quadsPerWorkgroup: 1 }, { quadsPerWorkgroup: 64 }])
          for (const entries of [{}, { entriesPerInvocation: 2 }, { entriesPerInvocation: 4 }]) {
            const tuning = { plan, ...quads, ...entries };
            const { constants, quadMultiple } = planWithin(target(numPatterns, dim), 5000, within, tuning);
            const count = (name: string): number => constants[name] ?? 0;
            // Fused keeps two arrays over rows and two over tiles, persistent two over quads.
            const isFused = count("num_passes") > 0;
            const arrays = { coordinates: 1, rows: isFused ? 2 : 1, tiles: isFused ? 2 : 1, quads: 2, facts: 1 };
            const vectors = Object.entries(arrays).reduce(
              (sum, [name, number]) => sum + number * count(`num_shared_${name}`),
              0,
            );
            const [owned, tiles] = [count("num_owned"), count("num_tiles")];
            expect(owned * tiles).toBeLessThanOrEqual(within.maxComputeInvocationsPerWorkgroup);
            expect(tiles).toBeLessThanOrEqual(within.maxComputeWorkgroupSizeY);
            expect(16 * vectors).toBeLessThanOrEqual(within.maxComputeWorkgroupStorageSize);
            // More would outgrow what batches are made for.
            expect([1, 2, 4, 8, 16]).toContain(quadMultiple);
          }
  });

  test("what a device has beyond the rest goes into more chains a workgroup, and decides on nothing else", () => {
    for (const [numPatterns, dim] of shapes) {
      const [least, most] = [limits, largeLimits].map((within) => planWithin(target(numPatterns, dim), 5000, within));
      const settled = ({ name, numSlices, numSplits, constants, shape }: Plan): unknown => [
        name,
        [numSlices, numSplits, constants["num_passes"], constants["num_row_tiles"], constants["num_lanes"]],
        shape.entriesPerInvocation,
      ];
      expect(settled(most!)).toEqual(settled(least!));
      expect(most!.shape.quadsPerWorkgroup).toBeGreaterThanOrEqual(least!.shape.quadsPerWorkgroup);
    }
  });

  test("few chains are spread over the device, many share workgroups", () => {
    const shapeOf = (numChains: number): unknown => planWithin(target(100, 100), numChains, largeLimits).shape;
    expect(shapeOf(256)).toEqual({ quadsPerWorkgroup: 1, entriesPerInvocation: 2 });
    // 257 quads: four each would be 65 workgroups.
    expect(shapeOf(1028)).toEqual({ quadsPerWorkgroup: 2, entriesPerInvocation: 2 });
    expect(shapeOf(4096)).toEqual({ quadsPerWorkgroup: 8, entriesPerInvocation: 4 });
    expect(shapeOf(8192)).toEqual({ quadsPerWorkgroup: 8, entriesPerInvocation: 8 });
  });

  test("slices share workgroups where chains alone are enough of them", () => {
    const planOfMany = (numChains: number): Plan => planWithin(target(100, 4096), numChains, largeLimits);
    expect(planOfMany(256)).toMatchObject({
      name: "fused",
      numSlices: 16,
      shape: { quadsPerWorkgroup: 8, slicesPerWorkgroup: 1 },
    });
    expect(planOfMany(4096)).toMatchObject({ numSlices: 16, shape: { quadsPerWorkgroup: 8, slicesPerWorkgroup: 8 } });
  });
});

test("what the quads of a batch are padded to fits the device as well", () => {
  const mebibyte = 2 ** 20;
  for (const [numPatterns, dim] of [
    [3000, 784],
    [100, 4096],
    [9, 9000],
  ] as const)
    for (const size of [1, 5, 17, 128]) {
      const device = {
        limits: {
          maxStorageBufferBindingSize: size * mebibyte,
          maxBufferSize: 2 * size * mebibyte,
          maxComputeWorkgroupsPerDimension: 65_535,
        },
      } as GPUDevice;
      const quads = quadsPerBatch(device, memorySizes(stackTarget(target(numPatterns, dim))), "mala", 0);
      // A plan pads to a multiple of a power of two up to 16: more quads than these would outgrow the limits.
      expect([1, 2, 4, 8, 16].filter((multiple) => quads >= multiple && quads % multiple !== 0)).toEqual([]);
    }
});

gpuTest("a run says which plan it follows", async ({ device }) => {
  const told: PlanChoice[] = [];
  await using sampler = await createGpuSampler(device, target(6, 10), { madeFor: "hardware" });
  await sampler.run({ ...options, numChains: 4 }, { onPlan: (plan) => told.push(plan) });
  expect(told).toEqual([{ name: "persistent", reason: expect.stringContaining("fits a workgroup") as string }]);
});
