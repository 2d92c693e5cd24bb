// Tree reductions over the lanes of a quad: x of an invocation is its quad in the workgroup, y its lane. The number of lanes
// fixes the order of the sums, so it belongs to the plan and is no tuning knob: 32, or one on an adapter that renders in
// software, where barriers cost more than they save. Every lane must call; every lane gets the result.
// Needs: nothing.

override num_lanes: u32 = 32u;
// Quads of chains side by side in a workgroup; those of a batch are a multiple of it.
override quads_per_reduction: u32 = 1u;
// Lanes times quads.
override num_shared_lanes: u32 = 32u;

// [lane][quad of the workgroup]
var<workgroup> reduce_scratch: array<vec4f, num_shared_lanes>;

fn reduce_sum(local: vec3u, value: vec4f) -> vec4f {
  if (num_lanes == 1u) {
    return value;
  }
  let at = local.y * quads_per_reduction + local.x;
  reduce_scratch[at] = value;
  workgroupBarrier();
  for (var stride = num_lanes / 2u; stride > 0u; stride = stride / 2u) {
    if (local.y < stride) {
      reduce_scratch[at] += reduce_scratch[at + stride * quads_per_reduction];
    }
    workgroupBarrier();
  }
  let total = reduce_scratch[local.x];
  workgroupBarrier();
  return total;
}

fn reduce_max(local: vec3u, value: vec4f) -> vec4f {
  if (num_lanes == 1u) {
    return value;
  }
  let at = local.y * quads_per_reduction + local.x;
  reduce_scratch[at] = value;
  workgroupBarrier();
  for (var stride = num_lanes / 2u; stride > 0u; stride = stride / 2u) {
    if (local.y < stride) {
      reduce_scratch[at] = max(reduce_scratch[at], reduce_scratch[at + stride * quads_per_reduction]);
    }
    workgroupBarrier();
  }
  let top = reduce_scratch[local.x];
  workgroupBarrier();
  return top;
}
