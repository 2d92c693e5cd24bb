// The natural logarithm to a few units in the last place, near 1 too, where WGSL allows its built-in an absolute error
// of 2⁻²¹: acceptance ratios of 1e-6 depend on it.
// Needs: nothing.

// log x for positive normal x: x = 2^e m with m in [√½, √2), log m = 2 artanh(s), s = (m − 1)/(m + 1).
fn accurate_log(x: vec4f) -> vec4f {
  const root_half_bits = 0x3f3504f3u;
  let shifted = bitcast<vec4u>(x) + vec4u(0x3f800000u - root_half_bits);
  let exponent = vec4f(vec4i(shifted >> vec4u(23u)) - vec4i(127));
  let mantissa = bitcast<vec4f>((shifted & vec4u(0x007fffffu)) + vec4u(root_half_bits));
  let s = (mantissa - 1.0) / (mantissa + 1.0);
  let s2 = s * s;
  let series = s2 * (1.0 / 3.0 + s2 * (1.0 / 5.0 + s2 * (1.0 / 7.0 + s2 * (1.0 / 9.0))));
  return exponent * 0.69314718056 + (2.0 * s + 2.0 * s * series);
}
