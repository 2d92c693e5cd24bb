/** How the reference sampler behaves as a machine: options, starts, hooks, abort, disposal. */
import { describe, expect, test } from "vitest";
import { createReferenceSampler, type SampleOptions } from "../../src/index.ts";
import { sampleOptionFaults } from "../support/option-faults.ts";
import { randomMemory } from "../support/memories.ts";
import { samplerContract, type SamplerFixture } from "../support/sampler-contract.ts";

const target = { memory: randomMemory(6, 10), beta: 5 };

samplerContract(
  test.extend<SamplerFixture>({
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads what a fixture needs from here, and this one needs nothing
    create: async ({}, use) => use(() => Promise.resolve(createReferenceSampler(target))),
  }),
);

describe("every broken rule gets its sentence before any work", () => {
  test.each(sampleOptionFaults)("$name", async ({ options, message }) => {
    const base: SampleOptions = {
      kernel: "mala",
      stepSize: 0.1,
      seed: 1,
      numChains: 2,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 1,
      start: "pattern",
    };
    await expect(createReferenceSampler(target).run({ ...base, ...options })).rejects.toThrow(message);
  });
});
