// fused: one step of ula, mala, ou or ou-mala in one dispatch, for d ≫ K: the last proposal is decided upon in the space of
// the patterns; then X and the state are read once, tile after tile: T = ω Σ_k p_k row_k, ξ' = decay·ξ + drift·T + noise·ε,
// and at once the tile's part of row·ξ'. T(ξ') is never formed: with G the products of the rows, and primes at ξ',
//   Σ(g' − g)(g' + g) = Σ_i (ξ' − ξ)(ξ' + ξ − 2T) − 2ω Σ_k (p'_k − p_k) row_k·ξ' + ω² (p' − p)ᵀG(p' + p)
//   Σ(T' − T)(g' + g) = ω Σ_k (p'_k − p_k) row_k·(ξ' + ξ) − ω² (p' − p)ᵀG(p' + p)
// whose sums over the patterns vanish where one pattern has all the weight.
// One workgroup: num_owned quads of chains and one slice of the coordinates or several; one invocation: a tile of eight rows,
// and of eight coordinates at a time, of a quad. Every workgroup decides for itself, and alike; the first one of a quad keeps
// the tallies.
// In: memory_tables: rows [row][coordinate], columns [coordinate][row], offset and log_weight per row, G [row][row].
// In and out: position, proposal [coordinate][quad]; clock [workgroup of the quad][quad]; tallies, num_non_finite [quad];
//     moves [parity of the step][slice][row, and one for the coordinates' part of the ratio][quad];
//     pattern_states [parity of the step][row, and one for lse][quad]: log p.
// Out: nothing else.
// Twin: createStep in src/reference/chain.ts, with propose.ts, logits.ts, softmax.ts, retrieve.ts and accept.ts there
// #include "common/params.wgsl"
// #include "common/tables.wgsl"
// #include "common/langevin.wgsl"
// #include "common/normal.wgsl"
// #include "common/decision.wgsl"

// Tuning: no result depends on it.
override num_owned: u32 = 1u;
// Rows / 8, rounded up, or more: with the number of passes they fix the slices, and so belong to the arithmetic.
override num_tiles: u32 = 1u;
override num_passes: u32 = 1u;
override num_slices: u32 = 1u;
// Tuning as well: the sums of each slice are its own.
override slices_per_workgroup: u32 = 1u;

override is_adjusted: bool = true;
// Instead of proposing, leaves the decided state where `logits` and `gather` look for it: in `proposal`.
override is_last: bool = false;

// Vectors of workgroup memory: 8 · num_tiles · num_owned, and num_tiles · num_owned.
override num_shared_rows: u32 = 8u;
override num_shared_tiles: u32 = 1u;
override num_shared_quads: u32 = 1u;

@group(0) @binding(1) var<storage, read> memory_tables: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> moves: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> pattern_states: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> position: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> proposal: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> clock: array<u32>;
@group(0) @binding(7) var<storage, read_write> tallies: array<Tally>;
@group(0) @binding(8) var<storage, read_write> num_non_finite: array<vec4u>;

var<workgroup> shared_clock: u32;
// p' + p, then ω p [row][quad]; ξ' [coordinate of the tile][quad]; one number a tile [tile][quad], twice; log u [quad].
var<workgroup> shared_weights: array<vec4f, num_shared_rows>;
var<workgroup> shared_proposal: array<vec4f, num_shared_rows>;
var<workgroup> shared_terms: array<vec4f, num_shared_tiles>;
var<workgroup> shared_masses: array<vec4f, num_shared_tiles>;
var<workgroup> shared_coins: array<vec4f, num_shared_quads>;

// The sums with the rows of a table, those of the tile that begins at `at`, times the shared weights, which are zero past
// the end.
fn add_weighted_rows(sums: ptr<function, Tile>, at: u32, stride: u32, slot: u32) {
  let num_fours = (params.num_rows + 3u) / 4u;
  for (var four = 0u; four < num_fours; four++) {
    let x_at = 4u * four * num_owned + slot;
    add_four_terms(
      sums, at + 4u * four * stride, stride,
      shared_weights[x_at], shared_weights[x_at + num_owned],
      shared_weights[x_at + 2u * num_owned], shared_weights[x_at + 3u * num_owned]
    );
  }
}

fn sum_of_tiles(slot: u32, count: u32) -> vec4f {
  var sum = shared_terms[slot];
  for (var other = 1u; other < count; other++) {
    sum += shared_terms[other * num_owned + slot];
  }
  return sum;
}

@compute @workgroup_size(num_owned, num_tiles)
fn fused(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u
) {
  let tile = local.y;
  let slot = local.x;
  let quad = group.x * num_owned + slot;
  let first_slice = group.y * slices_per_workgroup;
  let end_slice = min(first_slice + slices_per_workgroup, num_slices);
  let keeps_record = group.y == 0u;
  let row = tile * tile_length;
  let num_row_tiles = params.num_rows_padded / tile_length;
  let owns_rows = tile < num_row_tiles;
  let row_stride = params.num_dims_padded / 4u;
  let column_stride = params.num_rows_padded / 4u;
  let columns = params.num_rows_padded * row_stride;
  let facts = columns + params.num_dims_padded * column_stride;
  let gram = facts + params.num_rows_padded;
  // Rows of a slice in `moves` and of a state: the patterns and one more.
  let num_entries = params.num_rows_padded + 1u;
  let power = params.total_power;

  if (local.x == 0u && local.y == 0u) {
    shared_clock = clock[group.y * params.num_quads + quad];
  }
  let now = workgroupUniformLoad(&shared_clock);
  let is_pending = now != params.first_clock;
  // A state that was decided after step s lies at the parity of s; what step s moved, likewise.
  let last_parity = (now + 1u) & 1u;
  let state_parity = select(last_parity, now & 1u, is_pending);
  let state = state_parity * num_entries * params.num_quads + quad;

  var log_weights: Tile;
  var log_normalizer = pattern_states[state + params.num_rows_padded * params.num_quads];
  var reject = vec4<bool>(false);
  if (owns_rows) {
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      log_weights[i] = pattern_states[state + (row + i) * params.num_quads];
    }
  }

  if (is_pending) {
    let moved = last_parity * num_slices * num_entries * params.num_quads + quad;
    var logits: Tile;
    var constants: array<f32, 8>;
    if (owns_rows) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        let fact = memory_tables[facts + row + i];
        constants[i] = fact.x + fact.y / params.beta;
        logits[i] = vec4f();
      }
      for (var other = 0u; other < num_slices; other++) {
        let start = moved + (other * num_entries + row) * params.num_quads;
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          logits[i] += moves[start + i * params.num_quads];
        }
      }
      // Maxima start from an element; rows past the end repeat it.
      let z_first = params.beta * (constants[0] + logits[0]);
      var largest = z_first;
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        let z = select(z_first, params.beta * (constants[i] + logits[i]), row + i < params.num_rows);
        logits[i] = z;
        largest = max(largest, z);
      }
      shared_terms[tile * num_owned + slot] = largest;
    }
    workgroupBarrier();

    var top = shared_terms[slot];
    for (var other = 1u; other < num_row_tiles; other++) {
      top = max(top, shared_terms[other * num_owned + slot]);
    }
    if (owns_rows) {
      var tile_mass = vec4f();
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        tile_mass += select(vec4f(), exp(logits[i] - top), row + i < params.num_rows);
      }
      shared_masses[tile * num_owned + slot] = tile_mass;
    }
    workgroupBarrier();

    var mass = shared_masses[slot];
    for (var other = 1u; other < num_row_tiles; other++) {
      mass += shared_masses[other * num_owned + slot];
    }
    let log_mass = accurate_log(mass);
    let moved_normalizer = top + log_mass;

    if (is_adjusted) {
      if (owns_rows) {
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          let sum = exp(log_weights[i]) + exp((logits[i] - top) - log_mass);
          shared_weights[(row + i) * num_owned + slot] = select(vec4f(), sum, row + i < params.num_rows);
        }
      }
      workgroupBarrier();

      var term = vec4f();
      if (owns_rows) {
        var products: Tile;
        add_weighted_rows(&products, gram + 2u * tile, column_stride, slot);
        var attention_term = vec4f();
        var pattern_term = vec4f();
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          let log_moved = (logits[i] - top) - log_mass;
          let change = exp(log_moved) - exp(log_weights[i]);
          let overlap = logits[i] / params.beta - constants[i];
          let old_overlap = (log_weights[i] + log_normalizer) / params.beta - constants[i];
          let sum = shared_weights[(row + i) * num_owned + slot];
          let euler = power * products[i] - 2.0 * overlap;
          let exponential = (overlap + old_overlap) - power * products[i];
          let part = power * change * select(euler, exponential, is_exponential);
          let is_row = row + i < params.num_rows;
          attention_term += select(vec4f(), sum * (log_weights[i] - log_moved), is_row);
          pattern_term += select(vec4f(), part, is_row);
        }
        term = (0.5 * power) * attention_term + params.ratio_scale * pattern_term;
      }
      if (tile == 0u) {
        if (!is_exponential) {
          var coordinate_term = vec4f();
          for (var other = 0u; other < num_slices; other++) {
            coordinate_term += moves[moved + (other * num_entries + params.num_rows_padded) * params.num_quads];
          }
          term += params.ratio_scale * coordinate_term;
        }
        shared_coins[slot] = log_coin(now - 1u, quad);
      }
      // The maxima in shared_terms have been read by all: two barriers lie in between.
      shared_terms[tile * num_owned + slot] = term;
      workgroupBarrier();

      let log_ratio = sum_of_tiles(slot, num_tiles);
      let is_finite = has_finite_bits(log_ratio);
      let decision = is_finite & (shared_coins[slot] < log_ratio);
      reject = !decision;
      if (tile == 0u && keeps_record) {
        tallies[quad].num_accepted += select(vec4u(0u), vec4u(1u), decision);
        tallies[quad].log_ratio_sum += select(vec4f(), log_ratio, is_finite);
        num_non_finite[quad] += select(vec4u(1u), vec4u(0u), is_finite);
      }
    }

    let next_state = last_parity * num_entries * params.num_quads + quad;
    log_normalizer = select(moved_normalizer, log_normalizer, reject);
    if (owns_rows) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        log_weights[i] = select((logits[i] - top) - log_mass, log_weights[i], reject);
        if (keeps_record) {
          pattern_states[next_state + (row + i) * params.num_quads] = log_weights[i];
        }
      }
    }
    if (tile == 0u && keeps_record) {
      pattern_states[next_state + params.num_rows_padded * params.num_quads] = log_normalizer;
    }
    workgroupBarrier();
  }

  if (is_last) {
    for (var pass_index = first_slice * num_passes; pass_index < end_slice * num_passes; pass_index++) {
      let first = (pass_index * num_tiles + tile) * tile_length;
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (is_adjusted && first + i < params.dim) {
          let at = (first + i) * params.num_quads + quad;
          proposal[at] = select(proposal[at], position[at], reject);
        }
      }
    }
    return;
  }

  if (owns_rows) {
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      let weight = select(vec4f(), power * exp(log_weights[i]), row + i < params.num_rows);
      shared_weights[(row + i) * num_owned + slot] = weight;
    }
  }
  workgroupBarrier();

  for (var slice = first_slice; slice < end_slice; slice++) {
    var sums: Tile;
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      sums[i] = vec4f();
    }
    var coordinate_term = vec4f();
    for (var pass_index = 0u; pass_index < num_passes; pass_index++) {
      let pass_first = (slice * num_passes + pass_index) * num_tiles * tile_length;
      let first = pass_first + row;
      if (first < params.dim) {
        var retrieval: Tile;
        var normals: Tile;
        var current: Tile;
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          retrieval[i] = vec4f();
        }
        // Early, as they take long to arrive.
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          let at = (first + i) * params.num_quads + quad;
          current[i] = proposal[at];
          if (is_adjusted) {
            current[i] = select(current[i], position[at], reject);
          }
        }
        add_weighted_rows(&retrieval, first / 4u, row_stride, slot);
        // #unroll
        for (var half = 0u; half < 2u; half++) {
          let drawn = normal_block(now, first / 4u + half, quad);
          normals[4u * half] = drawn.normal0;
          normals[4u * half + 1u] = drawn.normal1;
          normals[4u * half + 2u] = drawn.normal2;
          normals[4u * half + 3u] = drawn.normal3;
        }
        // #unroll
        for (var i = 0u; i < 8u; i++) {
          var moved = vec4f();
          if (first + i < params.dim) {
            let at = (first + i) * params.num_quads + quad;
            let x = current[i];
            if (is_adjusted) {
              position[at] = x;
            }
            moved = params.decay * x + params.drift * retrieval[i] + params.noise * normals[i];
            proposal[at] = moved;
            if (is_adjusted && !is_exponential) {
              coordinate_term += (moved - x) * ((moved + x) - 2.0 * retrieval[i]);
            }
          }
          shared_proposal[(row + i) * num_owned + slot] = moved;
        }
      }
      workgroupBarrier();
      if (owns_rows) {
        let end = min(num_tiles * tile_length, max(params.dim, pass_first) - pass_first);
        // What follows a last coordinate in its tile is zero.
        let end_fours = (end + 3u) / 4u;
        for (var four = 0u; four < end_fours; four++) {
          let x_at = 4u * four * num_owned + slot;
          add_four_terms(
            &sums, columns + (pass_first + 4u * four) * column_stride + 2u * tile, column_stride,
            shared_proposal[x_at], shared_proposal[x_at + num_owned],
            shared_proposal[x_at + 2u * num_owned], shared_proposal[x_at + 3u * num_owned]
          );
        }
      }
      workgroupBarrier();
    }

    let out = ((now & 1u) * num_slices + slice) * num_entries * params.num_quads + quad;
    if (owns_rows) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        moves[out + (row + i) * params.num_quads] = sums[i];
      }
    }
    shared_terms[tile * num_owned + slot] = coordinate_term;
    workgroupBarrier();
    if (tile == 0u) {
      moves[out + params.num_rows_padded * params.num_quads] = sum_of_tiles(slot, num_tiles);
    }
  }
  if (tile == 0u) {
    clock[group.y * params.num_quads + quad] = now + 1u;
  }
}
