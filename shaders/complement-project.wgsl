// complement-project: c = Qᵀε, what the fresh noise has inside the span
// One workgroup: a tile of eight directions of a quad of chains; the lanes share the coordinates.
// In: basis_columns [coordinate][direction], fresh_noise [coordinate][quad].
// Out: inside_noise [direction][quad].
// Twin: project in src/core/collapse.ts
// #include "common/params.wgsl"
// #include "common/reduce.wgsl"

@group(0) @binding(1) var<storage, read> basis_columns: array<vec4f>;
@group(0) @binding(2) var<storage, read> fresh_noise: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> inside_noise: array<vec4f>;

fn add_up(lane: u32, quad: u32, direction: u32, part: vec4f) {
  let sum = reduce_sum(lane, part);
  if (lane == 0u) {
    inside_noise[direction * params.num_quads + quad] = sum;
  }
}

@compute @workgroup_size(num_lanes)
fn complement_project(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x;
  let tile = group.y;
  let lane = local.x;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();
  for (var i = lane; i < params.full_dim; i += num_lanes) {
    let x = fresh_noise[i * params.num_quads + quad];
    let at = i * (params.num_dims_padded / 4u) + 2u * tile;
    let low = basis_columns[at];
    let high = basis_columns[at + 1u];
    sum0 += low.x * x;
    sum1 += low.y * x;
    sum2 += low.z * x;
    sum3 += low.w * x;
    sum4 += high.x * x;
    sum5 += high.y * x;
    sum6 += high.z * x;
    sum7 += high.w * x;
  }
  let first = tile * tile_length;
  add_up(lane, quad, first, sum0);
  add_up(lane, quad, first + 1u, sum1);
  add_up(lane, quad, first + 2u, sum2);
  add_up(lane, quad, first + 3u, sum3);
  add_up(lane, quad, first + 4u, sum4);
  add_up(lane, quad, first + 5u, sum5);
  add_up(lane, quad, first + 6u, sum6);
  add_up(lane, quad, first + 7u, sum7);
}
