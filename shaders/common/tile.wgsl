// A tile of the matrix products: eight rows, or eight coordinates, of one quad of chains, a sum for each.
// Needs: nothing.

// Rows or coordinates of a tile.
const tile_length = 8u;

alias Tile = array<vec4f, 8>;

// The sums with one more term: eight entries of the memory, `low` and `high`, times what the quad has there.
fn add_term(sums: ptr<function, Tile>, low: vec4f, high: vec4f, x: vec4f) {
  (*sums)[0] += low.x * x;
  (*sums)[1] += low.y * x;
  (*sums)[2] += low.z * x;
  (*sums)[3] += low.w * x;
  (*sums)[4] += high.x * x;
  (*sums)[5] += high.y * x;
  (*sums)[6] += high.z * x;
  (*sums)[7] += high.w * x;
}
