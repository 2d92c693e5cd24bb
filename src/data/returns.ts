/**
 * Prices as a memory of days (spec section 6.4): log-returns from one day to the next, centred across tickers and scaled
 * to unit length, so that a pattern is the shape of a day's market and not its size. The returns themselves are kept for
 * the way back to raw units. Adjusting prices, and filling gaps, is for others.
 */
import { ArgumentError } from "../core/errors.ts";
import { createMemoryMatrix } from "../core/memory-matrix.ts";
import type { MemoryMatrix } from "../core/types.ts";
import type { CsvTable } from "./csv.ts";

export interface ReturnsMemory {
  /** A day's returns minus their mean over tickers, over their length, [numDays, numTickers]. */
  readonly memory: MemoryMatrix;
  /** log(price / price of the day before), [numDays, numTickers]: `rawPatterns` of a sequence. */
  readonly returns: Float32Array;
  /** The later day of each return, [numDays]; undefined for prices without names. */
  readonly days: readonly string[] | undefined;
  readonly tickers: readonly string[] | undefined;
}

/**
 * @param prices a row per day in the order of time, a column per ticker
 * @throws ArgumentError unless prices are positive, days ascend, and the tickers differ on every day
 */
export function returnsMemory(prices: CsvTable): ReturnsMemory {
  const { values, numRows, numColumns: numTickers, columnNames: tickers, rowNames } = prices;
  const place = (row: number, column: number): string =>
    `${rowNames ? `on ${rowNames[row]}` : `in row ${row}`} for ${tickers?.[column] ?? `column ${column}`}`;
  if (numRows < 2 || numTickers < 2)
    throw new ArgumentError("prices", `must have at least 2 days of 2 tickers, got ${numRows} days of ${numTickers}`);
  const bad = values.findIndex((price) => !(price > 0));
  if (bad >= 0)
    throw new ArgumentError(
      "prices",
      `must be above 0, got ${values[bad]} ${place(Math.floor(bad / numTickers), bad % numTickers)}`,
      "drop or fill missing values first",
    );
  const late = rowNames?.findIndex((day, row) => row > 0 && day <= rowNames[row - 1]!) ?? -1;
  if (late > 0)
    throw new ArgumentError(
      "prices",
      `must have days that ascend, got ${rowNames![late]} after ${rowNames![late - 1]}`,
      "sort the rows, with dates as YYYY-MM-DD",
    );

  const numDays = numRows - 1;
  const returns = Float32Array.from({ length: numDays * numTickers }, (_, at) =>
    Math.log(values[at + numTickers]! / values[at]!),
  );
  const centred = new Float64Array(returns.length);
  for (let day = 0; day < numDays; day++) {
    const row = returns.subarray(day * numTickers, (day + 1) * numTickers);
    const mean = row.reduce((sum, value) => sum + value, 0) / numTickers;
    const isFlat = row.every((value) => value === row[0]);
    if (isFlat)
      throw new ArgumentError(
        "prices",
        `must move differently for different tickers, got one return for all from row ${day} to ${day + 1}`,
        "drop the days without trading",
      );
    for (let i = 0; i < numTickers; i++) centred[day * numTickers + i] = row[i]! - mean;
  }
  return {
    memory: createMemoryMatrix(centred, { numPatterns: numDays, dim: numTickers }),
    returns,
    days: rowNames?.slice(1),
    tickers,
  };
}
