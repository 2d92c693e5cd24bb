/**
 * What a run is held against: independent draws of the exact law, in as many chains and with as many draws in each, so
 * that within a chain they show what one that mixes perfectly would. By the float64 reference, whatever ran the run.
 */
import { createReferenceSampler, type Draws, type HopfieldTarget, type RunHooks } from "../../src/index.ts";

/** Multiply-adds that the comparison may cost: a few seconds. The default job, 1280 faces, takes an eighth of it. */
const maxWork = 2 ** 32;
/** Making the noise of a coordinate costs about what this many patterns do. */
const noiseWork = 32;
/** Fewer draws than this would make no figure to compare with. */
const minDraws = 64;

/** Chains and draws of each: those of the run, unless that is too much work. */
export function comparisonShape(
  { memory }: HopfieldTarget,
  { numChains, numDraws }: Pick<Draws, "numChains" | "numDraws">,
): { readonly numChains: number; readonly numDraws: number } {
  const affordable = Math.max(minDraws, Math.floor(maxWork / (memory.dim * (memory.numPatterns + noiseWork))));
  if (numChains * numDraws <= affordable) return { numChains, numDraws };
  // Chains first, for standard errors are over chains; but a pair of draws in each, for what is compared within them.
  const fewerChains = Math.min(numChains, Math.floor(affordable / Math.min(numDraws, 2)));
  return { numChains: fewerChains, numDraws: Math.min(numDraws, Math.floor(affordable / fewerChains)) };
}

/**
 * Draws of the exact law for a run with `seed`.
 * @param shape of the run; large ones are cut, so that the comparison does not take longer than what it is for
 */
export async function drawExact(
  target: HopfieldTarget,
  shape: Pick<Draws, "numChains" | "numDraws">,
  seed: bigint,
  hooks: RunHooks = {},
): Promise<Draws> {
  await using sampler = createReferenceSampler(target);
  const rest = { numBurnIn: 0, thinning: 1, stepSize: 1, start: "exact" } as const;
  return await sampler.run(
    { kernel: "exact", seed: exactSeedOf(seed), ...comparisonShape(target, shape), ...rest },
    hooks,
  );
}

/** The complement of the run's seed: a key of its own, so that the comparison shares no random number with the run. */
export function exactSeedOf(seed: bigint): bigint {
  return (1n << 64n) - 1n - seed;
}
