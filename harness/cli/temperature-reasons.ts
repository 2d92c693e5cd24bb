/** The library's recommendations as the command line words them. */
import {
  ArgumentError,
  publishedPoints,
  recommendTemperatures,
  type MemoryMatrix,
  type Recommended,
  type TemperatureReport,
} from "../../src/index.ts";
import { formatBeta } from "./format.ts";

/**
 * @param parameter the option that asks for a temperature
 * @throws ArgumentError, naming that option, if no temperature tells the patterns apart
 */
export function recommend(parameter: string, memory: MemoryMatrix, seed: bigint): TemperatureReport {
  try {
    return recommendTemperatures(memory, { seed });
  } catch (error) {
    if (error instanceof ArgumentError && error.parameter === "memory")
      throw new ArgumentError(parameter, `the memory ${error.rule}`, error.fix);
    throw error;
  }
}

/** Why each β is recommended, as the end of a sentence. */
export function reasons({ roots, copies, published }: TemperatureReport): Readonly<Record<keyof Recommended, string>> {
  const which = roots.length === 1 ? "" : `, the one of ${roots.length} that loses most entropy per octave of β`;
  const copy = formatBeta(Number(copies.toPrecision(3)));
  return {
    generation: `the entropy inflection, where attention goes from all patterns to one fastest${which}`,
    blending: "half-way, where the novelty of T(ξ) is half of that at generation",
    retrieval:
      copies < published.retrieval
        ? `the published signal-to-noise ratio ${publishedPoints.retrieval}; T(ξ) copies stored patterns from β = ${copy} on`
        : `from here on T(ξ) copies stored patterns (the published signal-to-noise ratio ${publishedPoints.retrieval} is below)`,
  };
}
