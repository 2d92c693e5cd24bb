// streaming-softmax: log p'_k = z'_k − lse(z'), and (ω/2) Σ_k (p_k + p'_k)(log p_k − log p'_k) from what the splits leave
// One invocation: eight rows of a quad of chains; the first also what there is once.
// In: partials [split][coordinate, then fact][quad], is_rejected [quad].
// In and out: proposal_log_attention [row][quad], z' before and log p' after; log_normalizers [quad], times ω.
// Out: attention_terms [quad], times ω.
// Twin: src/reference/softmax.ts, and attentionTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/tile.wgsl"
// #include "common/logarithm.wgsl"
// #include "common/partials.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> proposal_log_attention: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> log_normalizers: array<LogNormalizers>;
@group(0) @binding(5) var<storage, read_write> attention_terms: array<vec4f>;

// Σ_k (p_k + p'_k)(δ_k + log mass), δ_k = log p_k − (z'_k − top).
fn attention_term(top: vec4f, mass: vec4f, log_mass: vec4f, quad: u32) -> vec4f {
  var moved = vec4f();
  var left = vec4f();
  var weight = vec4f();
  for (var split = 0u; split < num_splits; split++) {
    let growth = top - partials[fact_at(split, fact_top, quad)];
    let split_weight = partials[fact_at(split, fact_weight, quad)];
    let split_mass = partials[fact_at(split, fact_mass, quad)];
    moved += exp(-growth) * (partials[fact_at(split, fact_moved, quad)] + growth * split_mass);
    left += partials[fact_at(split, fact_left, quad)] + growth * split_weight;
    weight += split_weight;
  }
  return (left + weight * log_mass) + (moved / mass + log_mass);
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn streaming_softmax(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let tile = id.y;
  if (quad >= params.num_quads || tile * tile_length >= params.num_rows) {
    return;
  }
  let top = overall_top(quad);
  let mass = overall_mass(top, quad);
  let log_mass = accurate_log(mass);
  let end = min((tile + 1u) * tile_length, params.num_rows);
  for (var k = tile * tile_length; k < end; k++) {
    let at = k * params.num_quads + quad;
    proposal_log_attention[at] = (proposal_log_attention[at] - top) - log_mass;
  }
  if (tile == 0u) {
    let reject = is_rejected[quad] != vec4u(0u);
    let normalizers = log_normalizers[quad];
    let moved_up = select(normalizers.proposal, normalizers.state, reject);
    log_normalizers[quad] = LogNormalizers(moved_up, params.total_power * (top + log_mass));
    if (is_adjusted) {
      attention_terms[quad] = (0.5 * params.total_power) * attention_term(top, mass, log_mass, quad);
    }
  }
}
