/** Collapsed sampling on the reference: the same paths in the span, the same law everywhere. */
import { describe, expect, test } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { collapseStack, project } from "../../src/core/collapse.ts";
import { langevinCoefficients } from "../../src/core/langevin.ts";
import { createReferenceSampler, fillNormals, kernelNames, purposes } from "../../src/index.ts";
import { accept, type ChainState } from "../../src/reference/accept.ts";
import { attendAndRetrieve, createAttention } from "../../src/reference/attention.ts";
import { propose } from "../../src/reference/propose.ts";
import { expectSameLaw } from "../support/collapse-law.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores } from "../support/invariance.ts";
import { gateTarget, randomMemory } from "../support/memories.ts";
import { absRel, expectClose } from "../support/tolerances.ts";

describe("paths: with the direct chain's noise projected, u_t is Qᵀξ_t", () => {
  test.each(["ula", "mala", "ou", "ou-mala"] as const)("%s over 200 steps", (kernel) => {
    const target = { memory: randomMemory(6, 40), beta: 20 };
    const stack = stackTarget(target);
    const collapse = collapseStack(stack);
    const whole = createAttention(stack);
    const inside = createAttention(collapse.stack);
    const coefficients = langevinCoefficients(kernel, 0.3, target.beta);
    const stateAt = (attention: typeof whole, position: Float64Array): ChainState => {
      const state = attention.createState();
      state.position.set(position);
      attendAndRetrieve(attention, target.beta, state);
      return state;
    };
    const squared = (x: Float64Array): number => x.reduce((sum, value) => sum + value * value, 0);

    let direct = stateAt(whole, fillNormals(0, 0, purposes.data, [1, 1], new Float64Array(40)));
    let collapsed = stateAt(inside, project(collapse.basis, direct.position));
    let numAccepted = 0;
    for (let step = 1; step <= 200; step++) {
      const noise = fillNormals(step, 0, purposes.data, [1, 1], new Float64Array(40));
      const next = new Float64Array(40);
      propose(coefficients, direct.position, direct.retrieval, noise, next);
      const directProposal = stateAt(whole, next);
      const nextInside = new Float64Array(collapse.rank);
      propose(coefficients, collapsed.position, collapsed.retrieval, project(collapse.basis, noise), nextInside);
      const collapsedProposal = stateAt(inside, nextInside);

      const outside = (state: ChainState): number =>
        squared(state.position) - squared(project(collapse.basis, state.position));
      const change = kernel === "mala" ? outside(directProposal) - outside(direct) : 0;
      const coin = 0.5;
      const info = accept(whole.heads, coefficients, direct, directProposal, coin);
      const infoInside = accept(inside.heads, coefficients, collapsed, collapsedProposal, coin, change);
      expect(infoInside.isAccepted).toBe(info.isAccepted);
      expect(infoInside.logRatio).toBeCloseTo(info.logRatio, 10);
      if (info.isAccepted) {
        direct = directProposal;
        collapsed = collapsedProposal;
        numAccepted++;
      }
    }
    expect(numAccepted).toBeGreaterThan(20);
    expectClose(collapsed.position, project(collapse.basis, direct.position), absRel(1e-10, 1e-10));
  });
});

describe("the gate, collapsed", () => {
  // Patterns in 12, 6, 5 and 4 dimensions: 7, 2, 1 and no dimensions are left outside their span.
  const targets = [gateTarget(), ...[6, 5, 4].map((dim) => ({ memory: randomMemory(4, dim), beta: 4 }))];

  describe.each(targets)("d = $memory.dim", (target) => {
    test.each(["mala", "ou-mala", "gibbs", "exact"] as const)("%s is invariant and reversible", async (kernel) => {
      const options = { ...gateDefaults, kernel, stepSize: gateStepSize(kernel), collapse: "on" } as const;
      for (const { name, z } of await invarianceScores(createReferenceSampler(target), options))
        expect(Math.abs(z), name).toBeLessThan(gateLimit);
    });
  });
});

describe("collapsed and direct chains have one law, jointly over read-outs", () => {
  const sampler = createReferenceSampler({ memory: randomMemory(8, 16), beta: 3 });
  test.each(kernelNames)("%s", async (kernel) => {
    await expectSameLaw(sampler, kernel);
  });

  test("mala with a single dimension outside the span", async () => {
    await expectSameLaw(createReferenceSampler({ memory: randomMemory(7, 8), beta: 3 }), "mala");
  });

  test("mala with two dimensions outside the span", async () => {
    await expectSameLaw(createReferenceSampler({ memory: randomMemory(6, 8), beta: 3 }), "mala");
  });
});

test("a chain that starts inside the span leaves it", async () => {
  const memory = randomMemory(3, 12);
  const start = memory.values.slice();
  const options = {
    kernel: "mala",
    stepSize: 0.2,
    seed: 1,
    numChains: 3,
    numBurnIn: 30,
    numDraws: 400,
    thinning: 3,
  } as const;
  const { energy } = await createReferenceSampler({ memory, beta: 10 }).run({ ...options, start, collapse: "on" });
  const exact = await createReferenceSampler({ memory, beta: 10 }).run({ ...options, kernel: "exact", start: "exact" });
  const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  expect(mean(energy)).toBeCloseTo(mean(exact.energy), 1);
});
