// retrieve: T' = Σ_k ω p'_k row_k; for adjusted kernels also this tile's part of Σ(g' − g)(g' + g) or Σ(T' − T)(g' + g)
// One invocation: a tile of eight coordinates of a quad of chains: eight accumulators in registers.
// In: memory_rows [row][coordinate], proposal_attention [row][quad], position, retrieval, proposal [coordinate][quad].
// Out: proposal_retrieval [coordinate][quad], gradient_terms [tile][quad].
// Twin: src/reference/retrieve.ts, and gradientTerm in src/reference/accept.ts
// #include "common/params.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override is_adjusted: bool = true;
override is_exponential: bool = true;
override is_circulating: bool = false;

@group(0) @binding(1) var<storage, read> memory_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal_attention: array<vec4f>;
@group(0) @binding(3) var<storage, read> position: array<vec4f>;
@group(0) @binding(4) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> proposal_retrieval: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gradient_terms: array<vec4f>;
@group(0) @binding(8) var<storage, read> directions: array<vec4f>;

// What one coordinate puts into the gradient term.
struct Term {
  change: vec4f,
  gradient: vec4f,
  proposal_gradient: vec4f,
}

// Writes one coordinate. Padded coordinates are zero throughout.
fn finish_coordinate(at: u32, t_proposal: vec4f) -> Term {
  proposal_retrieval[at] = t_proposal;
  if (!is_adjusted) {
    return Term();
  }
  let t = retrieval[at];
  let gradient = position[at] - t;
  let proposal_gradient = proposal[at] - t_proposal;
  let change = select(proposal_gradient - gradient, t_proposal - t, is_exponential);
  return Term(change, gradient, proposal_gradient);
}

// The gradient term of coordinates 2i and 2i + 1: change·(g' + g); for a circulating chain (1 + turn) times that, and
// twist·change·J(g − g').
fn finish_pair(coordinate: u32, quad: u32, t0: vec4f, t1: vec4f) -> vec4f {
  let at = coordinate * params.num_quads + quad;
  let low = finish_coordinate(at, t0);
  let high = finish_coordinate(at + params.num_quads, t1);
  var term = low.change * (low.proposal_gradient + low.gradient)
    + high.change * (high.proposal_gradient + high.gradient);
  if (is_circulating && coordinate + 1u < params.dim) {
    let fall0 = low.gradient - low.proposal_gradient;
    let fall1 = high.gradient - high.proposal_gradient;
    term *= 1.0 + params.turn;
    term += directions[quad] * params.twist * (high.change * fall0 - low.change * fall1);
  }
  return term;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn retrieve(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let tile = id.y;
  if (quad >= params.num_quads || tile * tile_length >= params.num_dims_padded) {
    return;
  }
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();
  let row_stride = params.num_dims_padded / 4u;
  for (var k = 0u; k < params.num_rows; k++) {
    let p = proposal_attention[k * params.num_quads + quad];
    let at = k * row_stride + 2u * tile;
    let low = memory_rows[at];
    let high = memory_rows[at + 1u];
    sum0 += low.x * p;
    sum1 += low.y * p;
    sum2 += low.z * p;
    sum3 += low.w * p;
    sum4 += high.x * p;
    sum5 += high.y * p;
    sum6 += high.z * p;
    sum7 += high.w * p;
  }
  let row = params.num_quads;
  let first = tile * tile_length;
  let term0 = finish_pair(first, quad, sum0, sum1);
  let term1 = finish_pair(first + 2u, quad, sum2, sum3);
  let term2 = finish_pair(first + 4u, quad, sum4, sum5);
  let term3 = finish_pair(first + 6u, quad, sum6, sum7);
  if (is_adjusted) {
    gradient_terms[tile * row + quad] = (term0 + term1) + (term2 + term3);
  }
}
