/** The main gate on the float64 reference: every kernel that should keep the law does, and no mutant of it does. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { langevinCoefficients } from "../../src/core/langevin.ts";
import {
  createMemoryMatrix,
  createReferenceSampler,
  energy,
  ulaBasinVariance,
  type KernelName,
} from "../../src/index.ts";
import { attendAndRetrieve, createAttention } from "../../src/reference/attention.ts";
import * as normal from "../../src/core/normal.ts";
import * as original from "../../src/reference/accept.ts";
import { logits } from "../../src/reference/logits.ts";
import { propose } from "../../src/reference/propose.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores, worst } from "../support/invariance.ts";
import { gateTarget, productTarget, randomMemory } from "../support/memories.ts";
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

describe("variants of the energy keep their laws", () => {
  test.each(["mala", "ou-mala", "gibbs", "exact"] as const)("%s under a mask", async (kernel) => {
    const target = { ...gateTarget(), mask: Uint8Array.of(1, 0, 1, 1, 0) };
    for (const { name, z } of await invarianceScores(createReferenceSampler(target), gate(kernel)))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });

  test.each(["mala", "ou-mala"] as const)("%s with two heads whose law is a product", async (kernel) => {
    const { target, draws } = await productTarget(gateDefaults.numChains);
    const options = { ...gate(kernel), start: draws };
    for (const { name, z } of await invarianceScores(createReferenceSampler(target), options))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });
});

describe("circulation", () => {
  const circulating = (stepSize: number): Parameters<typeof invarianceScores>[1] => ({
    ...gate("ou-mala"),
    stepSize,
    circulation: 1.5,
  });

  test.each([
    [0.15, "off"],
    [0.3, "off"],
    [0.3, "on"],
  ] as const)("keeps the law without reversibility at step size %f, collapse %s", async (stepSize, collapse) => {
    const options = { ...circulating(stepSize), collapse };
    const scores = await invarianceScores(createReferenceSampler(gateTarget()), options);
    for (const { name, z } of scores.filter(({ name: score }) => !score.startsWith("reversibility")))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
    // Positive control: it is the turn that the reversibility scores see.
    expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
  });

  test("is exact around one pattern: nothing is rejected, and ou needs no accept step", async () => {
    const target = { memory: randomMemory(1, 9), beta: 3 };
    const options = { ...circulating(0.4), numSteps: 8 };
    const { acceptanceRate } = await createReferenceSampler(target).run({
      ...options,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 8,
      start: "exact",
      collapse: "off",
    });
    expect(Math.min(...acceptanceRate)).toBe(1);
    const scores = await invarianceScores(createReferenceSampler(target), { ...options, kernel: "ou" });
    // With one pattern the attention is constant, and its scores are 0/0.
    const defined = scores.filter(({ name }) => /^invariance of (squaredNorm|energy|coordinate)/.test(name));
    expect(defined).toHaveLength(3);
    for (const { name, z } of defined) expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });

  test("the log ratio is that of the step back against the turn", () => {
    const target = { memory: randomMemory(5, 7), beta: 6 };
    const stack = stackTarget(target);
    const attention = createAttention(stack);
    const coefficients = langevinCoefficients("ou-mala", 0.4, target.beta, 0.9);
    const stateAt = (position: Float64Array): original.ChainState => {
      const state = attention.createState();
      state.position.set(position);
      attendAndRetrieve(attention, target.beta, state);
      return state;
    };
    const quiet = { ...coefficients, noise: 0 };
    /** Where a step leads without its noise. */
    const mean = (state: original.ChainState, direction: number): Float64Array => {
      const out = new Float64Array(7);
      propose(quiet, state.position, state.retrieval, new Float64Array(7), out, direction);
      return out;
    };
    const squaredDistance = (a: Float64Array, b: Float64Array): number =>
      a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
    for (const direction of [1, -1]) {
      const from = stateAt(normal.fillNormals(1, 0, 5, [1, 1], new Float64Array(7)));
      const to = stateAt(normal.fillNormals(2, 0, 5, [1, 1], new Float64Array(7)));
      const back = squaredDistance(from.position, mean(to, -direction));
      const forth = squaredDistance(to.position, mean(from, direction));
      const energyChange = energy(target, to.position) - energy(target, from.position);
      const textbook = -target.beta * energyChange - (back - forth) / (2 * coefficients.noise ** 2);
      expect(original.logRatio(stack.heads, coefficients, from, to, 0, direction)).toBeCloseTo(textbook, 9);
    }
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

/** A module that a mutant replaces, and what it exports instead. */
interface Mutant {
  readonly module: string;
  readonly exports: object;
}

function mutantOfAccept(accept: typeof original.accept): Mutant {
  return { module: "reference/accept", exports: { ...original, accept } };
}

function decide(value: number, uniform: number): original.TransitionInfo {
  return { logRatio: value, isAccepted: Math.log(uniform) < value, isNonFinite: false };
}

const mutants: Readonly<Record<string, Mutant>> = {
  "attention term dropped": mutantOfAccept((_, coefficients, state, proposal, uniform) =>
    decide(coefficients.ratioScale * original.gradientTerm(coefficients, state, proposal), uniform),
  ),
  "gradient term dropped": mutantOfAccept((heads, _, state, proposal, uniform) =>
    decide(original.attentionTerm(heads, state, proposal), uniform),
  ),
  "sign of the log ratio flipped": mutantOfAccept((heads, coefficients, state, proposal, uniform) =>
    decide(-original.logRatio(heads, coefficients, state, proposal), uniform),
  ),
  "stale T after a rejection": mutantOfAccept((heads, coefficients, state, proposal, uniform) => {
    const info = original.accept(heads, coefficients, state, proposal, uniform);
    if (!info.isAccepted) state.retrieval.set(proposal.retrieval);
    return info;
  }),
  "β and 1/β swapped": {
    module: "reference/logits",
    exports: {
      logits: (...[memory, position, beta, out]: Parameters<typeof logits>) => logits(memory, position, 1 / beta, out),
    },
  },
  "noise too large by √2": {
    module: "reference/propose",
    exports: {
      propose: (...[coefficients, ...vectors]: Parameters<typeof propose>) =>
        propose({ ...coefficients, noise: coefficients.noise * Math.SQRT2 }, ...vectors),
    },
  },
  "wrong chain in the counter": {
    module: "core/normal",
    exports: {
      ...normal,
      fillNormals: (...[step, chain, ...rest]: Parameters<typeof normal.fillNormals>) =>
        normal.fillNormals(step, chain - (chain % 4), ...rest),
    },
  },
};

test("circulation that keeps its direction after a rejection fails the gate", async () => {
  vi.resetModules();
  vi.doMock("../../src/reference/accept.ts", () => ({
    ...original,
    accept: (...args: Parameters<typeof original.accept>) => {
      const info = original.accept(...args);
      // The chain flips its direction where it is not accepted: hand it back the state as an accepted one.
      if (!info.isAccepted) {
        const [, , state, proposal] = args;
        proposal.position.set(state.position);
        proposal.retrieval.set(state.retrieval);
        proposal.attention.set(state.attention);
        proposal.logAttention.set(state.logAttention);
        proposal.logNormalizer = state.logNormalizer;
      }
      return { ...info, isAccepted: true };
    },
  }));
  const { createReferenceSampler: createMutant } = await import("../../src/reference/sampler.ts");
  const options = { ...gate("ou-mala"), stepSize: 0.6, circulation: 1.5, numSteps: 12, numChains: 60_000 };
  const scores = await invarianceScores(createMutant(gateTarget()), options);
  const right = await invarianceScores(createReferenceSampler(gateTarget()), options);
  for (const { name, z } of right.filter(({ name: score }) => score.startsWith("invariance")))
    expect(Math.abs(z), name).toBeLessThan(gateLimit);
  vi.doUnmock("../../src/reference/accept.ts");
  vi.resetModules();
  expect(Math.abs(worst(scores.filter(({ name }) => name.startsWith("invariance"))).z)).toBeGreaterThan(gateLimit);
});

describe("mutants are killed", () => {
  afterEach(() => {
    for (const { module } of Object.values(mutants)) vi.doUnmock(`../../src/${module}.ts`);
    vi.resetModules();
  });

  describe.each(Object.entries(mutants))("%s", (_, mutant) => {
    test.each(["mala", "ou-mala"] as const)("in %s", async (kernel) => {
      vi.resetModules();
      vi.doMock(`../../src/${mutant.module}.ts`, () => mutant.exports);
      const { createReferenceSampler: createMutant } = await import("../../src/reference/sampler.ts");
      const scores = await invarianceScores(createMutant(gateTarget()), gate(kernel));
      expect(Math.abs(worst(scores).z)).toBeGreaterThan(gateLimit);
    });
  });
});
