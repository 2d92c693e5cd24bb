/** Philox against its published answers, and what is made of its words. */
import { describe, expect, test } from "vitest";
import { fillNormals, permutation, philox, purposes, uniform } from "../../src/index.ts";
import { uniformFromWord } from "../../src/core/normal.ts";
import { philoxKnownAnswers } from "../support/philox-answers.ts";
import { estimate, expectMean } from "../support/tolerances.ts";

describe("philox", () => {
  test.each(philoxKnownAnswers.values)("gives the published answer for counter $counter", ({ counter, key, words }) => {
    const out = new Uint32Array(4);
    philox(counter[0], counter[1], counter[2], counter[3], key, out);
    expect([...out]).toEqual(words);
  });

  test("equals the generator written with wide integers", () => {
    const out = new Uint32Array(6);
    for (let i = 0; i < 300; i++) {
      const [a, b, c, d, low, high] = [0, 1, 2, 3, 4, 5].map((j) => Math.imul(6 * i + j + 1, 0x9e3779b1) >>> (i % 31));
      philox(a!, b!, c!, d!, [low!, high!], out, 1);
      expect([...out.subarray(1, 5)]).toEqual(philoxWithBigInts([a!, b!, c!, d!], [low!, high!]));
    }
  });
});

function philoxWithBigInts(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const first = 0xd2511f53n * c0;
    const second = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & mask, (first >> 32n) ^ c3 ^ k1, first & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

describe("uniforms", () => {
  test("lie strictly between 0 and 1, at every extreme", () => {
    expect([0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff].map(uniformFromWord)).toEqual([
      2 ** -32,
      2 ** -32,
      2 ** -31,
      0.5 - 2 ** -25,
      0.5,
      1 - 2 ** -24,
    ]);
  });

  test("are exactly representable in float32", () => {
    for (let i = 0; i < 1000; i++) {
      const u = uniformFromWord(Math.imul(i, 0x9e3779b1) >>> 0);
      expect(Math.fround(u)).toBe(u);
    }
  });

  test("are uniform: first two moments", () => {
    const values = Float64Array.from({ length: 20_000 }, (_, chain) => uniform(3, chain, purposes.accept, [1, 2]));
    expectMean(values, 1 / 2);
    expectMean(
      values.map((u) => u * u),
      1 / 3,
    );
  });
});

describe("normals", () => {
  const values = fillNormals(1, 2, purposes.noise, [3, 4], new Float64Array(200_000));

  test("have the moments of a standard normal", () => {
    for (const [power, moment] of [
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 3],
      [6, 15],
    ] as const)
      // prettier-ignore
      expectMean(values.map((x) => x ** power), moment);
  });

  test("are independent within a block and between blocks", () => {
    for (const lag of [1, 2, 3, 4])
      expectMean(
        values.subarray(lag).map((x, i) => x * values[i]!),
        0,
      );
  });

  test("have the tails of a standard normal", () => {
    const share = (limit: number): number => values.filter((x) => Math.abs(x) > limit).length / values.length;
    // P(|N| > 2) and P(|N| > 3), within five binomial standard errors.
    for (const [limit, probability] of [
      [2, 0.0455],
      [3, 0.0027],
    ] as const)
      // prettier-ignore
      expect(Math.abs(share(limit) - probability)).toBeLessThan(5 * Math.sqrt(probability / values.length));
  });

  test("an element depends on its index alone, not on how many are asked for", () => {
    for (const length of [1, 3, 4, 6, 1001])
      expect(fillNormals(1, 2, purposes.noise, [3, 4], new Float64Array(length))).toEqual(values.slice(0, length));
  });

  test("another step, chain, purpose or seed gives other numbers", () => {
    const first = (step: number, chain: number, purpose: 0 | 4, key: readonly [number, number]): number =>
      fillNormals(step, chain, purpose, key, new Float64Array(1))[0]!;
    const all = [
      first(1, 2, 0, [3, 4]),
      first(2, 2, 0, [3, 4]),
      first(1, 3, 0, [3, 4]),
      first(1, 2, 4, [3, 4]),
      first(1, 2, 0, [4, 4]),
      first(1, 2, 0, [3, 5]),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("permutations", () => {
  test("hold every index once, and depend on the key and the stream", () => {
    const order = permutation(100, [1, 0], 0);
    expect([...order].toSorted((a, b) => a - b)).toEqual([...order.keys()]);
    expect(permutation(100, [1, 0], 0)).toEqual(order);
    expect(permutation(100, [2, 0], 0)).not.toEqual(order);
    expect(permutation(100, [1, 0], 1)).not.toEqual(order);
  });

  test("put every index in every place equally often", () => {
    const firsts = Float64Array.from({ length: 5000 }, (_, stream) => permutation(7, [9, 0], stream)[0]!);
    expectMean(firsts, 3);
    expect(estimate(firsts.map((x) => (x - 3) ** 2)).mean).toBeCloseTo(4, 0);
  });
});
