// Q·coordinates for a tile of eight coordinates of a quad of chains, in registers.
// Needs: params.wgsl; basis_rows [direction][coordinate]; coordinate_of(direction, quad), which the including file gives.

struct Expansion {
  x0: vec4f,
  x1: vec4f,
  x2: vec4f,
  x3: vec4f,
  x4: vec4f,
  x5: vec4f,
  x6: vec4f,
  x7: vec4f,
}

fn expand_tile(tile: u32, quad: u32) -> Expansion {
  var sum = Expansion();
  let stride = params.full_dims_padded / 4u;
  for (var j = 0u; j < params.dim; j++) {
    let u = coordinate_of(j, quad);
    let low = basis_rows[j * stride + 2u * tile];
    let high = basis_rows[j * stride + 2u * tile + 1u];
    sum.x0 += low.x * u;
    sum.x1 += low.y * u;
    sum.x2 += low.z * u;
    sum.x3 += low.w * u;
    sum.x4 += high.x * u;
    sum.x5 += high.y * u;
    sum.x6 += high.z * u;
    sum.x7 += high.w * u;
  }
  return sum;
}
