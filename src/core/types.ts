/**
 * The types that the float64 reference and the GPU sampler agree on. They share nothing else, so that comparing the
 * two compares two independent pieces of code. Arrays are row-major and their shapes stand in brackets.
 */

/** Stored patterns: row k is pattern k (the transpose of the paper's X). */
export interface MemoryMatrix {
  /** Patterns, [numPatterns, dim]. Unit 2-norm rows unless the caller chose otherwise. */
  readonly values: Float32Array;
  /** K */
  readonly numPatterns: number;
  /** d */
  readonly dim: number;
  /** A class per pattern, [numPatterns]. */
  readonly labels?: Int32Array;
}

/**
 * What is sampled: p_β(ξ) ∝ exp(−βE(ξ)), with E(ξ) = −(1/β) log Σ_k exp(β m_k·ξ) + ½‖ξ‖² (spec section 2; the
 * paper's equation 3 without its constants).
 */
export interface HopfieldTarget {
  readonly memory: MemoryMatrix;
  /** β, inverse temperature, above 0. */
  readonly beta: number;
  /** Which patterns take part, [numPatterns], 1 or 0; all by default. With labels: class-conditional sampling. */
  readonly mask?: Uint8Array;
  /**
   * The general energy of spec section 5,
   * E(ξ) = −(1/β) Σ_h ω_h log Σ_k exp(−(β/2)(ξ − m_hk)ᵀ D_h (ξ − m_hk) + b_hk), with Σ_h ω_h D_h = I.
   * Without heads: one head with ω = 1, D = I, the memory, and b_k = β‖m_k‖²/2, which is the energy above.
   */
  readonly heads?: readonly Head[];
  /**
   * The patterns are images, and the heads are all windows of one size on them: D is a window (0 or 1), ω is one over the
   * number of windows that a pixel lies in, b = 0, and every window has the memory, with its mask. Excludes `heads`.
   */
  readonly patches?: Patches;
}

/** Overlapping windows of an image, or of a signal, which is an image of height 1 (spec section 5). */
export interface Patches {
  /** Of the image, in pixels. */
  readonly height: number;
  readonly width: number;
  /** Values of a pixel, next to each other, 1 to 4; 1 by default. They share the weights of a window. */
  readonly channels?: number;
  /**
   * Side of the windows in pixels, at most that of the image; a shorter axis has a window of its own length. `full` is one
   * unpadded window: for unit patterns the energy without patches, and patterns of any norm weigh alike in it.
   */
  readonly window: number | "full";
  /** Pixels from one window to the next, a divisor of the window; 1 by default. */
  readonly stride?: number;
}

/** One term of the general energy. */
export interface Head {
  /** ω, above 0. */
  readonly power: number;
  /** The diagonal of D, [dim], not negative; all ones by default. */
  readonly weights?: Float32Array;
  /** W with orthonormal rows, [any, dim], for the orthogonal projection D = WᵀW in place of a diagonal. */
  readonly directions?: Float32Array;
  /** m_hk; the target's memory, with its mask, by default. */
  readonly memory?: MemoryMatrix;
  /** b_hk, [numPatterns of the head]; zeros by default, −∞ drops a pattern. */
  readonly logWeights?: ArrayLike<number>;
}

/** The published kernels first; `gibbs` and `exact` use that the law is a Gaussian mixture (spec section 3). */
export const kernelNames = ["ula", "mala", "ou", "ou-mala", "gibbs", "exact"] as const;
export type KernelName = (typeof kernelNames)[number];

/**
 * Where chains start: `pattern` as published (a random pattern + 0.01 ε), `exact` from the law itself, `mean` from the
 * mean of the patterns + ε/√β, where an anneal begins.
 */
export const startNames = ["pattern", "exact", "mean"] as const;
export type StartName = (typeof startNames)[number];

/** A stretch of steps with a temperature and a step size of its own. */
export interface ScheduleLevel {
  readonly numSteps: number;
  /** β during these steps. */
  readonly beta: number;
  /** α during these steps; the options' own by default. */
  readonly stepSize?: number;
}

/**
 * Collapsed sampling in the span of the patterns (spec section 4): the same law at a cost per step free of d. `auto` is
 * on with fewer patterns than half the dimensions.
 */
export const collapseNames = ["auto", "on", "off"] as const;
export type CollapseName = (typeof collapseNames)[number];

export interface SampleOptions {
  readonly kernel: KernelName;
  /** α in (0, 1]. Ignored by `gibbs` and `exact`, which have no step size. */
  readonly stepSize: number;
  /** Whole number in [0, 2^64). */
  readonly seed: number | bigint;
  /** C */
  readonly numChains: number;
  /**
   * Number of the first chain, 0 by default. A chain depends on its number and the seed alone, so that a large run can be
   * had in pieces: chains 8 to 15 are the last of 16, or eight from 8 on.
   */
  readonly firstChain?: number;
  /** Steps before the first kept stretch. */
  readonly numBurnIn: number;
  /** Kept draws per chain. */
  readonly numDraws: number;
  /** Steps per kept draw: draw n (from 0) is the state after numBurnIn + (n + 1) · thinning steps. */
  readonly thinning: number;
  /**
   * A rule, or the positions themselves, [numChains, dim]. Positions that an earlier run ended at need another seed:
   * with the same one the new run would meet the same noise again.
   */
  readonly start: StartName | Float32Array;
  /**
   * Levels that the steps pass through from the first one on, burn-in and kept draws alike; the last level holds for
   * every step after it. Without a schedule all steps run at the target's β.
   */
  readonly schedule?: readonly ScheduleLevel[];
  /** `auto` by default. */
  readonly collapse?: CollapseName;
  /**
   * γ, how fast chains circulate on the level sets of the energy: the drift −∇E becomes −(I + γJ)∇E with J turning each
   * pair of coordinates (2i, 2i + 1) of the space that chains run in by a quarter. Leaves the law as it is and makes the
   * chain non-reversible. For `ou` (without accept step) and `ou-mala` (exact, see docs/circulation.md); 0 by default.
   */
  readonly circulation?: number;
}

/** Kept draws. Chain before draw before coordinate, as the field's other libraries have it. */
export interface Draws {
  readonly numChains: number;
  readonly numDraws: number;
  readonly dim: number;
  /** ξ, [numChains, numDraws, dim] */
  readonly positions: Float32Array;
  /** T(ξ), the denoised readout of the same, [numChains, numDraws, dim] */
  readonly retrievals: Float32Array;
  /** E(ξ), [numChains, numDraws] */
  readonly energy: Float64Array;
  /** H of the attention weights in nats, [numChains, numDraws]; over heads the mean weighted by ω */
  readonly attentionEntropy: Float64Array;
  /** max_k cos(ξ, m_k) over the whole memory, mask or not, [numChains, numDraws] */
  readonly maxCosine: Float64Array;
  /** Share of accepted proposals after burn-in, [numChains]; 1 for kernels that never reject. */
  readonly acceptanceRate: Float64Array;
  /** Mean log acceptance ratio after burn-in, [numChains]; 0 for kernels without one. */
  readonly meanLogRatio: Float64Array;
  /**
   * Proposals rejected because their log ratio was not finite, burn-in included, and kept draws whose energy is not
   * finite, over all chains.
   */
  readonly numNonFinite: number;
}

export interface Progress {
  /** Chain-steps whose results have been read back. */
  readonly done: number;
  readonly total: number;
}

/** A finished rectangle of `Draws`: one kept draw of a run of chains. */
export interface DrawChunk {
  /** Everything so far; later draws are still zero. */
  readonly draws: Draws;
  readonly draw: number;
  readonly firstChain: number;
  readonly numChains: number;
}

/** How an engine goes about a run. */
export interface PlanChoice {
  readonly name: string;
  /** Why this one, in a clause. */
  readonly reason: string;
}

export interface RunHooks {
  /** Aborting rejects `run` with the signal's reason; chunks already handed to `onDraws` stay valid. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called before the first step by engines that have a choice. */
  readonly onPlan?: (plan: PlanChoice) => void;
  /** Called in order of chains, then draws, as soon as a kept draw is there. */
  readonly onDraws?: (chunk: DrawChunk) => void;
}

/** Owns its buffers and nothing global. `await using`, or call `dispose`. */
export interface Sampler extends AsyncDisposable {
  readonly target: HopfieldTarget;
  /** @throws ArgumentError before any work if an option breaks its rule */
  run(options: SampleOptions, hooks?: RunHooks): Promise<Draws>;
  /** Frees what the sampler holds, once runs under way have ended. */
  dispose(): Promise<void>;
}
