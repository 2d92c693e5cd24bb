// complement-project: c = Qᵀε, what the fresh noise has inside the span, in partial sums over slices of the coordinates
// One invocation: a tile of eight directions, one slice, two quads of chains, so that a load of the basis serves eight chains.
// In: basis_columns [coordinate][direction], fresh_noise [coordinate][quad].
// Out: noise_products [slice][direction][quad]; inside adds them up.
// Twin: projectAll in src/core/collapse.ts
// #include "common/params.wgsl"
// #include "common/tile.wgsl"

override pairs_per_workgroup: u32 = 8u;
override tiles_per_pair: u32 = 8u;

@group(0) @binding(1) var<storage, read> basis_columns: array<vec4f>;
@group(0) @binding(2) var<storage, read> fresh_noise: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> noise_products: array<vec4f>;

@compute @workgroup_size(pairs_per_workgroup, tiles_per_pair)
fn complement_project(@builtin(global_invocation_id) id: vec3u) {
  let quad0 = 2u * id.x;
  let tile = id.y;
  let slice = id.z;
  if (quad0 >= params.num_quads || tile * tile_length >= params.num_dims_padded) {
    return;
  }
  // A last quad without a partner goes with itself.
  let quad1 = min(quad0 + 1u, params.num_quads - 1u);
  var sums0: Tile;
  var sums1: Tile;
  let stride = params.num_quads;
  let column_stride = params.num_dims_padded / 4u;
  let first = slice * params.slice_length;
  let end = min(first + params.slice_length, params.full_dim);
  for (var i = first; i < end; i++) {
    let x0 = fresh_noise[i * stride + quad0];
    let x1 = fresh_noise[i * stride + quad1];
    let at = i * column_stride + 2u * tile;
    let low = basis_columns[at];
    let high = basis_columns[at + 1u];
    add_term(&sums0, low, high, x0);
    add_term(&sums1, low, high, x1);
  }
  let out = (slice * params.num_dims_padded + tile * tile_length) * stride;
  // #unroll
  for (var i = 0u; i < 8u; i++) {
    noise_products[out + i * stride + quad0] = sums0[i];
    noise_products[out + i * stride + quad1] = sums1[i];
  }
}
