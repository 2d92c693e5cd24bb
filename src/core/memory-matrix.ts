/** Making and checking the memory: the one place where patterns enter the library. */
import { describe, requireCount } from "./checks.ts";
import { ArgumentError } from "./errors.ts";
import type { MemoryMatrix } from "./types.ts";

export interface MemoryShape {
  readonly numPatterns: number;
  readonly dim: number;
  readonly labels?: Int32Array;
}

/** Euclidean norms of the rows in float64, [numPatterns]. */
export function patternNorms(memory: MemoryMatrix): Float64Array {
  const { values, numPatterns, dim } = memory;
  return Float64Array.from({ length: numPatterns }, (_, k) => {
    let sum = 0;
    for (let i = k * dim; i < (k + 1) * dim; i++) sum += values[i]! * values[i]!;
    return Math.sqrt(sum);
  });
}

/**
 * A memory with every pattern scaled to unit norm (the paper's setting), copied from `values` [numPatterns, dim].
 * @throws ArgumentError for a wrong length, a value that is not finite, or an all-zero pattern
 */
export function createMemoryMatrix(values: ArrayLike<number>, shape: MemoryShape): MemoryMatrix {
  const memory = createUnscaledMemoryMatrix(values, shape);
  const norms = patternNorms(memory);
  for (let k = 0; k < memory.numPatterns; k++) {
    const norm = norms[k]!;
    if (norm === 0)
      throw new ArgumentError("memory.values", `pattern ${k} is all zeros and has no direction`, "drop it");
    for (let i = k * memory.dim; i < (k + 1) * memory.dim; i++) memory.values[i] = memory.values[i]! / norm;
  }
  return memory;
}

/**
 * A memory with the patterns as they are. Weights go as exp(β‖m_k‖²/2): unequal norms favour the longest patterns.
 * @throws ArgumentError for a wrong length or a value that is not finite
 */
export function createUnscaledMemoryMatrix(values: ArrayLike<number>, shape: MemoryShape): MemoryMatrix {
  const memory = { values: Float32Array.from(values), ...shape };
  requireMemory("memory", memory);
  return memory;
}

/** @throws ArgumentError unless shapes agree and every value is finite */
export function requireMemory(parameter: string, memory: MemoryMatrix): MemoryMatrix {
  const { values, labels } = memory;
  const numPatterns = requireCount(`${parameter}.numPatterns`, memory.numPatterns, 1);
  const dim = requireCount(`${parameter}.dim`, memory.dim, 1);
  if (!(values instanceof Float32Array))
    throw new ArgumentError(`${parameter}.values`, `must be a Float32Array, got ${describe(values)}`);
  const size = numPatterns * dim;
  if (values.length !== size)
    throw new ArgumentError(
      `${parameter}.values`,
      `length must be numPatterns × dim = ${numPatterns} × ${dim} = ${size}, got ${values.length}`,
      values.length < size ? "is the last pattern truncated?" : "are numPatterns and dim right?",
    );
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError(
      `${parameter}.values`,
      `must be finite, got ${describe(values[bad])} at pattern ${Math.floor(bad / dim)}, coordinate ${bad % dim}`,
      "drop or fill missing values first",
    );
  if (labels !== undefined && labels.length !== numPatterns)
    throw new ArgumentError(
      `${parameter}.labels`,
      `must have one label for each of ${numPatterns} patterns, got ${labels.length}`,
    );
  return memory;
}
