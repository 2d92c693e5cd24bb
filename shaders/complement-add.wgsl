// complement-add: v' = last·v + fresh·w, and ξ = Q u + v'
// One invocation: four coordinates of a quad of chains.
// In: fresh_noise [coordinate][quad], readout_weights [quad].
// In and out: outside [coordinate][quad]; kept_positions [chain][coordinate].
// Out: nothing else.
// Twin: readOut in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/readout.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> fresh_noise: array<vec4f>;
@group(0) @binding(2) var<storage, read> readout_weights: array<ReadoutWeights>;
@group(0) @binding(3) var<storage, read_write> outside: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> kept_positions: array<f32>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn complement_add(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= params.num_quads) {
    return;
  }
  let weights = readout_weights[quad];
  let end = min(4u * id.y + 4u, params.full_dim);
  for (var coordinate = 4u * id.y; coordinate < end; coordinate++) {
    let at = coordinate * params.num_quads + quad;
    let v = weights.last * outside[at] + weights.fresh * fresh_noise[at];
    outside[at] = v;
    let out = 4u * quad * params.full_dim + coordinate;
    kept_positions[out] += v.x;
    kept_positions[out + params.full_dim] += v.y;
    kept_positions[out + 2u * params.full_dim] += v.z;
    kept_positions[out + 3u * params.full_dim] += v.w;
  }
}
