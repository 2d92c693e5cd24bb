/** Prices to patterns and back: by hand on a small table, and by its sizes on the S&P 500. */
import { describe, expect, it, test } from "vitest";
import { parseCsv, patternNorms, returnsMemory, type CsvTable } from "../../src/index.ts";
import { hasRealData, sp500File, sp500Prices } from "../support/real-data.ts";
import { refusalOf } from "../support/refusal.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

const table = (text: string): CsvTable => parseCsv(new TextEncoder().encode(text), "prices.csv");
const small = "date,A,B,C\n2020-01-02,1,2,4\n2020-01-03,2,2,8\n2020-01-06,1,4,8\n";

describe("a small table", () => {
  const { memory, returns, days, tickers } = returnsMemory(table(small));

  it("has the logarithms of ratios as returns", () => {
    const log2 = Math.LN2;
    expectClose(returns, [log2, 0, log2, -log2, log2, 0], tolerances.float32State);
    expect(days).toEqual(["2020-01-03", "2020-01-06"]);
    expect(tickers).toEqual(["A", "B", "C"]);
  });

  it("has centred unit patterns", () => {
    const root = Math.sqrt(6);
    expectClose(
      memory.values,
      [1 / root, -2 / root, 1 / root, -Math.SQRT1_2, Math.SQRT1_2, 0],
      tolerances.float32State,
    );
  });
});

describe("refusing", () => {
  it.each([
    ["one day", "A,B\n1,2\n", "must have at least 2 days of 2 tickers, got 1 days of 2"],
    ["one ticker", "A\n1\n2\n", "must have at least 2 days of 2 tickers, got 2 days of 1"],
    [
      "a price of 0",
      "date,A,B\n2020-01-02,1,2\n2020-01-03,1,0\n",
      "must be above 0, got 0 on 2020-01-03 for B (drop or fill missing values first)",
    ],
    [
      "a negative price without names",
      "1,2\n3,-4\n",
      "must be above 0, got -4 in row 1 for column 1 (drop or fill missing values first)",
    ],
    [
      "days that go backwards",
      "date,A,B\n2020-01-03,1,2\n2020-01-02,1,3\n",
      "must have days that ascend, got 2020-01-02 after 2020-01-03 (sort the rows, with dates as YYYY-MM-DD)",
    ],
    [
      "a day twice",
      "date,A,B\n2020-01-02,1,2\n2020-01-02,1,3\n",
      "must have days that ascend, got 2020-01-02 after 2020-01-02 (sort the rows, with dates as YYYY-MM-DD)",
    ],
    [
      "a day on which nothing moves",
      "1,2\n1,2\n",
      "must move differently for different tickers, got one return for all from row 0 to 1 (drop the days without trading)",
    ],
  ])("%s", (_, text, sentence) => {
    expect(refusalOf(() => returnsMemory(table(text)))).toBe(`prices: ${sentence}`);
  });
});

test.runIf(hasRealData(sp500File))("the S&P 500 has its days and tickers, and moves as it did", () => {
  const { memory, returns, days, tickers } = returnsMemory(sp500Prices());
  expect([memory.numPatterns, memory.dim]).toEqual([2766, 459]);
  expect([days?.[0], days?.at(-1), tickers?.[0]]).toEqual(["2013-08-29", "2024-08-26", "A"]);
  expectClose(patternNorms(memory), new Float64Array(2766).fill(1), tolerances.float32State);
  // The largest fall that the data's own notes name: GL on 2024-04-11, −53 %.
  const fall = returns[days!.indexOf("2024-04-11") * 459 + tickers!.indexOf("GL")]!;
  expect(Math.expm1(fall)).toBeCloseTo(-0.53, 2);
});
