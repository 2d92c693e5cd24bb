/** The main gate on the float64 reference: every kernel that should keep the law does, and no mutant of it does. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createMemoryMatrix, createReferenceSampler, ulaBasinVariance, type KernelName } from "../../src/index.ts";
import type { LangevinCoefficients } from "../../src/core/langevin.ts";
import type * as acceptModule from "../../src/reference/accept.ts";
import type { ChainState, TransitionInfo } from "../../src/reference/accept.ts";
import type * as logitsModule from "../../src/reference/logits.ts";
import type * as proposeModule from "../../src/reference/propose.ts";
import type * as samplerModule from "../../src/reference/sampler.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores, worst } from "../support/invariance.ts";
import { gateTarget } from "../support/memories.ts";
import { expectMean } from "../support/tolerances.ts";

const gate = (kernel: KernelName): Parameters<typeof invarianceScores>[1] => ({
  ...gateDefaults,
  kernel,
  stepSize: gateStepSize(kernel),
});

describe("kernels that keep the law", () => {
  test.each(["mala", "ou-mala", "gibbs", "exact"] as const)("%s is invariant and reversible", async (kernel) => {
    const scores = await invarianceScores(createReferenceSampler(gateTarget()), gate(kernel));
    for (const { name, z } of scores) expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });
});

describe("kernels that do not", () => {
  test.each(["ula", "ou"] as const)("unadjusted %s fails the gate", async (kernel) => {
    const scores = await invarianceScores(createReferenceSampler(gateTarget()), gate(kernel));
    expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
  });

  // Around one pattern both are linear: v₀ = 1/β, v_{n+1} = ρ² vₙ + s², and only ou has v = 1/β as its fixed point.
  test.each(["ula", "ou"] as const)(
    "the variance of %s around one pattern is off by its known size",
    async (kernel) => {
      const dim = 24;
      const beta = 3;
      const stepSize = 0.5;
      const numSteps = 12;
      const memory = createMemoryMatrix(new Float64Array(dim).fill(1), { numPatterns: 1, dim });
      const { positions } = await createReferenceSampler({ memory, beta }).run({
        kernel,
        stepSize,
        seed: 11,
        numChains: 4096,
        numBurnIn: 0,
        numDraws: 1,
        thinning: numSteps,
        start: "exact",
      });
      const fixedPoint = kernel === "ula" ? ulaBasinVariance(beta, stepSize) : 1 / beta;
      const variance = fixedPoint + (1 / beta - fixedPoint) * (1 - stepSize) ** (2 * numSteps);
      const squares = Array.from({ length: 4096 }, (_, c) => {
        let sum = 0;
        for (let i = 0; i < dim; i++) sum += (positions[c * dim + i]! - memory.values[i]!) ** 2;
        return sum / dim;
      });
      expectMean(squares, variance, gateLimit);
    },
  );
});

type Accept = typeof acceptModule.accept;
/** A mutant of a module: what it exports instead. */
type Mutation = readonly [file: string, mutate: (original: never) => object];

function decide(logRatio: number, uniform: number): TransitionInfo {
  return { logRatio, isAccepted: Math.log(uniform) < logRatio, isNonFinite: false };
}

const mutants: Readonly<Record<string, Mutation>> = {
  "attention term dropped": [
    "accept",
    (original: typeof acceptModule) => ({
      accept: ((coefficients, state, proposal, uniform) =>
        decide(
          coefficients.ratioScale * original.gradientTerm(coefficients, state, proposal),
          uniform,
        )) satisfies Accept,
    }),
  ],
  "gradient term dropped": [
    "accept",
    (original: typeof acceptModule) => ({
      accept: ((_, state, proposal, uniform) =>
        decide(original.attentionTerm(state, proposal), uniform)) satisfies Accept,
    }),
  ],
  "sign of the log ratio flipped": [
    "accept",
    (original: typeof acceptModule) => ({
      accept: ((coefficients, state, proposal, uniform) =>
        decide(-original.logRatio(coefficients, state, proposal), uniform)) satisfies Accept,
    }),
  ],
  "β and 1/β swapped": [
    "logits",
    (original: typeof logitsModule) => ({
      logits: ((memory, position, beta, out) => original.logits(memory, position, 1 / beta, out)) satisfies (
        ...args: Parameters<typeof original.logits>
      ) => void,
    }),
  ],
  "noise too large by √2": [
    "propose",
    (original: typeof proposeModule) => ({
      propose: (
        coefficients: LangevinCoefficients,
        ...rest: [Float64Array, Float64Array, Float64Array, Float64Array]
      ) => original.propose({ ...coefficients, noise: coefficients.noise * Math.SQRT2 }, ...rest),
    }),
  ],
  "wrong chain in the counter": [
    "../core/normal",
    (original: { fillNormals: (...args: [number, number, ...unknown[]]) => Float64Array }) => ({
      fillNormals: (step: number, chain: number, ...rest: unknown[]) =>
        original.fillNormals(step, chain - (chain % 4), ...rest),
    }),
  ],
  "stale T after a rejection": [
    "accept",
    (original: typeof acceptModule) => ({
      accept: ((coefficients, state: ChainState, proposal: ChainState, uniform) => {
        const info = original.accept(coefficients, state, proposal, uniform);
        if (!info.isAccepted) state.retrieval.set(proposal.retrieval);
        return info;
      }) satisfies Accept,
    }),
  ],
};

describe("mutants are killed", () => {
  afterEach(() => {
    vi.doUnmock("../../src/reference/accept.ts");
    vi.doUnmock("../../src/reference/logits.ts");
    vi.doUnmock("../../src/reference/propose.ts");
    vi.doUnmock("../../src/core/normal.ts");
    vi.resetModules();
  });

  describe.each(Object.entries(mutants))("%s", (_, [file, mutate]) => {
    test.each(["mala", "ou-mala"] as const)("in %s", async (kernel) => {
      vi.resetModules();
      vi.doMock(`../../src/reference/${file}.ts`, async (importOriginal) => {
        const original = await importOriginal<object>();
        return { ...original, ...mutate(original as never) };
      });
      const { createReferenceSampler: createMutant } = await import("../../src/reference/sampler.ts");
      const scores = await invarianceScores(createMutant(gateTarget()), gate(kernel));
      expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
    });
  });
});
