// retrieve: T' = Σ_k ω p'_k row_k; for adjusted kernels also this tile's part of Σ(g' − g)(g' + g) or Σ(T' − T)(g' + g)
// One invocation: a tile of eight coordinates of a quad of chains: eight accumulators in registers.
// In: memory_rows [row][coordinate], proposal_attention [row][quad], position, retrieval, proposal [coordinate][quad].
// Out: proposal_retrieval [coordinate][quad], gradient_terms [tile][quad].
// Twin: src/reference/retrieve.ts, and gradientTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/gradient-term.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> memory_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal_attention: array<vec4f>;
@group(0) @binding(3) var<storage, read> position: array<vec4f>;
@group(0) @binding(4) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> proposal_retrieval: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gradient_terms: array<vec4f>;
@group(0) @binding(8) var<storage, read> directions: array<vec4f>;

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
