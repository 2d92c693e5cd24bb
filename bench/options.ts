/** The options of the benchmark, as typed and as checked values. */
import { Command } from "commander";
import { ArgumentError, requirePositive } from "../src/index.ts";
import { parseCount, parseNumber } from "../harness/cli/parse-options.ts";

export interface BenchFlags {
  readonly quick?: boolean;
  readonly budget?: string;
  readonly rounds?: string;
  readonly only?: string;
  readonly contestants?: string;
  readonly places: string;
  readonly python?: string;
  readonly data?: string;
  readonly out: string;
  readonly fresh?: boolean;
  readonly report?: boolean;
}

export const placeNames = ["node", "chrome"] as const;
export type PlaceName = (typeof placeNames)[number];

export interface BenchSettings {
  readonly isQuick: boolean;
  /** Seconds for everything. */
  readonly budget: number;
  readonly numRounds: number;
  /** Jobs to run, by their ids. */
  readonly only: RegExp;
  /** Who takes part, by their ids. */
  readonly contestants: RegExp;
  readonly places: readonly PlaceName[];
  /** Undefined: those that are usually there. */
  readonly python: string | undefined;
  /** A folder of public data; undefined: built-in faces. */
  readonly data: string | undefined;
  readonly out: string;
  readonly isFresh: boolean;
  readonly isReport: boolean;
}

/** Where nothing was typed: minutes and rounds, in full and with --quick. */
const defaults = {
  budget: "12",
  rounds: "20",
  quickBudget: "3",
  quickRounds: "3",
  out: "bench/results",
} as const;

export function defineOptions(): Command {
  return new Command("npm run bench --")
    .description(
      "Times the sampler and its peers on this machine; writes OUT/<adapter>.json, .md and .svg. " +
        "Ctrl-C keeps finished jobs, and the same command goes on from there.",
    )
    .option("--quick", "see that everything works: few rounds, figures not to be cited")
    .option(
      "--budget <minutes>",
      `time for all jobs, about: slow machines take longer (default: ${defaults.budget}, with --quick ${defaults.quickBudget})`,
    )
    .option(
      "--rounds <count>",
      `rounds of each contestant, fewer where one is slow (default: ${defaults.rounds}, with --quick ${defaults.quickRounds})`,
    )
    .option("--only <pattern>", "jobs whose id fits this regular expression, as ^4096 or ess")
    .option("--contestants <pattern>", "contestants whose id fits this regular expression, as webgpu or ^numpy")
    .option("--places <list>", `where WebGPU runs: ${placeNames.join(", ")}`, placeNames.join(","))
    .option("--python <path>", "the Python whose NumPy, PyTorch and JAX are peers")
    .option(
      "--data <folder>",
      "public data for effective samples: mnist/ and simpsons_1_200_gray64.npy (default: STOCHASTIC_ATTENTION_DATA, else built-in faces)",
    )
    .option("--out <folder>", "where results go", defaults.out)
    .option("--fresh", "measure finished jobs again")
    .option(
      "--report",
      "make tables, plots and their parts of the README and docs/choosing.md again from the JSON files in OUT, and measure nothing",
    );
}

/** @throws ArgumentError naming the first option that breaks its rule */
export function requireBenchSettings(flags: BenchFlags, environment: NodeJS.ProcessEnv): BenchSettings {
  const isQuick = flags.quick === true;
  const budget = flags.budget ?? (isQuick ? defaults.quickBudget : defaults.budget);
  return {
    isQuick,
    budget: 60 * requirePositive("--budget", parseNumber(budget)),
    numRounds: parseCount("--rounds", flags.rounds ?? (isQuick ? defaults.quickRounds : defaults.rounds), 3),
    only: parsePattern("--only", flags.only),
    contestants: parsePattern("--contestants", flags.contestants),
    places: parsePlaces(flags.places),
    python: flags.python,
    data: flags.data ?? environment["STOCHASTIC_ATTENTION_DATA"],
    out: flags.out,
    isFresh: flags.fresh === true,
    isReport: flags.report === true,
  };
}

function parsePattern(option: string, text: string | undefined): RegExp {
  try {
    return new RegExp(text ?? "");
  } catch {
    throw new ArgumentError(option, `must be a regular expression, got ${JSON.stringify(text)}`);
  }
}

function parsePlaces(text: string): readonly PlaceName[] {
  return text.split(",").map((name) => {
    const place = placeNames.find((candidate) => candidate === name.trim());
    if (place === undefined)
      throw new ArgumentError(
        "--places",
        `must be one or more of ${placeNames.join(", ")}, got ${JSON.stringify(text)}`,
      );
    return place;
  });
}
