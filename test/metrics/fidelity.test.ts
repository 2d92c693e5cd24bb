/** Fidelity on sets small enough to work out by hand, and on sets where its meaning fixes the value. */
import { expect, it } from "vitest";
import { createMemoryMatrix, fidelity, fidelityTo, fillNormals, purposes, type MemoryMatrix } from "../../src/index.ts";

/** Unit vectors of the plane at these degrees, times a length that must not matter. */
function atAngles(degrees: readonly number[], length = 1): Float32Array {
  return Float32Array.from(
    degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
    (value) => value * length,
  );
}
const plane = (degrees: readonly number[]): MemoryMatrix =>
  createMemoryMatrix(atAngles(degrees), { numPatterns: degrees.length, dim: 2 });
const apart = (degrees: number): number => 1 - Math.cos((degrees * Math.PI) / 180);

it("is the mean distance to the nearest held-out pattern, over that of held-out patterns to each other", () => {
  // Nearest: 5° from 0, 4° from 20. Among themselves: 20, 20, 30 degrees.
  const { nearestHeldOut, realToReal, ratio } = fidelity(plane([0, 20, 50]), atAngles([5, 24], 7));
  expect(nearestHeldOut).toBeCloseTo((apart(5) + apart(4)) / 2, 6);
  expect(realToReal).toBeCloseTo((2 * apart(20) + apart(30)) / 3, 6);
  expect(ratio).toBeCloseTo((1.5 * (apart(5) + apart(4))) / (2 * apart(20) + apart(30)), 5);
});

it("measures several sets of samples against held-out patterns that it compares with each other once", () => {
  const heldOut = plane([0, 10, 20, 30, 200]);
  const sets = [[58, 63, 68, 73], [25, 29, 33, 37, 41], [5]].map((degrees) => atAngles(degrees));
  const expected = sets.map((samples) => fidelity(heldOut, samples));
  const measure = fidelityTo(heldOut);
  expect(sets.map(measure)).toEqual(expected);
  heldOut.values.reverse();
  expect(sets.map((samples) => measure(samples).realToReal)).toEqual(expected.map(({ realToReal }) => realToReal));
});

it("has precision and recall by third neighbours, on sets of equal size", () => {
  // Reaches of the held-out points: 30, 20, 20, 30 degrees; of the samples: 15, 10, 10, 15.
  const heldOut = plane([0, 10, 20, 30, 200]);
  const samples = atAngles([58, 63, 68, 73]);
  // With the first four held-out points: only 58 lies within 30° of 30; none of them lies within 15° of a sample.
  expect(fidelity(heldOut, samples)).toMatchObject({ precision: 0.25, recall: 0 });
  const near = atAngles([25, 29, 33, 37]);
  // Reaches 12, 8, 8, 12: 20 and 30 are covered, 0 and 10 are not.
  expect(fidelity(heldOut, near)).toMatchObject({ precision: 1, recall: 0.5 });
});

it("finds samples of the same law about as near as real data, and all of both on the other's manifold or nearly", () => {
  const dim = 6;
  const draw = (count: number, stream: number): Float32Array => {
    const noise = new Float64Array(dim);
    return Float32Array.from(
      Array.from({ length: count }, (_, i) => Array.from(fillNormals(stream, i, purposes.data, [7, 7], noise))).flat(),
    );
  };
  const heldOut = createMemoryMatrix(draw(400, 1), { numPatterns: 400, dim });
  const same = fidelity(heldOut, draw(400, 2));
  // Independent sets of one law: the nearest of 400 against the nearest of 399.
  expect(Math.abs(same.ratio! - 1)).toBeLessThan(0.1);
  expect(Math.min(same.precision!, same.recall!)).toBeGreaterThan(0.7);
  // One point many times: precise, and nothing is recalled but what is like it.
  const row = heldOut.values.slice(0, dim);
  const one = fidelity(
    heldOut,
    Float32Array.from({ length: 400 * dim }, (_, i) => row[i % dim]!),
  );
  expect(one.nearestHeldOut).toBeLessThan(1e-6);
  expect(one.precision).toBe(1);
  expect(one.recall).toBeLessThan(0.02);
});

it("leaves out what there is too little for", () => {
  expect(fidelity(plane([0]), atAngles([10, 20]))).toEqual({
    nearestHeldOut: expect.closeTo((apart(10) + apart(20)) / 2, 6) as number,
    realToReal: null,
    ratio: null,
    precision: null,
    recall: null,
  });
  expect(fidelity(plane([30, 30]), atAngles([30])).ratio).toBeNull();
});

it("refuses what is no set of samples", () => {
  expect(() => fidelity(plane([0, 9]), new Float32Array())).toThrow("samples: must hold at least one sample, got none");
  expect(() => fidelity(plane([0, 9]), new Float32Array(3))).toThrow("vectors: length must be a multiple of dim = 2");
});
