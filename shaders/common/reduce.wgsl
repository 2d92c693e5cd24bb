// Tree reductions over the lanes of a workgroup. The number of lanes is part of the arithmetic (it fixes the order of
// the sums), so it is a constant and no tuning knob. Every lane must call; every lane gets the result.

const num_lanes = 32u;

var<workgroup> reduce_scratch: array<vec4f, num_lanes>;

fn reduce_sum(lane: u32, value: vec4f) -> vec4f {
  reduce_scratch[lane] = value;
  workgroupBarrier();
  for (var stride = num_lanes / 2u; stride > 0u; stride = stride / 2u) {
    if (lane < stride) {
      reduce_scratch[lane] += reduce_scratch[lane + stride];
    }
    workgroupBarrier();
  }
  let total = reduce_scratch[0];
  workgroupBarrier();
  return total;
}

fn reduce_max(lane: u32, value: vec4f) -> vec4f {
  reduce_scratch[lane] = value;
  workgroupBarrier();
  for (var stride = num_lanes / 2u; stride > 0u; stride = stride / 2u) {
    if (lane < stride) {
      reduce_scratch[lane] = max(reduce_scratch[lane], reduce_scratch[lane + stride]);
    }
    workgroupBarrier();
  }
  let top = reduce_scratch[0];
  workgroupBarrier();
  return top;
}
