/** The main gate on the GPU, in Node: every kernel that should keep the law does, and no mutant of its shaders does. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createGpuSampler, type KernelName } from "../../src/index.ts";
import type { PlanName } from "../../src/gpu/plan.ts";
import type * as sourceModule from "../../src/gpu/wgsl-source.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores, worst } from "../support/invariance.ts";
import { gateTarget, productTarget } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";

const gate = (kernel: KernelName): Parameters<typeof invarianceScores>[1] => ({
  ...gateDefaults,
  kernel,
  stepSize: gateStepSize(kernel),
});

/** A submit mends what the steps in one dispatch pass on wrongly: all of them go into one. */
const inOneGo = { stepsPerSubmit: gateDefaults.numSteps } as const;

describe("kernels that keep the law", () => {
  gpuTest.for([
    ["staged", "mala"],
    ["staged", "ou-mala"],
    ["staged", "gibbs"],
    ["staged", "exact"],
    ["fused", "mala"],
    ["fused", "ou-mala"],
    ["streaming", "mala"],
    ["streaming", "ou-mala"],
    ["persistent", "mala"],
    ["persistent", "ou-mala"],
  ] as const)("plan %s: %s is invariant and reversible", async ([plan, kernel], { device }) => {
    await using sampler = await createGpuSampler(device, gateTarget(), { plan, ...inOneGo });
    for (const { name, z } of await invarianceScores(sampler, gate(kernel)))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });
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
  gpuTest.for([
    ["off", "hardware"],
    ["on", "hardware"],
    ["on", "software"],
  ] as const)("collapse %s, as planned for %s", async ([collapse, madeFor], { device }) => {
    await using sampler = await createGpuSampler(device, gateTarget(), { madeFor });
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

type Mutants = Readonly<Record<string, readonly [file: string, from: string, to: string]>>;

/** What is replaced in which file of shaders/: in the stages, and in the persistent kernel. */
const stagedMutants: Mutants = {
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

const persistentMutants: Mutants = {
  "attention term dropped": ["persistent.wgsl", " + (0.5 * params.total_power) * attention;", ";"],
  "gradient term dropped": ["persistent.wgsl", "params.ratio_scale * gradient", "vec4f()"],
  "sign of the log ratio flipped": [
    "persistent.wgsl",
    "(shared_coins[slot] < log_ratio)",
    "(shared_coins[slot] < -log_ratio)",
  ],
  "β and 1/β swapped": ["persistent.wgsl", "params.beta * (logits[i] - top)", "(logits[i] - top) / params.beta"],
  "stale T after a rejection": ["persistent.wgsl", "select(retrieval[i], sums[i], decision)", "sums[i]"],
  "stale weights after a rejection": ["persistent.wgsl", "select(log_weights[i], logits[i], decision)", "logits[i]"],
};

const fusedMutants: Mutants = {
  "attention term dropped": ["fused.wgsl", "(0.5 * power) * attention_term + ", ""],
  "patterns' part of the gradient term dropped": ["fused.wgsl", " + params.ratio_scale * pattern_term", ""],
  "coordinates' part of the gradient term dropped": ["fused.wgsl", "term += params.ratio_scale * coordinate_term;", ""],
  "β and 1/β swapped": [
    "fused.wgsl",
    "select(z_first, params.beta * (constants[i] + logits[i]), row",
    "select(z_first, (constants[i] + logits[i]) / params.beta, row",
  ],
  "stale weights after a rejection": [
    "fused.wgsl",
    "select((logits[i] - top) - log_mass, log_weights[i], reject)",
    "(logits[i] - top) - log_mass",
  ],
  "stale position after a rejection": ["fused.wgsl", "current[i] = select(current[i], position[at], reject);", ""],
};

/** What it shares with the staged plan is mutated there. */
const streamingMutants: Mutants = {
  "attention term dropped": ["streaming-softmax.wgsl", "attention_term(top, mass, log_mass, quad);", "vec4f();"],
  "T not divided by the mass": [
    "streaming-retrieve.wgsl",
    "params.total_power / overall_mass(top, quad)",
    "params.total_power",
  ],
};

const mutants = [
  ...Object.entries(streamingMutants).map(([name, change]) => ["streaming", name, change] as const),
  ...Object.entries(fusedMutants).map(([name, change]) => ["fused", name, change] as const),
  ...Object.entries(stagedMutants).map(([name, change]) => ["staged", name, change] as const),
  ...Object.entries(persistentMutants).map(([name, change]) => ["persistent", name, change] as const),
];

test("every mutant changes exactly one place", async () => {
  const { shaderFiles } = await import("../../src/gpu/wgsl-source.ts");
  for (const [, name, [file, from]] of mutants) expect(shaderFiles.get(file)!.split(from), name).toHaveLength(2);
});

/** What a mistake does to the law adds up over steps: weights that only the persistent kernel's decisions see do little in one. */
const mutantSteps = (plan: PlanName): number => (plan === "persistent" ? 4 : 1) * gateDefaults.numSteps;

describe("mutants are killed", () => {
  afterEach(() => {
    vi.doUnmock("../../src/gpu/wgsl-source.ts");
    vi.resetModules();
  });

  // In mala alone: the reference's twins of these mutants are put into ou-mala too.
  gpuTest.for(mutants)("%s: %s", async ([plan, , [file, from, to]], { device }) => {
    vi.resetModules();
    vi.doMock("../../src/gpu/wgsl-source.ts", async (importOriginal) => {
      const original = await importOriginal<typeof sourceModule>();
      const mutated = new Map(original.shaderFiles).set(file, original.shaderFiles.get(file)!.replace(from, to));
      return { ...original, expandSource: (path: string) => original.expandSource(path, mutated) };
    });
    const { createGpuSampler: createMutant } = await import("../../src/gpu/sampler.ts");
    const numSteps = mutantSteps(plan);
    await using sampler = await createMutant(device, gateTarget(), { plan, stepsPerSubmit: numSteps });
    const scores = await invarianceScores(sampler, { ...gate("mala"), numSteps });
    expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
  });
});
