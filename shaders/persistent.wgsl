// persistent: many steps of ula, mala, ou or ou-mala in one dispatch, for one head whose state fits a workgroup:
// ξ' = decay·ξ + drift·T(ξ) + noise·ε, z', p' = softmax(z'), T' = ω Σ_k p'_k row_k, log r and the decision
// One workgroup: num_owned quads of chains for all steps of the dispatch; one invocation: as many coordinates of a quad as
// entries_per_invocation says, and as many rows of it, whose state stays in registers. Three or four barriers a step.
// In: memory_tables: rows [row][coordinate], columns [coordinate][row], then per row offset and log_weight.
// In and out: proposal [coordinate][quad], where the state is before and after; clock, tallies, num_non_finite,
//     complements, directions [quad].
// Out: nothing else; a read-out computes the attention of the state again.
// No result depends on the entries of an invocation: sums over them go by pairs and eights, in one order.
// Twin: createStep in src/reference/chain.ts, with propose.ts, logits.ts, softmax.ts, retrieve.ts and accept.ts there
// #include "common/params.wgsl"
// #include "common/tables.wgsl"
// #include "common/complement.wgsl"
// #include "common/langevin.wgsl"
// #include "common/decision.wgsl"

// Tuning: no result depends on these.
override num_owned: u32 = 1u;
// Coordinates, and rows, of an invocation: 8, 4 or 2. Many need fewer loads, few spread small jobs over more of the device.
override entries_per_invocation: u32 = 8u;
// Invocations of a quad: max(coordinates, rows), both padded, over the entries of one.
override num_tiles: u32 = 1u;

override is_adjusted: bool = true;
// The decision sees ‖v‖: mala.
override is_radial: bool = true;

// Vectors of workgroup memory: padded coordinates, padded rows and tiles, times the quads of the workgroup.
override num_shared_coordinates: u32 = 8u;
override num_shared_rows: u32 = 8u;
override num_shared_tiles: u32 = 1u;
override num_shared_quads: u32 = 1u;

@group(0) @binding(1) var<storage, read> memory_tables: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> clock: array<u32>;
@group(0) @binding(4) var<storage, read_write> tallies: array<Tally>;
@group(0) @binding(5) var<storage, read_write> num_non_finite: array<vec4u>;
@group(0) @binding(6) var<storage, read_write> complements: array<Complement>;
@group(0) @binding(7) var<storage, read_write> directions: array<vec4f>;

var<workgroup> shared_clock: u32;
// ξ' [coordinate][quad]; exp(z' − max z') [row][quad]; one number an invocation [tile][quad]; log u, and what the length of
// what lies outside puts into the log ratio [quad].
var<workgroup> shared_proposal: array<vec4f, num_shared_coordinates>;
var<workgroup> shared_weights: array<vec4f, num_shared_rows>;
var<workgroup> shared_terms: array<vec4f, num_shared_tiles>;
var<workgroup> shared_coins: array<vec4f, num_shared_quads>;
var<workgroup> shared_changes: array<vec4f, num_shared_quads>;

// The sums with one more term, where an invocation has four entries or two: `low` times x.
fn add_part(sums: ptr<function, Tile>, low: vec4f, first: u32, x: vec4f) {
  if (entries_per_invocation == 4u) {
    (*sums)[0] += low.x * x;
    (*sums)[1] += low.y * x;
    (*sums)[2] += low.z * x;
    (*sums)[3] += low.w * x;
  } else {
    let two = select(low.xy, low.zw, (first & 2u) != 0u);
    (*sums)[0] += two.x * x;
    (*sums)[1] += two.y * x;
  }
}

// The sums with four more terms: the memory's entries from `first` on in the line that begins at `line` and in the next three,
// times what the quad has there.
fn add_four_entries(
  sums: ptr<function, Tile>, line: u32, stride: u32, first: u32, x0: vec4f, x1: vec4f, x2: vec4f, x3: vec4f
) {
  let at = line + first / 4u;
  if (entries_per_invocation == 8u) {
    add_four_terms(sums, at, stride, x0, x1, x2, x3);
  } else {
    let low0 = memory_tables[at];
    let low1 = memory_tables[at + stride];
    let low2 = memory_tables[at + 2u * stride];
    let low3 = memory_tables[at + 3u * stride];
    add_part(sums, low0, first, x0);
    add_part(sums, low1, first, x1);
    add_part(sums, low2, first, x2);
    add_part(sums, low3, first, x3);
  }
}

// Those of the coordinates from `first` on: four, or two where an invocation has no more.
fn normals_of(step: u32, first: u32, quad: u32) -> NormalBlock {
  if (entries_per_invocation > 2u) {
    return normal_block(step, first / 4u, quad);
  }
  let two = normal_half(step, first / 4u, (first & 2u) != 0u, quad);
  return NormalBlock(two[0], two[1], vec4f(), vec4f());
}

// What eight coordinates and eight rows put into the log ratio, added in one order whoever has them.
fn term_of_eight(eight: u32, slot: u32) -> vec4f {
  let at = eight * (tile_length / entries_per_invocation) * num_owned + slot;
  if (entries_per_invocation == 8u) {
    return shared_terms[at];
  }
  if (entries_per_invocation == 4u) {
    return shared_terms[at] + shared_terms[at + num_owned];
  }
  return (shared_terms[at] + shared_terms[at + num_owned])
    + (shared_terms[at + 2u * num_owned] + shared_terms[at + 3u * num_owned]);
}

@compute @workgroup_size(num_owned, num_tiles)
fn persistent(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = local.y;
  let slot = local.x;
  let quad = group.x * num_owned + slot;
  let first = tile * entries_per_invocation;
  // Loops end at values, not at what memory holds: a compiler can tell that they end, and takes them apart.
  let dim = params.dim;
  let num_rows = params.num_rows;
  let num_row_tiles = (num_rows + entries_per_invocation - 1u) / entries_per_invocation;
  let dim_fours = (dim + 3u) / 4u;
  let row_fours = (num_rows + 3u) / 4u;
  let row_tile_fours = (num_row_tiles + 3u) / 4u;
  let owns_coordinates = first < 4u * dim_fours;
  let owns_rows = tile < num_row_tiles;
  let keeps_tallies = tile == 0u;
  let row_stride = params.num_dims_padded / 4u;
  let column_stride = params.num_rows_padded / 4u;
  let columns = params.num_rows_padded * row_stride;
  let facts = columns + params.num_dims_padded * column_stride;

  var position: Tile;
  var retrieval: Tile;
  var log_weights: Tile;
  var moved: Tile;
  var sums: Tile;
  var logits: Tile;
  var exponentials: Tile;
  var tally = tallies[quad];
  var num_lost = num_non_finite[quad];
  var direction = directions[quad];
  var outside = complements[quad];
  var radial: RadialProposal;

  // #unroll
  for (var i = 0u; i < 8u; i++) {
    if (i < entries_per_invocation && first + i < dim) {
      moved[i] = proposal[(first + i) * params.num_quads + quad];
    }
  }
  if (local.x == 0u && local.y == 0u) {
    shared_clock = clock[quad];
  }
  let begun = workgroupUniformLoad(&shared_clock);
  let num_steps = min(params.steps_per_dispatch, params.stop_clock - begun);

  // The zeroth pass proposes nothing: it computes the attention of the state that is there, and takes it.
  for (var pass_index = 0u; pass_index <= num_steps; pass_index++) {
    let step = begun + pass_index - 1u;
    let is_step = pass_index > 0u;
    if (owns_coordinates) {
      if (is_step) {
        // #unroll
        for (var half = 0u; half < 2u; half++) {
          if (4u * half < entries_per_invocation) {
            let normals = normals_of(step, first + 4u * half, quad);
            let low = proposed_pair(
              PairState(
                Pair(position[4u * half], position[4u * half + 1u]),
                Pair(retrieval[4u * half], retrieval[4u * half + 1u])
              ),
              Pair(normals.normal0, normals.normal1), direction, first + 4u * half + 1u < dim
            );
            moved[4u * half] = low.low;
            moved[4u * half + 1u] = low.high;
            if (entries_per_invocation > 2u) {
              let high = proposed_pair(
                PairState(
                  Pair(position[4u * half + 2u], position[4u * half + 3u]),
                  Pair(retrieval[4u * half + 2u], retrieval[4u * half + 3u])
                ),
                Pair(normals.normal2, normals.normal3), direction, first + 4u * half + 3u < dim
              );
              moved[4u * half + 2u] = high.low;
              moved[4u * half + 3u] = high.high;
            }
          }
        }
      }
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        // Nothing moves past the end.
        if (i < entries_per_invocation) {
          moved[i] = select(vec4f(), moved[i], first + i < dim);
          shared_proposal[(first + i) * num_owned + slot] = moved[i];
        }
      }
    }
    workgroupBarrier();

    if (owns_rows) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (i < entries_per_invocation) {
          let fact = memory_tables[facts + first + i];
          logits[i] = vec4f(fact.x + fact.y / params.beta);
        }
      }
      for (var four = 0u; four < dim_fours; four++) {
        let at = 4u * four * num_owned + slot;
        add_four_entries(
          &logits, columns + 4u * four * column_stride, column_stride, first,
          shared_proposal[at], shared_proposal[at + num_owned],
          shared_proposal[at + 2u * num_owned], shared_proposal[at + 3u * num_owned]
        );
      }
      // The maximum starts from an element; rows past the end repeat it.
      var largest = logits[0];
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (i < entries_per_invocation) {
          logits[i] = select(logits[0], logits[i], first + i < num_rows);
          largest = max(largest, logits[i]);
        }
      }
      shared_terms[tile * num_owned + slot] = largest;
    }
    workgroupBarrier();

    // Four at a time; after the last it repeats itself.
    var top = shared_terms[slot];
    for (var four = 0u; four < row_tile_fours; four++) {
      let other0 = shared_terms[4u * four * num_owned + slot];
      let other1 = shared_terms[min(4u * four + 1u, num_row_tiles - 1u) * num_owned + slot];
      let other2 = shared_terms[min(4u * four + 2u, num_row_tiles - 1u) * num_owned + slot];
      let other3 = shared_terms[min(4u * four + 3u, num_row_tiles - 1u) * num_owned + slot];
      top = max(top, max(max(other0, other1), max(other2, other3)));
    }
    // Up to the last four of the products, which are zero past the end.
    if (first < 4u * row_fours) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (i < entries_per_invocation) {
          // Of the difference, which is exact where it matters.
          logits[i] = select(vec4f(), params.beta * (logits[i] - top), owns_rows);
          exponentials[i] = select(vec4f(), exp(logits[i]), first + i < num_rows);
          shared_weights[(first + i) * num_owned + slot] = exponentials[i];
        }
      }
    }
    workgroupBarrier();

    // #unroll
    for (var i = 0u; i < 8u; i++) {
      sums[i] = vec4f();
    }
    // Every invocation adds the mass up for itself, in the order of the rows.
    var mass = vec4f();
    if (owns_coordinates) {
      for (var four = 0u; four < row_fours; four++) {
        let at = 4u * four * num_owned + slot;
        let e0 = shared_weights[at];
        let e1 = shared_weights[at + num_owned];
        let e2 = shared_weights[at + 2u * num_owned];
        let e3 = shared_weights[at + 3u * num_owned];
        add_four_entries(&sums, 4u * four * row_stride, row_stride, first, e0, e1, e2, e3);
        mass += e0;
        mass += e1;
        mass += e2;
        mass += e3;
      }
    } else {
      for (var k = 0u; k < num_rows; k++) {
        mass += shared_weights[k * num_owned + slot];
      }
    }
    let scale = params.total_power / mass;
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      sums[i] *= scale;
    }

    if (is_adjusted) {
      let log_mass = accurate_log(mass);
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        if (i < entries_per_invocation) {
          logits[i] -= log_mass;
          exponentials[i] = exp(logits[i]);
        }
      }
      // A part for every pair of coordinates and of rows.
      var parts = array<vec4f, 4>(vec4f(), vec4f(), vec4f(), vec4f());
      if (is_step) {
        if (keeps_tallies) {
          if (is_radial && params.complement_dim > 0u) {
            radial = propose_radius(outside, step, quad);
          }
          shared_changes[slot] = params.ratio_scale * radial.change;
          shared_coins[slot] = log_coin(step, quad);
        }
        // #unroll
        for (var pair = 0u; pair < 4u; pair++) {
          if (2u * pair < entries_per_invocation) {
            var gradient = vec4f();
            if (owns_coordinates) {
              gradient = gradient_term(
                PairState(
                  Pair(position[2u * pair], position[2u * pair + 1u]),
                  Pair(retrieval[2u * pair], retrieval[2u * pair + 1u])
                ),
                PairState(
                  Pair(moved[2u * pair], moved[2u * pair + 1u]),
                  Pair(sums[2u * pair], sums[2u * pair + 1u])
                ),
                direction, first + 2u * pair + 1u < dim
              );
            }
            var attention = vec4f();
            if (owns_rows) {
              // #unroll
              for (var side = 0u; side < 2u; side++) {
                // exp(log p) once more rather than p kept: eight registers for each chain.
                let part = (exp(log_weights[2u * pair + side]) + exponentials[2u * pair + side])
                  * (log_weights[2u * pair + side] - logits[2u * pair + side]);
                attention += select(vec4f(), part, first + 2u * pair + side < num_rows);
              }
            }
            parts[pair] = params.ratio_scale * gradient + (0.5 * params.total_power) * attention;
          }
        }
      }
      shared_terms[tile * num_owned + slot] = (parts[0] + parts[1]) + (parts[2] + parts[3]);
      workgroupBarrier();
    }

    var decision = vec4<bool>(true);
    if (is_adjusted && is_step) {
      var log_ratio = shared_changes[slot];
      for (var eight = 0u; eight < num_tiles * entries_per_invocation / tile_length; eight++) {
        log_ratio += term_of_eight(eight, slot);
      }
      let is_finite = has_finite_bits(log_ratio);
      decision = is_finite & (shared_coins[slot] < log_ratio);
      if (is_circulating) {
        // After a rejection a chain turns the other way, or it would not keep the law.
        direction = select(-direction, direction, decision);
      }
      tally.num_accepted += select(vec4u(0u), vec4u(1u), decision);
      tally.log_ratio_sum += select(vec4f(), log_ratio, is_finite);
      num_lost += select(vec4u(1u), vec4u(0u), is_finite);
    }
    if (is_step && keeps_tallies && params.complement_dim > 0u) {
      let state = outside;
      var next = Complement(radial.first, radial.second);
      if (!is_radial) {
        next = advance_law(state);
      }
      outside = Complement(
        select(state.first, next.first, decision), select(state.second, next.second, decision)
      );
    }
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      position[i] = select(position[i], moved[i], decision);
      retrieval[i] = select(retrieval[i], sums[i], decision);
      if (is_adjusted) {
        log_weights[i] = select(log_weights[i], logits[i], decision);
      }
    }
  }

  // #unroll
  for (var i = 0u; i < 8u; i++) {
    if (i < entries_per_invocation && first + i < dim) {
      proposal[(first + i) * params.num_quads + quad] = position[i];
    }
  }
  if (keeps_tallies) {
    if (is_adjusted) {
      tallies[quad] = tally;
      num_non_finite[quad] = num_lost;
      directions[quad] = direction;
    }
    complements[quad] = outside;
    clock[quad] = begun + num_steps;
  }
}
