/** The main gate on the GPU, in Node: every kernel that should keep the law does, and no mutant of its shaders does. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createGpuSampler, type KernelName } from "../../src/index.ts";
import type * as sourceModule from "../../src/gpu/wgsl-source.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores, worst } from "../support/invariance.ts";
import { gateTarget, productTarget } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";

const gate = (kernel: KernelName): Parameters<typeof invarianceScores>[1] => ({
  ...gateDefaults,
  kernel,
  stepSize: gateStepSize(kernel),
});

describe("kernels that keep the law", () => {
  gpuTest.for(["mala", "ou-mala", "gibbs", "exact"] as const)(
    "%s is invariant and reversible",
    async (kernel, { device }) => {
      await using sampler = await createGpuSampler(device, gateTarget());
      for (const { name, z } of await invarianceScores(sampler, gate(kernel)))
        expect(Math.abs(z), name).toBeLessThan(gateLimit);
    },
  );
});

describe("variants of the energy keep their laws", () => {
  gpuTest.for(["mala", "ou-mala", "gibbs", "exact"] as const)("%s under a mask", async (kernel, { device }) => {
    await using sampler = await createGpuSampler(device, { ...gateTarget(), mask: Uint8Array.of(1, 0, 1, 1, 0) });
    for (const { name, z } of await invarianceScores(sampler, gate(kernel)))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });

  gpuTest.for(["mala", "ou-mala"] as const)("%s with two heads whose law is a product", async (kernel, { device }) => {
    const { target, draws } = await productTarget(gateDefaults.numChains);
    await using sampler = await createGpuSampler(device, target);
    for (const { name, z } of await invarianceScores(sampler, { ...gate(kernel), start: draws }))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });
});

describe("circulation keeps the law without reversibility", () => {
  gpuTest.for(["off", "on"] as const)("collapse %s", async (collapse, { device }) => {
    await using sampler = await createGpuSampler(device, gateTarget());
    const scores = await invarianceScores(sampler, { ...gate("ou-mala"), stepSize: 0.3, circulation: 1.5, collapse });
    for (const { name, z } of scores.filter(({ name: score }) => !score.startsWith("reversibility")))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
    expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
  });
});

describe("kernels that do not", () => {
  gpuTest.for(["ula", "ou"] as const)("unadjusted %s fails the gate", async (kernel, { device }) => {
    await using sampler = await createGpuSampler(device, gateTarget());
    expect(Math.abs(worst(await invarianceScores(sampler, gate(kernel))).z)).toBeGreaterThan(gateLimit);
  });
});

/** What is replaced in which file of shaders/. */
const mutants: Readonly<Record<string, readonly [file: string, from: string, to: string]>> = {
  "attention term dropped": [
    "softmax.wgsl",
    "attention_terms[at] = (0.5 * head.power) * term",
    "attention_terms[at] = 0.0 * term",
  ],
  "gradient term dropped": ["accept.wgsl", "attention_term + params.ratio_scale * term", "attention_terms[quad]"],
  "sign of the log ratio flipped": ["accept.wgsl", "(coin < log_ratio)", "(coin < -log_ratio)"],
  "β and 1/β swapped": ["softmax.wgsl", "params.beta * sum", "sum / params.beta"],
  "noise too large by √2": [
    "common/normal.wgsl",
    "NormalBlock(first[0], first[1], second[0], second[1])",
    "NormalBlock(1.4142 * first[0], 1.4142 * first[1], 1.4142 * second[0], 1.4142 * second[1])",
  ],
  "wrong chain in the counter": ["common/params.wgsl", "vec4u(0u, 1u, 2u, 3u)", "vec4u(0u, 0u, 0u, 0u)"],
  "stale T after a rejection": ["propose.wgsl", "t = select(t, retrieval[at], reject);", ""],
};

test("every mutant changes exactly one place", async () => {
  const { shaderFiles } = await import("../../src/gpu/wgsl-source.ts");
  for (const [name, [file, from]] of Object.entries(mutants))
    expect(shaderFiles.get(file)!.split(from), name).toHaveLength(2);
});

describe("mutants are killed", () => {
  afterEach(() => {
    vi.doUnmock("../../src/gpu/wgsl-source.ts");
    vi.resetModules();
  });

  // In mala alone: the reference's twins of these mutants are put into ou-mala too.
  gpuTest.for(Object.entries(mutants))("%s", async ([, [file, from, to]], { device }) => {
    vi.resetModules();
    vi.doMock("../../src/gpu/wgsl-source.ts", async (importOriginal) => {
      const original = await importOriginal<typeof sourceModule>();
      const mutated = new Map(original.shaderFiles).set(file, original.shaderFiles.get(file)!.replace(from, to));
      return { ...original, expandSource: (path: string) => original.expandSource(path, mutated) };
    });
    const { createGpuSampler: createMutant } = await import("../../src/gpu/sampler.ts");
    await using sampler = await createMutant(device, gateTarget());
    expect(Math.abs(worst(await invarianceScores(sampler, gate("mala"))).z)).toBeGreaterThan(gateLimit);
  });
});
