// Sizes and coefficients of a run at one level of its schedule. Chains go in quads: lane j of a vec4 is chain 4·quad + j, so every buffer of the
// state is [coordinate or pattern][quad] and neighbouring invocations touch neighbouring quads.

struct Params {
  dim: u32,
  // Rows of the attention stack: the patterns, or those of every head after one another.
  num_rows: u32,
  // Both rounded up to whole tiles; what lies in between is zero.
  num_dims_padded: u32,
  num_rows_padded: u32,
  num_heads: u32,
  // Σ ω over the heads.
  total_power: f32,
  num_quads: u32,
  // The dot products are summed in slices of the coordinates.
  num_slices: u32,
  slice_length: u32,
  // Index of lane 0 of quad 0 among all chains of the run: the generator counts chains across batches.
  first_chain: u32,
  // Steps that the clock advances at a time: 1, or the thinning for independent draws.
  clock_stride: u32,
  // Dimensions outside the span of the rows; 0 for a chain that runs in all coordinates.
  complement_dim: u32,
  // Coordinates of a draw, and those rounded up to whole tiles: dim, or more where chains run in the span of the rows.
  full_dim: u32,
  full_dims_padded: u32,
  seed_low: u32,
  seed_high: u32,
  beta: f32,
  decay: f32,
  drift: f32,
  noise: f32,
  ratio_scale: f32,
  // Circulation: cos θ, sin θ, and what turned pairs add to the gradient term.
  cosine: f32,
  sine: f32,
  turn: f32,
  twist: f32,
  // Kernels that take many steps in one dispatch take this many at most.
  steps_per_dispatch: u32,
  // The clock before and after the steps of a submit.
  first_clock: u32,
  stop_clock: u32,
}

// One row of the stack beside its coordinates: z = β(row·ξ + offset) + log_weight.
struct RowFacts {
  offset: f32,
  log_weight: f32,
  // 0 for a row without a direction.
  inverse_norm: f32,
  // ω of its head.
  power: f32,
}

// A run of rows with one softmax of their own.
struct Head {
  first: u32,
  count: u32,
  power: f32,
}

// ω lse(z) of one head at the state and at the proposal.
struct LogNormalizers {
  state: vec4f,
  proposal: vec4f,
}

// Sums over steps since the host last cleared them.
struct Tally {
  num_accepted: vec4u,
  log_ratio_sum: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;

fn chains_of(quad: u32) -> vec4u {
  return vec4u(params.first_chain + 4u * quad) + vec4u(0u, 1u, 2u, 3u);
}
