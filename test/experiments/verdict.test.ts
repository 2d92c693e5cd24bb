/** When a figure counts as reproduced, and what the verdict says. */
import { describe, expect, it } from "vitest";
import { bound, closedForm, lawMean, published, publishedBand, verdictOf } from "../../src/experiments/verdict.ts";

const about = { subject: "SA", quantity: "N" };

describe("published", () => {
  it.each([
    ["0.152", undefined, 0.152, 0.0005, "equal"],
    ["-0.305", "0.001", -0.305, 0.0005, "equal"],
    ["-0.3", undefined, -0.3, 0.05, "equal"],
    ["> 0.99", undefined, 0.99, 0.005, "atLeast"],
    ["< 0.001", undefined, 0.001, 0.0005, "atMost"],
    ["≈ 0.22", undefined, 0.22, 0.01, "equal"],
    ["9", undefined, 9, 0.5, "equal"],
  ])("%s ± %s is %d, to %d, %s", (text, se, value, rounding, sense) => {
    const print = published(text, se);
    expect(print.value).toBe(value);
    expect(print.rounding).toBeCloseTo(rounding, 12);
    expect(print.sense).toBe(sense);
    expect(print.se).toBe(se === undefined ? null : Number(se));
  });
});

describe("the band of a published figure", () => {
  it("is three standard errors of both, the rounding and the data difference", () => {
    const dataDifference = { amount: 0.02, why: "other images" };
    const print = published("0.600", "0.003");
    expect(publishedBand({ ...about, published: print, mean: 0.6, se: 0.004, dataDifference })).toBeCloseTo(
      3 * 0.005 + 0.0005 + 0.02,
      12,
    );
  });

  it("takes an error that was not printed to be ours", () => {
    expect(publishedBand({ ...about, published: published("0.60"), mean: 0.6, se: 0.004 })).toBeCloseTo(
      3 * 0.004 * Math.SQRT2 + 0.005,
      12,
    );
  });

  it.each([
    [0.1525, true],
    [0.1534, true],
    [0.1536, false],
    [0.1504, false],
    [Number.NaN, false],
  ])("holds %d against 0.152 ± 0.0001 with an error of 0.0003: %s", (mean, isReproduced) => {
    const { isReproduced: is } = verdictOf({ ...about, published: published("0.152", "0.0001"), mean, se: 0.0003 });
    expect(is).toBe(isReproduced);
  });

  it("has one side for what was printed with > and <", () => {
    const verdict = (text: string, mean: number) =>
      verdictOf({ ...about, published: published(text), mean, se: 0 }).isReproduced;
    expect(verdict("> 0.99", 0.9999)).toBe(true);
    expect(verdict("> 0.99", 0.982)).toBe(false);
    expect(verdict("< 0.001", 0)).toBe(true);
    expect(verdict("< 0.001", 0.002)).toBe(false);
  });
});

describe("agreement with the law", () => {
  it("adds what a formula leaves out, and the error of draws", () => {
    const form = closedForm("f", 0.5, 0.01);
    expect(verdictOf({ ...about, expected: form, mean: 0.509, se: 0 }).agreesWithLaw).toBe(true);
    expect(verdictOf({ ...about, expected: form, mean: 0.511, se: 0 }).agreesWithLaw).toBe(false);
    const drawn = lawMean("draws", { mean: 0.5, se: 0.003 });
    expect(verdictOf({ ...about, expected: drawn, mean: 0.514, se: 0.004 }).agreesWithLaw).toBe(true);
    expect(verdictOf({ ...about, expected: drawn, mean: 0.516, se: 0.004 }).agreesWithLaw).toBe(false);
    expect(verdictOf({ ...about, expected: drawn, mean: Number.NaN, se: 0.004 }).agreesWithLaw).toBe(false);
  });

  it("of a bound has one side", () => {
    const atMost = bound("atMost", "level", 0.1);
    expect(verdictOf({ ...about, expected: atMost, mean: 0.01, se: null }).agreesWithLaw).toBe(true);
    expect(verdictOf({ ...about, expected: atMost, mean: 0.11, se: null }).agreesWithLaw).toBe(false);
  });
});

describe("words", () => {
  const print = published("0.000");
  const law = closedForm("f", 0.376, 0.001);
  it.each([
    [{ published: print, mean: 0, se: null }, "reproduced"],
    [
      { published: print, expected: law, mean: 0, se: null, reason: "a cold start" },
      "reproduced, against the exact law: a cold start",
    ],
    [
      { published: print, expected: law, mean: 0.376, se: null, reason: "a cold start" },
      "not reproduced, the exact law is: a cold start",
    ],
    [{ published: print, expected: law, mean: 0.2, se: null }, "not reproduced: no reason known"],
    [{ expected: law, mean: 0.376, se: null }, "as the exact law"],
    [{ expected: law, mean: 0.2, se: null }, "not as the exact law: no reason known"],
    [{ mean: 1, se: null }, "measured, nothing to hold it against"],
  ])("%j: %s", (measurement, text) => {
    expect(verdictOf({ ...about, ...measurement }).text).toBe(text);
  });
});
