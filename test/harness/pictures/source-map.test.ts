/** Maps of where pixels came from: colours that can be told apart, and grey where there is nobody to name. */
import { describe, expect, it } from "vitest";
import { patternColour, sourceMap, sourceRegions } from "../../../harness/pictures/source-map.ts";

it("gives a hundred patterns colours that differ", () => {
  const colours = Array.from({ length: 100 }, (_, k) => patternColour(k));
  for (const colour of colours) for (const value of colour) expect(value >= 0 && value <= 1).toBe(true);
  let closest = Infinity;
  for (const [a, one] of colours.entries())
    for (const other of colours.slice(0, a))
      closest = Math.min(closest, Math.max(...one.map((value, i) => Math.abs(value - other[i]!))));
  // Eight levels of 255.
  expect(closest).toBeGreaterThan(0.03);
});

it("shows a pattern by its colour, less of it the smaller its share, and darker where the image is dark", () => {
  const sources = { patterns: Int32Array.of(4, 4, 4), shares: Float32Array.of(1, 0, 1) };
  const map = sourceMap(sources, [1, 1, 0]);
  const [pure, none, dark] = [0, 1, 2].map((pixel) => Array.from(map.subarray(3 * pixel, 3 * pixel + 3)));
  for (const [i, value] of patternColour(4).entries()) {
    expect(pure![i]).toBeCloseTo(value, 6);
    expect(dark![i]).toBeCloseTo(0.45 * value, 6);
  }
  expect(none).toEqual([none![0], none![0], none![0]]);
  expect(sourceMap(sources).subarray(6)).toEqual(map.subarray(0, 3));
});

describe("regions of one source", () => {
  /** Of an image drawn in digits, a pattern each; where a blank stands, nobody has much. */
  const regionsOf = (...rows: readonly string[]) => {
    const pixels = Array.from(rows.join(""));
    const patterns = Int32Array.from(pixels, (digit) => Number(digit));
    const shares = Float32Array.from(pixels, (digit) => (digit === " " ? 0.1 : 0.9));
    return sourceRegions({ patterns, shares }, rows[0]!.length);
  };

  it("are found one by one, each with the pixel that has the most of it around", () => {
    expect(
      regionsOf(
        "3333322", //
        "3333322",
        "3333322",
        "3333311",
        "3333333",
      ),
    ).toEqual([
      { pattern: 3, row: 2, column: 2, reach: 2 },
      { pattern: 2, row: 0, column: 5, reach: 0 },
      { pattern: 1, row: 3, column: 5, reach: 0 },
    ]);
  });

  it("end at the image's edge, touch by sides only, and leave out what nobody has much of", () => {
    expect(
      regionsOf(
        "55 ", //
        "55 ",
        "  5",
      ),
    ).toEqual([
      { pattern: 5, row: 0, column: 0, reach: 0 },
      { pattern: 5, row: 2, column: 2, reach: 0 },
    ]);
    expect(regionsOf("  ", "  ")).toEqual([]);
  });
});
