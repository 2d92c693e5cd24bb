/** The sentence at the end of a run: what it may claim, and what has to be said first. */
import { describe, expect, it } from "vitest";
import { createMemoryMatrix, type Metrics } from "../../../src/index.ts";
import { meaning, patternSpacing } from "../../../harness/report/meaning.ts";

interface Figures {
  readonly novelty?: number;
  readonly se?: number | null;
  readonly floor?: number;
  readonly denoised?: number;
  readonly entropy?: number;
  readonly energy?: number;
  readonly withinChain?: number | null;
  readonly acceptance?: number;
}

/** Metrics of a run at the noise floor that retrieves, but for what is given. */
function figures({
  novelty = 0.158,
  se = 0.0001,
  floor = 0.158,
  denoised = 0,
  entropy = 0,
  energy = -0.3,
  withinChain = 0.29,
  acceptance = 1,
}: Figures = {}): Metrics {
  return {
    novelty: { mean: novelty, se, floor, denoised, denoisedSe: se },
    diversity: { pooled: 0.3, withinChain },
    energy: { mean: energy, se },
    maxCosine: 1 - novelty,
    attentionEntropy: entropy,
    attentionEntropySe: se,
    acceptanceRate: acceptance,
    nonFinite: 0,
  };
}

function sentence(run: Figures, spacing: number | null = 0.02): string {
  return meaning(figures(run), { exact: figures(run), numChains: 256, patternSpacing: spacing });
}

function compared(run: Figures, exact: Figures, numChains = 256): string {
  return meaning(figures(run), { exact: figures(exact), numChains, patternSpacing: 0.02 });
}

describe("meaning", () => {
  it("calls noise noise and copies copies", () => {
    expect(sentence({})).toBe(
      "Raw novelty 0.1580 is the noise floor 0.1580: thermal noise alone takes ξ that far, and the denoised readout " +
        "T(ξ) retrieves copies of stored patterns (novelty 0.0000).",
    );
  });

  it("tells closeness from averages by the attention entropy, not by the spacing", () => {
    expect(sentence({ denoised: 0.005, entropy: 0.1 })).toMatch(
      /T\(ξ\) stays close to single stored patterns \(novelty 0\.0050, where stored patterns keep 0\.0200 from each other\)\.$/,
    );
    expect(sentence({ novelty: 0.25, denoised: 0.02, entropy: Math.log(3) })).toBe(
      "Raw novelty 0.2500 is above the noise floor 0.1580, and the denoised readout T(ξ) averages about 3 stored patterns " +
        "(novelty 0.0200, where stored patterns keep 0.0200 from each other), which by itself says nothing of quality.",
    );
    // Heads that are each at one pattern, and not at the same.
    expect(sentence({ denoised: 0.15, entropy: 0.1 })).toMatch(
      /T\(ξ\) is farther from every stored pattern than these are from each other \(novelty 0\.1500, where stored patterns keep 0\.0200/,
    );
    // Thirty patterns far apart, averaged: less novel than half their spacing, and close to none of them.
    expect(sentence({ denoised: 0.25, entropy: Math.log(30) }, 0.9)).toMatch(/averages about 30 stored patterns/);
    // Near-duplicates: an average of them is as near to each as a copy.
    expect(sentence({ denoised: 0.0003, entropy: 2.89 })).toMatch(/averages about 18 stored patterns/);
    expect(sentence({ denoised: 0.02 }, null)).toMatch(/close to single stored patterns \(novelty 0\.0200\)\.$/);
  });

  it("compares with the floor within the standard error, and explains what lies below", () => {
    expect(sentence({ novelty: 0.165, se: 0.004 })).toMatch(/is the noise floor 0\.1580/);
    expect(sentence({ novelty: 0.165, se: 0.001 })).toMatch(/is above the noise floor 0\.1580,/);
    expect(sentence({ novelty: 0.1 })).toMatch(
      /^Raw novelty 0\.1000 is below the noise floor 0\.1580, as where patterns lie so close .* that ξ came from, and the/,
    );
  });

  it("puts a departure from the exact law first, if there are chains enough to know", () => {
    expect(compared({ novelty: 0.17 }, {})).toBe(
      "These are not draws from the stated law: their novelty is 0.1700 where the exact law has 0.1580 (85 standard " +
        "errors apart), so the chains have not settled or the kernel is biased at this step size.",
    );
    expect(compared({ novelty: 0.17 }, {}, 4)).toMatch(/^Raw novelty/);
    expect(compared({ novelty: 0.15809 }, {})).toMatch(/^Raw novelty/);
    expect(compared({}, { energy: -0.5 })).toMatch(/their energy is -0\.3000/);
    expect(compared({ denoised: 0.01 }, {})).toMatch(/their denoised novelty is 0\.0100/);
    expect(compared({ entropy: 0.3 }, {})).toMatch(/their attention entropy is 0\.3000/);
    expect(compared({ novelty: 0.17, se: null }, {})).toMatch(/^Raw novelty/);
  });

  it("says that chains stood still, whose figures may be right", () => {
    expect(sentence({ withinChain: 0.0001 })).toBe(
      "The chains have hardly moved: draws of one chain differ by 0.0001 where thermal noise alone makes 0.2910, so " +
        "these figures are those of the starts (larger steps or more thinning help).",
    );
    expect(sentence({ withinChain: 0.0001, acceptance: 0.2 })).toMatch(/\(larger steps or more thinning help\)\.$/);
    expect(sentence({ withinChain: 0.0001, acceptance: 0.19 })).toMatch(
      /those of the starts \(19 % of the proposals were accepted: smaller steps, or --adapt, help\)\.$/,
    );
    expect(sentence({ withinChain: 0, acceptance: 0.0004 })).toContain(
      "(0.0 % of the proposals were accepted: smaller",
    );
    expect(sentence({ withinChain: null })).toMatch(/^Raw novelty/);
    // Without noise there is nothing to move by.
    expect(sentence({ novelty: 0, floor: 0, withinChain: 0 })).toMatch(/^Raw novelty/);
  });

  it("does without a comparison", () => {
    expect(meaning(figures(), { exact: null, numChains: 256, patternSpacing: null })).toMatch(/^Raw novelty/);
  });
});

describe("patternSpacing", () => {
  it("is the median distance to the nearest other pattern", () => {
    const memory = createMemoryMatrix([1, 0, 0, 1, 0, 0, 0, 1, 0], { numPatterns: 3, dim: 3 });
    expect(patternSpacing(memory)).toBeCloseTo(0, 7);
    const apart = createMemoryMatrix([1, 0, 0, 1, 1, 0, 0, 0, 1], { numPatterns: 3, dim: 3 });
    expect(patternSpacing(apart)).toBeCloseTo(1 - Math.SQRT1_2, 6);
    expect(patternSpacing(createMemoryMatrix([1, 0], { numPatterns: 1, dim: 2 }))).toBeNull();
  });
});
