// streaming: z'_k and the part of T(ξ') of some of the patterns, block after block: Σ_k exp(z'_k − top) row_k, with the
// largest logit so far for top, and sums brought down as it grows; for adjusted kernels also the sums over patterns that
// the log ratio's attention term is made of.
// One workgroup: num_owned pairs of quads and one split of the rows; one invocation: eight rows of a block in a part of
// the coordinates, then eight coordinates in all rows of the block, of two quads: sixteen accumulators in registers.
// In: memory_rows [row][coordinate], memory_columns [coordinate][row], row_facts [row], proposal [coordinate][quad],
//     is_rejected [quad].
// In and out: log_attention, proposal_log_attention [row][quad], which holds z' instead of log p' afterwards.
// Out: partials [split][coordinate, then fact][quad].
// Twin: src/reference/logits.ts, softmax.ts and retrieve.ts, and attentionTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/tile.wgsl"
// #include "common/partials.wgsl"

// Tuning: no result depends on it.
override num_owned: u32 = 1u;
// These fix the order of sums: coordinates / 8, rounded up, or more; tiles of rows in a block; parts of the coordinates;
// and blocks of a split.
override num_tiles: u32 = 8u;
override num_row_tiles: u32 = 8u;
override num_parts: u32 = 1u;
override num_blocks: u32 = 1u;

override is_adjusted: bool = true;

// Vectors of workgroup memory: 16 · num_row_tiles · num_parts · num_owned, and 8 · num_row_tiles · num_owned.
override num_shared_rows: u32 = 128u;
override num_shared_facts: u32 = 64u;

@group(0) @binding(1) var<storage, read> memory_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> memory_columns: array<vec4f>;
@group(0) @binding(3) var<storage, read> row_facts: array<RowFacts>;
@group(0) @binding(4) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(5) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(6) var<storage, read_write> log_attention: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> proposal_log_attention: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> partials: array<vec4f>;

// exp(z' − top), and before that the parts of z' but the first [part][row of the block][pair][quad of the pair].
var<workgroup> shared_rows: array<vec4f, num_shared_rows>;
// Largest logits of tiles, and in the end their sums [fact][tile][pair][quad of the pair].
var<workgroup> shared_facts: array<vec4f, num_shared_facts>;

// What a tile of rows puts into the facts of its split.
struct RowSums {
  mass: vec4f,
  moved: vec4f,
  left: vec4f,
  weight: vec4f,
}

// The sums so far for a top that has grown.
fn brought_down(sums: RowSums, growth: vec4f) -> RowSums {
  let scale = exp(-growth);
  return RowSums(
    scale * sums.mass,
    scale * (sums.moved + growth * sums.mass),
    sums.left + growth * sums.weight,
    sums.weight
  );
}

// With one more row, whose logit is taken from the top; keeps the logit, and moves the state's weight up.
fn with_row(sums: RowSums, row: u32, quad: u32, logit: vec4f, top: vec4f, reject: vec4<bool>) -> RowSums {
  let at = row * params.num_quads + quad;
  let shifted = logit - top;
  let e = exp(shifted);
  var result = sums;
  result.mass += e;
  if (is_adjusted) {
    let log_p = select(proposal_log_attention[at], log_attention[at], reject);
    log_attention[at] = log_p;
    let p = exp(log_p);
    let fall = log_p - shifted;
    result.moved += e * fall;
    result.left += p * fall;
    result.weight += p;
  }
  proposal_log_attention[at] = logit;
  return result;
}

@compute @workgroup_size(num_owned, num_tiles)
fn streaming(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = local.y;
  let slot = 2u * local.x;
  let width = 2u * num_owned;
  let quad = group.x * width + slot;
  let split = group.y;
  let part = tile / num_row_tiles;
  let row_tile = tile % num_row_tiles;
  let rows_in_block = num_row_tiles * tile_length;
  let part_length = (params.dim + num_parts - 1u) / num_parts;
  let part_first = part * part_length;
  let part_end = min(part_first + part_length, params.dim);
  let row_stride = params.num_dims_padded / 4u;
  let column_stride = params.num_rows_padded / 4u;
  let owns_coordinates = tile * tile_length < params.num_dims_padded;
  let reject0 = is_rejected[quad] != vec4u(0u);
  let reject1 = is_rejected[quad + 1u] != vec4u(0u);

  var logits0: Tile;
  var logits1: Tile;
  var sums0: Tile;
  var sums1: Tile;
  var top0 = vec4f();
  var top1 = vec4f();
  var facts0 = RowSums();
  var facts1 = RowSums();

  let first_row = split * num_blocks * rows_in_block;
  let end_row = min(first_row + num_blocks * rows_in_block, params.num_rows);
  for (var block_row = first_row; block_row < end_row; block_row += rows_in_block) {
    let count = min(rows_in_block, end_row - block_row);
    let num_filled = (count + tile_length - 1u) / tile_length;
    let row = block_row + row_tile * tile_length;
    let owns_part = part < num_parts && row_tile < num_filled;
    let owns_rows = owns_part && part == 0u;
    if (owns_part) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        logits0[i] = vec4f();
        logits1[i] = vec4f();
      }
      for (var i = part_first; i < part_end; i++) {
        let at = i * column_stride + row / 4u;
        let low = memory_columns[at];
        let high = memory_columns[at + 1u];
        let x0 = proposal[i * params.num_quads + quad];
        let x1 = proposal[i * params.num_quads + quad + 1u];
        add_term(&logits0, low, high, x0);
        add_term(&logits1, low, high, x1);
      }
      if (part > 0u) {
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          let at = (part * rows_in_block + row_tile * tile_length + i) * width + slot;
          shared_rows[at] = logits0[i];
          shared_rows[at + 1u] = logits1[i];
        }
      }
    }
    workgroupBarrier();

    if (owns_rows) {
      for (var other = 1u; other < num_parts; other++) {
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          let at = (other * rows_in_block + row_tile * tile_length + i) * width + slot;
          logits0[i] += shared_rows[at];
          logits1[i] += shared_rows[at + 1u];
        }
      }
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        let fact = row_facts[row + i];
        let constant = fact.offset + fact.log_weight / params.beta;
        logits0[i] = params.beta * (constant + logits0[i]);
        logits1[i] = params.beta * (constant + logits1[i]);
      }
      // Maxima start from an element; rows past the end are left out.
      var largest0 = logits0[0];
      var largest1 = logits1[0];
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (row + i < end_row) {
          largest0 = max(largest0, logits0[i]);
          largest1 = max(largest1, logits1[i]);
        }
      }
      shared_facts[row_tile * width + slot] = largest0;
      shared_facts[row_tile * width + slot + 1u] = largest1;
    }
    workgroupBarrier();

    var block_top0 = shared_facts[slot];
    var block_top1 = shared_facts[slot + 1u];
    for (var other = 1u; other < num_filled; other++) {
      block_top0 = max(block_top0, shared_facts[other * width + slot]);
      block_top1 = max(block_top1, shared_facts[other * width + slot + 1u]);
    }
    if (block_row == first_row) {
      top0 = block_top0;
      top1 = block_top1;
    }
    let growth0 = max(vec4f(), block_top0 - top0);
    let growth1 = max(vec4f(), block_top1 - top1);
    top0 = max(top0, block_top0);
    top1 = max(top1, block_top1);
    if (owns_rows) {
      facts0 = brought_down(facts0, growth0);
      facts1 = brought_down(facts1, growth1);
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (row + i < end_row) {
          let at = (row_tile * tile_length + i) * width + slot;
          shared_rows[at] = exp(logits0[i] - top0);
          shared_rows[at + 1u] = exp(logits1[i] - top1);
          facts0 = with_row(facts0, row + i, quad, logits0[i], top0, reject0);
          facts1 = with_row(facts1, row + i, quad + 1u, logits1[i], top1, reject1);
        }
      }
    } else if (part == 0u) {
      facts0 = brought_down(facts0, growth0);
      facts1 = brought_down(facts1, growth1);
    }
    workgroupBarrier();

    if (owns_coordinates) {
      let scale0 = exp(-growth0);
      let scale1 = exp(-growth1);
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        sums0[i] *= scale0;
        sums1[i] *= scale1;
      }
      for (var k = 0u; k < count; k++) {
        let at = (block_row + k) * row_stride + 2u * tile;
        let low = memory_rows[at];
        let high = memory_rows[at + 1u];
        let e0 = shared_rows[k * width + slot];
        let e1 = shared_rows[k * width + slot + 1u];
        add_term(&sums0, low, high, e0);
        add_term(&sums1, low, high, e1);
      }
    }
  }

  if (owns_coordinates) {
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      let at = split_at(split, quad) + (tile * tile_length + i) * params.num_quads;
      partials[at] = sums0[i];
      partials[at + 1u] = sums1[i];
    }
  }
  if (part == 0u) {
    let step = num_row_tiles * width;
    let at = row_tile * width + slot;
    shared_facts[at] = facts0.mass;
    shared_facts[at + 1u] = facts1.mass;
    shared_facts[at + step] = facts0.moved;
    shared_facts[at + step + 1u] = facts1.moved;
    shared_facts[at + 2u * step] = facts0.left;
    shared_facts[at + 2u * step + 1u] = facts1.left;
    shared_facts[at + 3u * step] = facts0.weight;
    shared_facts[at + 3u * step + 1u] = facts1.weight;
  }
  workgroupBarrier();

  // Four sums, of two quads each.
  if (tile < 8u) {
    let sum_index = tile / 2u;
    let lane = slot + tile % 2u;
    var sum = shared_facts[sum_index * num_row_tiles * width + lane];
    for (var other = 1u; other < num_row_tiles; other++) {
      sum += shared_facts[(sum_index * num_row_tiles + other) * width + lane];
    }
    partials[fact_at(split, fact_mass + sum_index, quad + tile % 2u)] = sum;
  }
  if (tile == 0u) {
    partials[fact_at(split, fact_top, quad)] = top0;
    partials[fact_at(split, fact_top, quad + 1u)] = top1;
  }
}
