// Measures what the device multiplies and adds at most in float32: 16 independent chains of vec4 fused multiply-adds.
// One thread: one set of chains. Entry point: fma_peak.
// Binding 0: one value a thread, so that nothing can be left out, [threads].
// Override num_loops: each has 16 × 4 multiply-adds a thread.
override num_loops: u32 = 1024u;

@group(0) @binding(0) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn fma_peak(@builtin(global_invocation_id) id: vec3u) {
  let x = f32(id.x) * 1e-9;
  let a = vec4f(0.999 + x);
  let b = vec4f(0.001, 0.002, 0.003, 0.004);
  var s0 = vec4f(x);
  var s1 = s0 + b;
  var s2 = s1 + b;
  var s3 = s2 + b;
  var s4 = s3 + b;
  var s5 = s4 + b;
  var s6 = s5 + b;
  var s7 = s6 + b;
  var t0 = s7 + b;
  var t1 = t0 + b;
  var t2 = t1 + b;
  var t3 = t2 + b;
  var t4 = t3 + b;
  var t5 = t4 + b;
  var t6 = t5 + b;
  var t7 = t6 + b;
  for (var n = 0u; n < num_loops; n++) {
    s0 = fma(s0, a, b);
    s1 = fma(s1, a, b);
    s2 = fma(s2, a, b);
    s3 = fma(s3, a, b);
    s4 = fma(s4, a, b);
    s5 = fma(s5, a, b);
    s6 = fma(s6, a, b);
    s7 = fma(s7, a, b);
    t0 = fma(t0, a, b);
    t1 = fma(t1, a, b);
    t2 = fma(t2, a, b);
    t3 = fma(t3, a, b);
    t4 = fma(t4, a, b);
    t5 = fma(t5, a, b);
    t6 = fma(t6, a, b);
    t7 = fma(t7, a, b);
  }
  let s = (s0 + s1 + s2 + s3) + (s4 + s5 + s6 + s7) + (t0 + t1 + t2 + t3) + (t4 + t5 + t6 + t7);
  out[id.x] = s.x + s.y + s.z + s.w;
}
