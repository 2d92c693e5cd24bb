/**
 * Rows in tiles of four, for products with vectors in float64: a pass over a tile loads an entry of the vector once for four
 * rows, and walking through one array costs half of walking through four at once. The loops stand where they are used, in
 * reference/logits.ts and core/collapse.ts: as one function that both called they took a tenth longer.
 */

/** Loops over tiles say 4: an imported constant is looked up anew in every turn where modules are not bundled. */
const rowsPerTile = 4;

/** The rows, [dim] each, interleaved by fours with zeros past the last one: [⌈numRows/4⌉, dim, 4]. */
export function tileRows(rows: readonly Float64Array[], dim: number): Float64Array {
  const tiles = new Float64Array(Math.ceil(rows.length / rowsPerTile) * rowsPerTile * dim);
  for (const [k, row] of rows.entries()) {
    const lane = k % rowsPerTile;
    const first = (k - lane) * dim + lane;
    for (let i = 0; i < dim; i++) tiles[first + i * rowsPerTile] = row[i]!;
  }
  return tiles;
}
