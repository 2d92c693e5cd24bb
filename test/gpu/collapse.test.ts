/** Collapsed sampling on the GPU: parity with the reference, the gate, and one law with the direct path. */
import { describe, expect } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { collapseStack, project } from "../../src/core/collapse.ts";
import { langevinCoefficients } from "../../src/core/langevin.ts";
import { uniform } from "../../src/core/normal.ts";
import {
  createGpuSampler,
  createReferenceSampler,
  fillNormals,
  kernelNames,
  purposes,
  type SampleOptions,
} from "../../src/index.ts";
import { accept } from "../../src/reference/accept.ts";
import { attendAndRetrieve, createAttention } from "../../src/reference/attention.ts";
import { propose } from "../../src/reference/propose.ts";
import { expectSameLaw } from "../support/collapse-law.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores } from "../support/invariance.ts";
import { correlatedMemory, gateTarget, randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectDrawsClose } from "../support/parity.ts";
import { absRel } from "../support/tolerances.ts";

describe("parity with the reference", () => {
  const cases = [
    { name: "d ≫ K", memory: randomMemory(8, 500), beta: 60 },
    { name: "the size of the faces", memory: randomMemory(100, 4096), beta: 10_000 },
    { name: "no dimension outside the span", memory: randomMemory(8, 7), beta: 5 },
    { name: "one dimension outside the span", memory: randomMemory(6, 7), beta: 5 },
    { name: "two dimensions outside the span", memory: randomMemory(5, 7), beta: 5 },
    { name: "three dimensions outside the span", memory: randomMemory(4, 7), beta: 5 },
    { name: "a mask", memory: randomMemory(9, 40), mask: Uint8Array.from([1, 0, 1, 1, 0, 0, 1, 0, 1]), beta: 9 },
  ];
  describe.each(cases)("$name", (target) => {
    gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
      const options: SampleOptions = {
        kernel,
        stepSize: target.memory.dim > 100 ? 0.1 : 0.4,
        seed: 5,
        numChains: 6,
        numBurnIn: 1,
        numDraws: 3,
        thinning: 2,
        start: "exact",
        collapse: "on",
      };
      await using sampler = await createGpuSampler(device, target, { plan: "staged", madeFor: "hardware" });
      // What fresh noise has across v is as much less certain than the noise as it is shorter; with two dimensions it is
      // shorter than a twentieth every thirtieth time.
      const state = target.memory.dim - target.memory.numPatterns === 2 ? absRel(2e-5, 2e-5) : undefined;
      expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options), state);
    });
  });
});

describe("many steps of collapsed chains in one dispatch: parity with the reference", () => {
  describe.each([0, 1, 2, 3])("%i dimensions outside the span", (complementDim) => {
    gpuTest.for(["ula", "mala", "ou-mala"] as const)("%s", async (kernel, { device }) => {
      const target = { memory: randomMemory(8 - complementDim, 8), beta: 5 };
      const run = { kernel, stepSize: 0.4, seed: 5, numChains: 6, numBurnIn: 1, numDraws: 3, thinning: 2 } as const;
      const options = { ...run, start: "exact", collapse: "on" } as const;
      await using sampler = await createGpuSampler(device, target, { plan: "persistent" });
      // As above.
      const state = complementDim === 2 ? absRel(2e-5, 2e-5) : undefined;
      expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options), state);
    });
  });
});

describe("chains that start inside the span, where what lies outside has no direction yet", () => {
  gpuTest.for(["ula", "mala", "ou-mala"] as const)("%s", async (kernel, { device }) => {
    const target = { memory: randomMemory(5, 30), beta: 8 };
    const options = {
      kernel,
      stepSize: 0.3,
      seed: 6,
      numChains: 7,
      numBurnIn: 0,
      numDraws: 3,
      thinning: 2,
      start: "pattern",
      collapse: "on",
    } as const;
    await using sampler = await createGpuSampler(device, target);
    expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options));
  });
});

gpuTest.for(["mala", "ou"] as const)("%s streams many patterns past collapsed chains", async (kernel, { device }) => {
  const target = { memory: correlatedMemory(300, 20, 0.5), beta: 40 };
  const run = { kernel, stepSize: 0.3, seed: 5, numChains: 6, numBurnIn: 1, numDraws: 2, thinning: 2 } as const;
  const options = { ...run, start: "exact", collapse: "on" } as const;
  await using sampler = await createGpuSampler(device, target, { plan: "streaming" });
  expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options));
});

describe("the gate", () => {
  gpuTest.for([
    ["staged", "mala"],
    ["staged", "ou-mala"],
    ["persistent", "mala"],
    ["persistent", "ou-mala"],
  ] as const)("plan %s: %s is invariant and reversible", async ([plan, kernel], { device }) => {
    await using sampler = await createGpuSampler(device, gateTarget(), { plan });
    const options = { ...gateDefaults, kernel, stepSize: gateStepSize(kernel), collapse: "on" } as const;
    for (const { name, z } of await invarianceScores(sampler, options))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });
});

describe("collapsed and direct chains have one law, jointly over read-outs", () => {
  describe.each([0, 1, 2, 3])("%i dimensions outside the span", (complementDim) => {
    gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
      await using sampler = await createGpuSampler(device, { memory: randomMemory(8 - complementDim, 8), beta: 3 });
      await expectSameLaw(sampler, kernel);
    });
  });
});

describe("paths: with the direct chain's noise projected, u_t is Qᵀξ_t", () => {
  /** How far u_t may lie from Qᵀξ_t after 200 steps in float32, relative to its length. */
  const allowed = 1e-4;
  const numChains = 4;
  const numSteps = 200;
  const seed = 8;

  gpuTest.for(["ula", "ou", "ou-mala"] as const)(
    "%s: float32 on the GPU, float64 direct",
    async (kernel, { device }) => {
      const target = { memory: randomMemory(6, 40), beta: 20 };
      const { dim } = target.memory;
      const stack = stackTarget(target);
      const { basis, rank } = collapseStack(stack);
      const start = fillNormals(0, 1, purposes.data, [1, 1], new Float64Array(numChains * dim));
      await using sampler = await createGpuSampler(device, target);
      const run = { kernel, stepSize: 0.3, seed, numChains, numBurnIn: 0, numDraws: 1, thinning: numSteps } as const;
      const { positions, acceptanceRate } = await sampler.run({
        ...run,
        start: Float32Array.from(start),
        collapse: "on",
      });

      const attention = createAttention(stack);
      const coefficients = langevinCoefficients(kernel, run.stepSize, target.beta);
      for (let chain = 0; chain < numChains; chain++) {
        let state = attention.createState();
        let proposal = attention.createState();
        state.position.set(Float32Array.from(start.subarray(chain * dim, (chain + 1) * dim)));
        attendAndRetrieve(attention, target.beta, state);
        let numAccepted = 0;
        for (let step = 1; step <= numSteps; step++) {
          // The collapsed chain's own noise in the span, and any other outside of it.
          const inside = fillNormals(step, chain, purposes.noise, [seed, 0], new Float64Array(rank));
          const noise = fillNormals(step, chain, purposes.data, [1, 1], new Float64Array(dim));
          const other = project(basis, noise);
          for (const [j, direction] of basis.entries())
            for (let i = 0; i < dim; i++) noise[i]! += (inside[j]! - other[j]!) * direction[i]!;
          propose(coefficients, state.position, state.retrieval, noise, proposal.position);
          attendAndRetrieve(attention, target.beta, proposal);
          const coin = uniform(step, chain, purposes.accept, [seed, 0]);
          if (!accept(attention.heads, coefficients, state, proposal, coin).isAccepted) continue;
          [state, proposal] = [proposal, state];
          numAccepted++;
        }
        const actual = project(basis, Float64Array.from(positions.subarray(chain * dim, (chain + 1) * dim)));
        const expected = project(basis, state.position);
        const error = Math.hypot(...actual.map((x, j) => x - expected[j]!));
        expect(error / Math.hypot(...expected), `chain ${chain}`).toBeLessThanOrEqual(allowed);
        if (kernel === "ou-mala") expect(acceptanceRate[chain]).toBeCloseTo(numAccepted / numSteps, 12);
      }
    },
  );
});
