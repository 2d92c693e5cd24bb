// expand: a collapsed chain in all coordinates, as rows for read-back: ξ = Q u + v, v = last·v + fresh·w; or T = Q t
// One invocation: a tile of eight coordinates of a quad of chains.
// In: basis_rows [direction][coordinate]; state, proposed [direction][quad]; fresh_noise [coordinate][quad];
//     is_rejected, readout_weights [quad].
// Out: kept [chain][coordinate]; outside [coordinate][quad].
// Twin: readOut in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/expansion.wgsl"
// #include "common/readout.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
// ξ of chains that have something outside the span.
override has_outside: bool = false;
// Chains that never reject leave all of their state in the proposal's place.
override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read> basis_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read> proposed: array<vec4f>;
@group(0) @binding(4) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(5) var<storage, read> fresh_noise: array<vec4f>;
@group(0) @binding(6) var<storage, read> readout_weights: array<ReadoutWeights>;
@group(0) @binding(7) var<storage, read_write> outside: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> kept: array<f32>;

fn coordinate_of(direction: u32, quad: u32) -> vec4f {
  let at = direction * params.num_quads + quad;
  if (!is_adjusted) {
    return proposed[at];
  }
  return select(proposed[at], state[at], is_rejected[quad] != vec4u(0u));
}

fn keep(coordinate: u32, quad: u32, inside: vec4f) {
  if (coordinate >= params.full_dim) {
    return;
  }
  var value = inside;
  if (has_outside) {
    let at = coordinate * params.num_quads + quad;
    let v = readout_weights[quad].last * outside[at] + readout_weights[quad].fresh * fresh_noise[at];
    outside[at] = v;
    value += v;
  }
  let out = 4u * quad * params.full_dim + coordinate;
  kept[out] = value.x;
  kept[out + params.full_dim] = value.y;
  kept[out + 2u * params.full_dim] = value.z;
  kept[out + 3u * params.full_dim] = value.w;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn expand(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let first = id.y * tile_length;
  if (quad >= params.num_quads || first >= params.full_dim) {
    return;
  }
  let inside = expand_tile(id.y, quad);
  keep(first, quad, inside.x0);
  keep(first + 1u, quad, inside.x1);
  keep(first + 2u, quad, inside.x2);
  keep(first + 3u, quad, inside.x3);
  keep(first + 4u, quad, inside.x4);
  keep(first + 5u, quad, inside.x5);
  keep(first + 6u, quad, inside.x6);
  keep(first + 7u, quad, inside.x7);
}
