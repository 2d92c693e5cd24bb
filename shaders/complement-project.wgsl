// complement-project: c = Qᵀε, what the fresh noise has inside the span
// One workgroup: a tile of eight directions of a quad of chains; the lanes share the coordinates, and eight of them add up.
// In: basis_columns [coordinate][direction], fresh_noise [coordinate][quad].
// Out: inside_noise [direction][quad].
// Twin: project in src/core/collapse.ts
// #include "common/params.wgsl"

const num_lanes = 32u;

@group(0) @binding(1) var<storage, read> basis_columns: array<vec4f>;
@group(0) @binding(2) var<storage, read> fresh_noise: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> inside_noise: array<vec4f>;

// [direction of the tile][lane]
var<workgroup> parts: array<vec4f, tile_length * num_lanes>;

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
  parts[lane] = sum0;
  parts[num_lanes + lane] = sum1;
  parts[2u * num_lanes + lane] = sum2;
  parts[3u * num_lanes + lane] = sum3;
  parts[4u * num_lanes + lane] = sum4;
  parts[5u * num_lanes + lane] = sum5;
  parts[6u * num_lanes + lane] = sum6;
  parts[7u * num_lanes + lane] = sum7;
  workgroupBarrier();
  if (lane < tile_length) {
    var total = vec4f();
    for (var part = 0u; part < num_lanes; part++) {
      total += parts[lane * num_lanes + part];
    }
    inside_noise[(tile * tile_length + lane) * params.num_quads + quad] = total;
  }
}
