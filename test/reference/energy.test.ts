/** The energy, its gradient and the log acceptance ratio against independent forms of the same quantities. */
import { describe, expect, test } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { langevinCoefficients } from "../../src/core/langevin.ts";
import { attentionWeights, energy, energyGradient, retrieval, type HopfieldTarget } from "../../src/index.ts";
import { logRatio, type ChainState } from "../../src/reference/accept.ts";
import { attendAndRetrieve, createAttention } from "../../src/reference/attention.ts";
import { propose } from "../../src/reference/propose.ts";
import { fillNormals, purposes } from "../../src/index.ts";
import { correlatedMemory, difficultCases, randomMemory } from "../support/memories.ts";
import { patchCases } from "../support/patch-cases.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

const targets: readonly (HopfieldTarget & { name: string })[] = [
  ...difficultCases(),
  { name: "many competing patterns", memory: correlatedMemory(20, 50, 1), beta: 8 },
  ...patchCases.map((target) => ({ ...target, name: `patches: ${target.name}` })),
];

/** A point near the memory at the distance of the law's own noise. */
function typicalPosition({ memory, beta }: HopfieldTarget, seed: number): Float64Array {
  const normals = fillNormals(0, 0, purposes.data, [seed, 7], new Float64Array(memory.dim));
  return normals.map((x, i) => memory.values[i]! + x / Math.sqrt(beta));
}

describe("the gradient", () => {
  test.each(targets)("is the derivative of the energy: $name", (target) => {
    const position = typicalPosition(target, 3);
    const step = 1e-5 / Math.sqrt(target.beta);
    const differences = position.map((_, i) => {
      const at = (shift: number): number => energy(target, position.with(i, position[i]! + shift));
      return (at(step) - at(-step)) / (2 * step);
    });
    // The difference of two energies of order one loses their last digits to the step.
    const rounding = 1e-15 / step;
    expectClose(energyGradient(target, position), differences, {
      name: "the central difference",
      allowed: (expected) => tolerances.centralDifference.allowed(expected) + rounding,
    });
  });

  test("is the position minus the attention output", () => {
    const target = { memory: randomMemory(4, 9), beta: 3 };
    const position = typicalPosition(target, 5);
    const readout = retrieval(target, position);
    expectClose(
      energyGradient(target, position),
      position.map((x, i) => x - readout[i]!),
      tolerances.float64Sum,
    );
  });
});

test("attention weights are positive and sum to one in every head and window, also where logits reach a million", () => {
  for (const target of targets) {
    const weights = attentionWeights(target, typicalPosition(target, 2));
    expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
    const numSoftmaxes = target.heads?.length ?? stackTarget(target).patches?.numWindows ?? 1;
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(numSoftmaxes, 10);
  }
});

function stateAt(target: HopfieldTarget, position: Float64Array): ChainState {
  const attention = createAttention(stackTarget(target));
  const state = attention.createState();
  state.position.set(position);
  attendAndRetrieve(attention, target.beta, state);
  return state;
}

/** The textbook Metropolis–Hastings ratio of a Gaussian proposal, from energies and squared distances. */
function textbookLogRatio(
  target: HopfieldTarget,
  from: ChainState,
  to: ChainState,
  stepSize: number,
  noise: number,
): number {
  const distance = (a: ChainState, b: ChainState): number =>
    a.position.reduce((sum, x, i) => sum + (x - (1 - stepSize) * b.position[i]! - stepSize * b.retrieval[i]!) ** 2, 0);
  const energyChange = energy(target, to.position) - energy(target, from.position);
  return -target.beta * energyChange - (distance(from, to) - distance(to, from)) / (2 * noise * noise);
}

describe.each(["mala", "ou-mala"] as const)("the stable log ratio of %s", (kernel) => {
  describe.each(targets)("$name", (target) => {
    test.each([0.01, 0.3, 1])(
      "equals the textbook form at step size %f, and changes sign with direction",
      (stepSize) => {
        const { heads } = createAttention(stackTarget(target));
        const coefficients = langevinCoefficients(kernel, stepSize, target.beta);
        const state = stateAt(target, typicalPosition(target, 3));
        const normals = fillNormals(1, 0, purposes.data, [1, 1], new Float64Array(target.memory.dim));
        const position = new Float64Array(target.memory.dim);
        propose(coefficients, state.position, state.retrieval, normals, position);
        const proposal = stateAt(target, position);

        const value = logRatio(heads, coefficients, state, proposal);
        const textbook = textbookLogRatio(target, state, proposal, stepSize, coefficients.noise);
        // What cancels in the textbook form is of the size of β.
        expect(Math.abs(value - textbook)).toBeLessThanOrEqual(
          1e-9 * Math.max(1, target.beta) * Math.max(1, Math.abs(value)),
        );
        expect(logRatio(heads, coefficients, proposal, state)).toBeCloseTo(-value, 10);
      },
    );
  });
});

test("a malformed target or position gets its sentence", () => {
  const memory = randomMemory(2, 3);
  expect(() => energy({ memory, beta: 0 }, [1, 2, 3])).toThrow("target.beta: must be a finite number above 0, got 0");
  expect(() => energy({ memory, beta: 1 }, [1, 2])).toThrow("position: length must be dim = 3, got 2");
});
