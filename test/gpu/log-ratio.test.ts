/**
 * float32 that can be trusted: the log acceptance ratio that the GPU decides by, against float64 on the same two states,
 * beside the textbook form evaluated in float32.
 */
import { describe, expect } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { langevinCoefficients } from "../../src/core/langevin.ts";
import {
  createGpuSampler,
  createMemoryMatrix,
  builtinFaces,
  type GpuTuning,
  type MemoryMatrix,
} from "../../src/index.ts";
import { logRatio, type ChainState } from "../../src/reference/accept.ts";
import { attendAndRetrieve, createAttention } from "../../src/reference/attention.ts";
import { adapterKinds } from "../../src/gpu/plan.ts";
import { correlatedMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";

/** The textbook ratio with every result rounded to float32, sums by halves. */
function textbookInFloat32(from: ChainState, to: ChainState, beta: number, stepSize: number): number {
  const f = Math.fround;
  const sum = (values: Float32Array): number => {
    let width = 2 ** Math.ceil(Math.log2(values.length));
    const tree = new Float32Array(width);
    tree.set(values);
    for (; width > 1; width /= 2) for (let i = 0; i < width / 2; i++) tree[i] = tree[i]! + tree[i + width / 2]!;
    return tree[0]!;
  };
  const energy = (state: ChainState): number => {
    const half = f(f(sum(Float32Array.from(state.position, (x) => f(x) * f(x)))) / 2);
    return f(half - f(f(state.logNormalizer) / beta));
  };
  const squaredDistance = (a: ChainState, b: ChainState): number =>
    sum(
      Float32Array.from(a.position, (x, i) => {
        const mean = f(f(f(1 - stepSize) * f(b.position[i]!)) + f(f(stepSize) * f(b.retrieval[i]!)));
        return f(f(x) - mean) ** 2;
      }),
    );
  const energyPart = f(-beta * f(energy(to) - energy(from)));
  return f(energyPart - f(f(beta / (4 * stepSize)) * f(squaredDistance(from, to) - squaredDistance(to, from))));
}

function faces(): MemoryMatrix {
  const { pixels, size } = builtinFaces({ numIdentities: 10 });
  return createMemoryMatrix(pixels, { numPatterns: 100, dim: size * size });
}

const cases = [
  { name: "built-in faces", memory: faces, beta: 10_000, stepSize: 0.01 },
  { name: "random patterns", memory: () => correlatedMemory(100, 784, 1.1), beta: 2000, stepSize: 0.1 },
  { name: "random patterns", memory: () => correlatedMemory(100, 784, 1.1), beta: 200, stepSize: 0.01 },
] as const;

/** Many patterns share the weight, so that the attention term is as large as the gradient term. */
const competing = [
  { name: "competing patterns", memory: () => correlatedMemory(40, 784, 8), beta: 200, stepSize: 0.1, allowed: 1e-4 },
  { name: "competing patterns", memory: () => correlatedMemory(40, 64, 2), beta: 20, stepSize: 0.5, allowed: 1e-5 },
] as const;

interface Comparison {
  readonly numCompared: number;
  /** Largest |log r| met. */
  readonly largest: number;
  /** Largest error of the GPU, and of the textbook form in float32. */
  readonly error: number;
  readonly textbookError: number;
}

/** One GPU step from exact draws; the log ratio it reports against float64 at the same two float32 positions. */
async function compare(
  device: GPUDevice,
  kernel: "mala" | "ou-mala",
  { memory, beta, stepSize }: { memory: MemoryMatrix; beta: number; stepSize: number },
  tuning: GpuTuning = {},
): Promise<Comparison> {
  const numChains = 64;
  await using sampler = await createGpuSampler(device, { memory, beta }, tuning);
  const base = {
    kernel,
    stepSize,
    seed: 77,
    numChains,
    numBurnIn: 0,
    numDraws: 1,
    thinning: 1,
    collapse: "off",
  } as const;
  const { positions: start } = await sampler.run({ ...base, kernel: "exact", start: "exact", seed: 78 });
  const { positions: end, meanLogRatio, acceptanceRate } = await sampler.run({ ...base, start });

  const reference = createAttention(stackTarget({ memory, beta }));
  const coefficients = langevinCoefficients(kernel, stepSize, beta);
  const stateAt = (positions: Float32Array, chain: number): ChainState => {
    const state = reference.createState();
    state.position.set(positions.subarray(chain * memory.dim, (chain + 1) * memory.dim));
    attendAndRetrieve(reference, beta, state);
    return state;
  };
  const result = { numCompared: 0, largest: 0, error: 0, textbookError: 0 };
  for (let chain = 0; chain < numChains; chain++) {
    // A rejected proposal leaves no position behind to compare at.
    if (acceptanceRate[chain] !== 1) continue;
    const from = stateAt(start, chain);
    const to = stateAt(end, chain);
    const expected = logRatio(reference.heads, coefficients, from, to);
    result.numCompared++;
    result.largest = Math.max(result.largest, Math.abs(expected));
    result.error = Math.max(result.error, Math.abs(meanLogRatio[chain]! - expected));
    if (kernel === "mala")
      result.textbookError = Math.max(
        result.textbookError,
        Math.abs(textbookInFloat32(from, to, beta, stepSize) - expected),
      );
  }
  return result;
}

describe.each(["mala", "ou-mala"] as const)("the log ratio of %s in float32", (kernel) => {
  gpuTest.for(cases.flatMap((one) => adapterKinds.map((madeFor) => ({ ...one, madeFor }))))(
    "is within 1e-6 of float64: $name, β = $beta, α = $stepSize, as planned for $madeFor",
    async ({ memory: make, beta, stepSize, madeFor }, { device }) => {
      const memory = make();
      const compared = await compare(device, kernel, { memory, beta, stepSize }, { madeFor });
      const { numCompared, error, textbookError, largest } = compared;
      expect(numCompared).toBeGreaterThan(32);
      expect(error).toBeLessThanOrEqual(1e-6);
      if (kernel === "ou-mala") return;
      process.stdout.write(
        `log ratio at d = ${memory.dim}, β = ${beta}, α = ${stepSize}, as planned for ${madeFor}: error ${error.toExponential(1)}, ` +
          `textbook form in float32 ${textbookError.toExponential(1)}\n`,
      );
      // Something was compared, and the textbook form could not have passed.
      expect(largest).toBeGreaterThan(1e-3);
      expect(textbookError).toBeGreaterThan(10 * error);
    },
  );

  gpuTest.for(cases.slice(1))(
    "is within 1e-6 of float64 in one pass over the rows too: $name, β = $beta, α = $stepSize",
    async ({ memory: make, ...options }, { device }) => {
      const tuning = { plan: "streaming" } as const;
      const { numCompared, error } = await compare(device, kernel, { memory: make(), ...options }, tuning);
      expect(numCompared).toBeGreaterThan(32);
      expect(error).toBeLessThanOrEqual(1e-6);
    },
  );

  // Between two memories a float32 logit is off by roundings of β‖m‖‖ξ‖: spec section 4 allows 1e-4.
  const plans = ["staged", "streaming"] as const;
  gpuTest.for(competing.flatMap((one) => plans.map((plan) => ({ ...one, plan }))))(
    "is within $allowed of float64: $name, β = $beta, α = $stepSize, $plan",
    async ({ memory: make, beta, stepSize, allowed, plan }, { device }) => {
      const target = { memory: make(), beta, stepSize };
      const { numCompared, error, largest } = await compare(device, kernel, target, { plan });
      expect(numCompared).toBeGreaterThan(8);
      expect(largest).toBeGreaterThan(0.05);
      expect(error).toBeLessThanOrEqual(allowed);
    },
  );
});
