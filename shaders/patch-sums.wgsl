// patch-sums: sums over run neighbours along one axis: of parts of windows into windows, or of weights back onto cells
// One invocation: a pattern, a line, some blocks of sums, a quad of chains.
// In: elements [pattern of the tile][…][quad], in the order that axis says.
// Out: sums [pattern of the tile][…][quad], likewise.
// Twin: src/reference/window-sums.ts
// #include "common/params.wgsl"
// #include "common/patches.wgsl"
// #include "common/window-sums.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> elements: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

struct Line {
  quad: u32,
  // Where the line begins among the elements and the sums.
  elements: u32,
  sums: u32,
}

fn element(line: Line, index: u32) -> vec4f {
  return elements[(line.elements + index * axis.step) * params.num_quads + line.quad];
}

fn sum_at(line: Line, index: u32) -> u32 {
  return (line.sums + index * axis.sum_step) * params.num_quads + line.quad;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn patch_sums(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let place = place_of(item_of(id, num_workgroups));
  if (id.x >= params.num_quads || place.x >= patches.num_rows) {
    return;
  }
  let line = Line(
    id.x,
    place.x * axis.pattern_step + place.y * axis.line_step,
    place.x * axis.sum_pattern_step + place.y * axis.sum_line_step
  );
  sum_blocks(line, place.z);
}
