/**
 * How positions attend to the stored patterns: the one seam between the kernels and the energies. An energy of heads takes
 * a softmax over the rows of each; a patch energy takes one over all patterns in each window (patches.ts).
 */
import type { AttentionStack, StackHead } from "../core/attention-stack.ts";
import { tileRows } from "../core/row-tiles.ts";
import type { ChainState } from "./accept.ts";
import { logits, type ReferenceMemory } from "./logits.ts";
import { createPatchAttention } from "./patches.ts";
import { retrieve } from "./retrieve.ts";
import { softmax } from "./softmax.ts";

export interface Attention {
  readonly memory: ReferenceMemory;
  /** Runs of a state's weights with one power each. */
  readonly heads: readonly StackHead[];
  /** Σ ω over all softmaxes. */
  readonly totalPower: number;
  /** An unfilled state; `attend` fills it from its position. */
  createState(): ChainState;
  /**
   * The attention weights at `state.position`.
   * @param beside a state that has its weights afterwards as well
   */
  attend(beta: number, state: ChainState, beside?: ChainState): void;
  /** Makes sure that a state has the weights of its position, which `attend` may have lent to another. */
  recall(beta: number, state: ChainState): void;
  /** T(ξ) from the state's weights. */
  retrieve(state: ChainState): void;
}

export function createAttention(stack: AttentionStack): Attention {
  const memory = createReferenceMemory(stack);
  return stack.patches ? createPatchAttention(memory, stack.patches) : createHeadAttention(memory);
}

/** A float64 copy of a stack. */
export function createReferenceMemory(stack: AttentionStack): ReferenceMemory {
  const { dim, numRows, offsets, logWeights, heads } = stack;
  const rows = Array.from({ length: numRows }, (_, k) =>
    Float64Array.from(stack.rows.subarray(k * dim, (k + 1) * dim)),
  );
  return { rows, tiles: tileRows(rows, dim), dim, offsets, logWeights, heads };
}

/** The attention weights and the attention output at `state.position`. */
export function attendAndRetrieve(attention: Attention, beta: number, state: ChainState, beside?: ChainState): void {
  attention.attend(beta, state, beside);
  attention.retrieve(state);
}

/** Every state keeps weights of its own: there is one for each row. */
function createHeadAttention(memory: ReferenceMemory): Attention {
  const { heads, dim, rows } = memory;
  return {
    memory,
    heads,
    totalPower: heads.reduce((sum, { power }) => sum + power, 0),
    createState: () => ({
      position: new Float64Array(dim),
      retrieval: new Float64Array(dim),
      attention: new Float64Array(rows.length),
      logAttention: new Float64Array(rows.length),
      logNormalizer: 0,
    }),
    attend(beta, state) {
      logits(memory, state.position, beta, state.logAttention);
      state.logNormalizer = softmax(heads, state.logAttention, state.attention);
    },
    recall() {},
    retrieve: ({ attention, retrieval }) => retrieve(memory, attention, retrieval),
  };
}
