/**
 * What an experiment is: memories in, rows out. It names the published table or figure that it repeats, the data that it
 * needs, and what it should come to; reading files, drawing and keeping results are the caller's business.
 */
import type { Draws, HopfieldTarget, Progress } from "../core/types.ts";
import type { CreateSampler } from "../methods/create-sampler.ts";
import type { ExperimentData } from "./data.ts";

/** A figure as it was printed. */
export interface Published {
  readonly value: number;
  readonly se: number | null;
  /** How far the value behind the print may lie from it: half a unit of the last digit, a whole one after "≈". */
  readonly rounding: number;
  /** `atLeast` and `atMost` for what was printed with > and <. */
  readonly sense: "equal" | "atLeast" | "atMost";
  /** As printed. */
  readonly text: string;
}

/** What the exact law says, or a closed form of it. */
export interface Expected {
  readonly value: number;
  /** Of draws of the law; null for a formula. */
  readonly se: number | null;
  /** Error that the formula itself admits, beside chance. */
  readonly tolerance: number;
  /** The formula, or how many draws of what law. */
  readonly source: string;
  /** `atMost` for bounds. */
  readonly sense: "equal" | "atLeast" | "atMost";
}

/** How far the published data, which is not to be had, may move a figure, and why. */
export interface DataDifference {
  readonly amount: number;
  readonly why: string;
}

/** What was measured, with what it is held against. */
export interface Measurement {
  /** What was run: "SA, β = 2000". */
  readonly subject: string;
  /** What was measured on it: "novelty of ξ". */
  readonly quantity: string;
  readonly published?: Published;
  readonly expected?: Expected;
  readonly mean: number;
  /** Over chains; null where one run gives one number. */
  readonly se: number | null;
  readonly dataDifference?: DataDifference;
  /** Why published, exact and measured figures part, where they do: known beforehand, from the mathematics. */
  readonly reason?: string;
}

export interface Verdict {
  /** Null without a published figure. */
  readonly isReproduced: boolean | null;
  /** Null without a law to hold it against. */
  readonly agreesWithLaw: boolean | null;
  readonly text: string;
}

export interface Row extends Measurement {
  readonly verdict: Verdict;
}

export interface FigureSeries {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly kind?: "line" | "points";
}

export interface FigurePanel {
  readonly heading: string;
  readonly series: readonly FigureSeries[];
  readonly scale?: "linear" | "log";
  readonly domain?: readonly [number, number];
}

/** Panels over one horizontal axis. */
export interface LineFigure {
  readonly kind: "lines";
  /** Of its file, without the extension. */
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly xScale?: "linear" | "log";
  readonly panels: readonly FigurePanel[];
  readonly marks?: readonly { readonly x: number; readonly label: string; readonly isStrong?: boolean }[];
}

/** A value in [0, 1] for every pair of x and y, with lines across. */
export interface HeatFigure {
  readonly kind: "heat";
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly valueLabel: string;
  /** Centres of the columns and rows, ascending and above 0; both axes are logarithmic. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** [y.length][x.length] */
  readonly values: readonly (readonly number[])[];
  readonly contours: readonly FigureSeries[];
}

export type Figure = LineFigure | HeatFigure;

/** Patterns to look at. Every heading says whether ξ, T(ξ) or stored patterns are shown. */
export interface Picture {
  readonly name: string;
  readonly title: string;
  readonly subtitle: string;
  readonly imageShape: { readonly height: number; readonly width: number };
  readonly numColumns: number;
  readonly sections: readonly {
    readonly heading: string;
    readonly caption?: string;
    readonly cells: readonly ArrayLike<number>[];
  }[];
}

export interface ExperimentResult {
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
  readonly pictures: readonly Picture[];
  /** Sentences that say who is right where paper and law part, what was cut short, and what is not shown. */
  readonly notes: readonly string[];
}

export interface ExperimentContext {
  readonly createSampler: CreateSampler;
  readonly seed: bigint;
  /** A run of seconds: fewer chains, steps and patterns, and only what the law foretells is checked. */
  readonly isQuick: boolean;
  readonly signal?: AbortSignal;
  /** @param part what is going on */
  readonly onProgress?: (part: string, progress: Progress) => void;
  /**
   * Makes a part of the experiment, or gives back what an interrupted run made of it. Names are unique in an experiment.
   * Parts are records of numbers, texts and typed arrays.
   */
  readonly keep: <T extends object>(part: string, make: () => Promise<T>) => Promise<T>;
  /** What a program of this machine writes to `output`, for what no library does; undefined if it is not there. */
  readonly runProgram?: (
    name: "hmmsearch",
    inputs: Readonly<Record<string, string>>,
    argumentsOf: (paths: Readonly<Record<string, string>>, output: string) => readonly string[],
  ) => Promise<string | undefined>;
}

/** What the paper says and the law does not, whichever figures agree. */
export interface Dispute {
  readonly paper: string;
  readonly law: string;
  /** The rows of a full run that decide. */
  readonly shownBy: readonly Pick<Row, "subject" | "quantity">[];
}

export interface Experiment<Kind extends keyof ExperimentData = keyof ExperimentData> {
  /** As typed on the command line. */
  readonly name: string;
  readonly title: string;
  /** Where the paper has it. */
  readonly source: string;
  /** Section of the protocols, by which experiments are ordered. */
  readonly section: "6.1" | "6.2" | "6.3" | "6.4" | "6.5" | "ours";
  /** What is done, at full length, and where that departs from the published protocol. */
  readonly protocol: string;
  /** What a quick run must come to. */
  readonly quickExpectation: string;
  /** Raised when the same inputs give other results: kept results of an earlier revision are made again. */
  readonly revision: number;
  readonly needs: readonly Kind[];
  readonly disputes?: readonly Dispute[];
  run(data: Pick<ExperimentData, Kind>, context: ExperimentContext): Promise<ExperimentResult>;
}

/** A sampled set with what it was sampled from. */
export interface Sampled {
  readonly target: HopfieldTarget;
  readonly draws: Draws;
}
