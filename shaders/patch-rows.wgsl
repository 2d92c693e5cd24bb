// patch-rows: Σ (ξ − row)² over the part of each window that lies in one line of cells, for a tile of patterns
// One invocation: a pattern, a line of cells, some blocks of windows, a quad of chains; differences are formed on the fly.
// In: image [coordinate][quad], the proposal or the state; memory_rows [row][coordinate].
// Out: sums [pattern of the tile][line of cells][window of the line][quad].
// Twin: src/reference/patches.ts
// #include "common/params.wgsl"
// #include "common/patches.wgsl"
// #include "common/window-sums.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> image: array<vec4f>;
@group(0) @binding(2) var<storage, read> memory_rows: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

struct Line {
  quad: u32,
  // Where the pattern begins in memory_rows, and the line in the sums.
  row: u32,
  sums: u32,
  // Lines of pixels.
  first_y: u32,
  end_y: u32,
}

// Over the pixels and channels of a cell.
fn element(line: Line, index: u32) -> vec4f {
  let first_x = index * patches.stride_x;
  let end_x = min(first_x + patches.stride_x, patches.width);
  var sum = vec4f();
  let end_y = line.end_y;
  for (var y = line.first_y; y < end_y; y++) {
    let end = (y * patches.width + end_x) * patches.channels;
    for (var i = (y * patches.width + first_x) * patches.channels; i < end; i++) {
      let difference = image[i * params.num_quads + line.quad] - memory_rows[line.row + i];
      sum += difference * difference;
    }
  }
  return sum;
}

fn sum_at(line: Line, index: u32) -> u32 {
  return (line.sums + index * axis.sum_step) * params.num_quads + line.quad;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn patch_rows(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let place = place_of(item_of(id, num_workgroups));
  if (id.x >= params.num_quads || place.x >= patches.num_rows) {
    return;
  }
  let first_y = place.y * patches.stride_y;
  let line = Line(
    id.x,
    (patches.first_row + place.x) * params.num_dims_padded,
    place.x * axis.sum_pattern_step + place.y * axis.sum_line_step,
    first_y,
    min(first_y + patches.stride_y, patches.height)
  );
  sum_blocks(line, place.z);
}
