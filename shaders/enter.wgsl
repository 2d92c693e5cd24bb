// enter: nothing: hands the attention that `softmax` left over to `fused`, as the state decided after the last step
// One invocation: a quad of chains, one row after another.
// In: proposal_log_attention [row][quad], log_normalizers [head][quad], clock [quad].
// Out: pattern_states [parity of the step][row, and one for lse][quad].
// Twin: none, it computes nothing
// #include "common/params.wgsl"

override invocations_per_workgroup: u32 = 64u;

@group(0) @binding(1) var<storage, read> proposal_log_attention: array<vec4f>;
@group(0) @binding(2) var<storage, read> log_normalizers: array<LogNormalizers>;
@group(0) @binding(3) var<storage, read> clock: array<u32>;
@group(0) @binding(4) var<storage, read_write> pattern_states: array<vec4f>;

@compute @workgroup_size(invocations_per_workgroup)
fn enter(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= params.num_quads) {
    return;
  }
  let parity = (clock[quad] + 1u) & 1u;
  let out = parity * (params.num_rows_padded + 1u) * params.num_quads + quad;
  let num_rows = params.num_rows;
  for (var k = 0u; k < num_rows; k++) {
    pattern_states[out + k * params.num_quads] = proposal_log_attention[k * params.num_quads + quad];
  }
  // One head: its power times lse.
  pattern_states[out + params.num_rows_padded * params.num_quads] = log_normalizers[quad].proposal / params.total_power;
}
