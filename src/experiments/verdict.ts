/** Whether a figure is reproduced, by the same rule for every row, and the words that say so. */
import type { Expected, Measurement, Published, Row, Verdict } from "./experiment.ts";

/** Standard errors that are chance. */
const numErrors = 3;

/**
 * A figure as printed: "0.152", "-0.305", "> 0.99", "≈ 0.22".
 * @param se as printed, if one was
 */
export function published(text: string, se?: string): Published {
  const [, sign, number] = /^([<>≈]?)\s*(-?\d+(?:\.\d+)?)$/.exec(text)!;
  const unit = unitOf(number!);
  return {
    value: Number(number),
    se: se === undefined ? null : Number(se),
    rounding: sign === "≈" ? unit : unit / 2,
    sense: sign === ">" ? "atLeast" : sign === "<" ? "atMost" : "equal",
    text: se === undefined ? text : `${text} ± ${se}`,
  };
}

/** 10 to minus the number of decimals. */
function unitOf(number: string): number {
  return 10 ** -(number.split(".")[1] ?? "").length;
}

/** A closed form, which holds up to `tolerance`. */
export function closedForm(source: string, value: number, tolerance = 0): Expected {
  return { value, se: null, tolerance, source, sense: "equal" };
}

/** Not more, or not less, than a value that the law sets. */
export function bound(sense: "atLeast" | "atMost", source: string, value: number): Expected {
  return { value, se: null, tolerance: 0, source, sense };
}

/** A mean over draws of the law. */
export function lawMean(
  source: string,
  { mean, se }: { readonly mean: number; readonly se: number | null },
  tolerance = 0,
): Expected {
  return { value: mean, se, tolerance, source, sense: "equal" };
}

/**
 * Half-width of the band around a published figure in which a measurement reproduces it. An error that was not printed is
 * taken to be ours: the protocol is the same.
 */
export function publishedBand(measurement: Measurement): number {
  return chanceBand(measurement) + (measurement.dataDifference?.amount ?? 0);
}

/** What chance and the rounding of the print make of the band. */
function chanceBand({ published: print, se }: Measurement): number {
  if (print === undefined) return Number.NaN;
  return numErrors * Math.hypot(se ?? 0, print.se ?? se ?? 0) + print.rounding;
}

/** Half-width of the band around what the law says in which a measurement agrees with it. */
export function lawBand(measurement: Measurement): number {
  return lawBandWith(measurement, measurement.expected?.tolerance ?? 0);
}

function lawBandWith({ expected, se }: Measurement, tolerance: number): number {
  if (expected === undefined) return Number.NaN;
  return numErrors * Math.hypot(se ?? 0, expected.se ?? 0) + tolerance + roundingError;
}

function isWithin(difference: number, band: number, sense: "equal" | "atLeast" | "atMost"): boolean {
  if (sense === "atLeast") return difference >= -band;
  if (sense === "atMost") return difference <= band;
  return Math.abs(difference) <= band;
}

/** Differences this small are the rounding of float32 sums. */
const roundingError = 2e-6;

/**
 * Reproduced: within three standard errors, the rounding of the print and the stated data difference of the published
 * figure. In agreement with the law: within three standard errors and what its formula leaves out of it. What is not
 * finite is neither.
 */
export function verdictOf(measurement: Measurement): Verdict {
  const { published: print, expected, mean, reason } = measurement;
  const isReproduced =
    print === undefined ? null : isWithin(mean - print.value, publishedBand(measurement), print.sense);
  const agreesWithLaw =
    expected === undefined ? null : isWithin(mean - expected.value, lawBand(measurement), expected.sense);
  const because = reason === undefined ? "" : `: ${reason}`;
  return { isReproduced, agreesWithLaw, text: words(isReproduced, agreesWithLaw, because) };
}

function words(isReproduced: boolean | null, agreesWithLaw: boolean | null, because: string): string {
  if (isReproduced === null) {
    if (agreesWithLaw === null) return because === "" ? "measured, nothing to hold it against" : `measured${because}`;
    return agreesWithLaw ? "as the exact law" : `not as the exact law${because || ": no reason known"}`;
  }
  if (isReproduced) return agreesWithLaw === false ? `reproduced, against the exact law${because}` : "reproduced";
  if (agreesWithLaw === true) return `not reproduced, the exact law is${because}`;
  return `not reproduced${because || ": no reason known"}`;
}

/** Whether a row is reproduced by its data difference alone: it lies beyond chance and the rounding of the print. */
export function restsOnDataDifference(judged: Row): boolean {
  const { published: print, mean, verdict } = judged;
  if (print === undefined || verdict.isReproduced !== true) return false;
  return !isWithin(mean - print.value, chanceBand(judged), print.sense);
}

/** Whether a row is as the law by what its formula leaves out alone: it lies beyond chance. */
export function restsOnTolerance(judged: Row): boolean {
  const { expected, mean, verdict } = judged;
  if (expected === undefined || verdict.agreesWithLaw !== true) return false;
  return !isWithin(mean - expected.value, lawBandWith(judged, 0), expected.sense);
}

/** A measurement with its verdict. */
export function row(measurement: Measurement): Row {
  return { ...measurement, verdict: verdictOf(measurement) };
}
