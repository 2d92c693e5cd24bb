/** A product of concepts: several memories at once, as heads of the one coupled energy (spec section 5). */
import { requireCount, requirePositive } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Head, MemoryMatrix } from "../core/types.ts";

/** How far powers may be from a sum of 1: a few decimal places typed by hand are not enough, thirds are. */
const sumTolerance = 1e-6;

/**
 * Heads whose law is ∝ Π_h p_h(ξ)^ω_h, with p_h the equally weighted mixture around the patterns of memory h at the same
 * β (for patterns of one norm that is the law of memory h alone): what every memory finds likely.
 * Pass as the `heads` of a target. E(ξ) = −(1/β) Σ_h ω_h log Σ_k exp(−(β/2)‖ξ − m_hk‖²).
 * @param memories of one dim
 * @param powers ω_h, above 0 and summing to 1; equal by default
 * @throws ArgumentError unless powers fit the memories and sum to 1
 */
export function productHeads(memories: readonly MemoryMatrix[], powers?: ArrayLike<number>): readonly Head[] {
  requireCount("memories.length", memories.length, 1);
  if (powers === undefined) return memories.map((memory) => ({ power: 1 / memories.length, memory }));
  if (powers.length !== memories.length)
    throw new ArgumentError("powers", `must be one for each of ${memories.length} memories, got ${powers.length}`);
  const heads = memories.map((memory, h) => ({ power: requirePositive(`powers[${h}]`, powers[h]), memory }));
  const sum = heads.reduce((total, { power }) => total + power, 0);
  if (Math.abs(sum - 1) > sumTolerance)
    throw new ArgumentError("powers", `must sum to 1, got ${sum}`, "divide each by that sum");
  return heads;
}
