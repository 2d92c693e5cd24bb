/** Options of the benchmark: what is refused, and what holds where nothing was typed. */
import { describe, expect, test } from "vitest";
import { defineOptions, requireBenchSettings, type BenchFlags, type BenchSettings } from "../../bench/options.ts";

function parse(...argv: readonly string[]): BenchSettings {
  const program = defineOptions().exitOverride();
  program.parse(argv, { from: "user" });
  return requireBenchSettings(program.opts<BenchFlags>(), { STOCHASTIC_ATTENTION_DATA: "data" });
}

describe("options", () => {
  test("defaults, in full and quick", () => {
    expect(parse()).toMatchObject({
      budget: 720,
      numRounds: 20,
      isQuick: false,
      places: ["node", "chrome"],
      data: "data",
    });
    expect(parse("--quick")).toMatchObject({ budget: 180, numRounds: 3, isQuick: true });
    expect(parse("--quick", "--rounds", "5", "--data", "other")).toMatchObject({ numRounds: 5, data: "other" });
  });

  test.each([
    [["--budget", "0"], "--budget: must be a finite number above 0, got 0"],
    [["--rounds", "2"], "--rounds: must be a whole number of at least 3, got 2"],
    [["--only", "("], '--only: must be a regular expression, got "("'],
    [["--contestants", "("], '--contestants: must be a regular expression, got "("'],
    [["--places", "node,moon"], '--places: must be one or more of node, chrome, got "node,moon"'],
  ])("%j is refused", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
