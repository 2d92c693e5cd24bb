/** Checks of arguments: each returns the value it was given, narrowed, or throws an `ArgumentError` naming the parameter. */
import { ArgumentError } from "./errors.ts";

/** Prints a value for a message: short, and never with line breaks. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  return Array.isArray(value) ? `an array of ${value.length}` : `a value of type ${typeof value}`;
}

/** @throws ArgumentError unless `value` is a whole number of at least `minimum` */
export function requireCount(parameter: string, value: unknown, minimum = 0, fix?: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum) return value;
  throw new ArgumentError(parameter, `must be a whole number of at least ${minimum}, got ${describe(value)}`, fix);
}

/** @throws ArgumentError unless `value` is a finite number */
export function requireFinite(parameter: string, value: unknown, fix?: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new ArgumentError(parameter, `must be a finite number, got ${describe(value)}`, fix);
}

/** @throws ArgumentError unless `value` is finite and above 0 */
export function requirePositive(parameter: string, value: unknown, fix?: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw new ArgumentError(parameter, `must be a finite number above 0, got ${describe(value)}`, fix);
}

/** @throws ArgumentError unless `value` lies in (0, 1] */
export function requireStepSize(parameter: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= 1) return value;
  throw new ArgumentError(
    parameter,
    `must lie in (0, 1], got ${describe(value)}`,
    "1 replaces the whole state in one step; the published value is 0.01",
  );
}

/** @throws ArgumentError unless `value` is one of `choices` */
export function requireChoice<T extends string | number>(parameter: string, value: unknown, choices: readonly T[]): T {
  const match = choices.find((choice) => choice === value);
  if (match !== undefined) return match;
  throw new ArgumentError(parameter, `must be one of ${choices.join(", ")}, got ${describe(value)}`);
}

/**
 * A seed as the 64-bit key of the generator: [low word, high word].
 * @throws ArgumentError unless `seed` is a whole number in [0, 2^64); a `number` must also be a safe integer
 */
export function requireSeed(parameter: string, seed: unknown): readonly [number, number] {
  const isWhole = typeof seed === "bigint" || (typeof seed === "number" && Number.isSafeInteger(seed));
  if (isWhole) {
    const wide = BigInt(seed);
    if (wide >= 0n && wide < 1n << 64n) return [Number(wide & 0xffffffffn), Number(wide >> 32n)];
  }
  throw new ArgumentError(
    parameter,
    `must be a whole number from 0 to 2^64 - 1, got ${describe(seed)}`,
    "above 2^53 - 1 pass a bigint",
  );
}
