/** From what was typed to checked values: the spellings that every command takes for numbers, counts and seeds. */
import { ArgumentError, describe, requireCount } from "../../src/index.ts";
import { numCores } from "../environment/reference-workers.ts";

/** @throws ArgumentError unless something was given; `what` says what could be */
export function requireGiven(parameter: string, text: string | undefined, what: string): string {
  if (text !== undefined && text !== "") return text;
  throw new ArgumentError(parameter, `must be given, got ${text === undefined ? "nothing" : describe(text)}`, what);
}

/** The number that the text spells in full; the text itself otherwise, for the check that follows to refuse. */
export function parseNumber(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** Counts are spelled out: neither 1e3 nor 10.0 is taken for one. */
export function parseCount(parameter: string, text: string, minimum: number): number {
  return requireCount(parameter, /^[+-]?\d+$/.test(text) ? Number(text) : text, minimum);
}

/** Threads of the reference; a machine's cores unless given. */
export function parseThreads(text: string | undefined): number {
  return text === undefined ? numCores : parseCount("--threads", text, 1);
}

export function parseSeed(parameter: string, text: string): bigint {
  if (/^\d+$/.test(text) && BigInt(text) < 1n << 64n) return BigInt(text);
  throw new ArgumentError(parameter, `must be a whole number from 0 to 2^64 - 1, got ${describe(text)}`);
}

/** @throws ArgumentError unless the text spells a whole number, which may be below 0 */
export function parseInteger(parameter: string, text: string): number {
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new ArgumentError(parameter, `must be a whole number, got ${describe(text)}`);
}
