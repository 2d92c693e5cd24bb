// The windows of a patch energy, counted in cells: a cell is stride × stride pixels, a window is run × run cells, and the
// padding is whole cells, so window t covers the cells t − run + 1 … t and cell u lies in the windows u … u + run − 1.
// Needs: params.wgsl, and the entry's tiles_per_workgroup.

// One tile of the patterns, and what all tiles share. The other axis of a pass stands in its Axis.
struct Patches {
  // Rows of the stack that the tile holds.
  first_row: u32,
  num_rows: u32,
  height: u32,
  width: u32,
  channels: u32,
  stride_y: u32,
  stride_x: u32,
  cells_x: u32,
  num_cells: u32,
  num_windows: u32,
  // ω
  power: f32,
}

// The softmax of one window: log p = (z − top) − log_mass. While tiles pass by, log_mass holds Σ exp(z − top) and
// entropy Σ exp(z − top)(z − top).
struct WindowFacts {
  top: vec4f,
  log_mass: vec4f,
  entropy: vec4f,
}

@group(0) @binding(10) var<uniform> patches: Patches;

// Items go along y, and on along z where the grid ends.
fn item_of(id: vec3u, num_workgroups: vec3u) -> u32 {
  return id.y + id.z * num_workgroups.y * tiles_per_workgroup;
}

// Whether this tile of patterns is the first, or the last, of a pass.
fn holds_first_row() -> bool {
  return patches.first_row == 0u;
}

fn holds_last_row() -> bool {
  return patches.first_row + patches.num_rows == params.num_rows;
}

// z from the sum of the squared differences in a window.
fn window_logit(sum: vec4f) -> vec4f {
  return (-0.5 * params.beta) * sum;
}
