// Terms of the products with tables of the memory, four lines of them at a time: their loads come before the sums, since a
// load takes longer than what is done with it. The order of the terms is that of the lines.
// Needs: the entry's memory_tables.
// #include "common/tile.wgsl"

// The sums with four more terms: a tile's entries at `at` and in the next three lines, times what the quad has there.
fn add_four_terms(sums: ptr<function, Tile>, at: u32, stride: u32, x0: vec4f, x1: vec4f, x2: vec4f, x3: vec4f) {
  let low0 = memory_tables[at];
  let high0 = memory_tables[at + 1u];
  let low1 = memory_tables[at + stride];
  let high1 = memory_tables[at + stride + 1u];
  let low2 = memory_tables[at + 2u * stride];
  let high2 = memory_tables[at + 2u * stride + 1u];
  let low3 = memory_tables[at + 3u * stride];
  let high3 = memory_tables[at + 3u * stride + 1u];
  add_term(sums, low0, high0, x0);
  add_term(sums, low1, high1, x1);
  add_term(sums, low2, high2, x2);
  add_term(sums, low3, high3, x3);
}
