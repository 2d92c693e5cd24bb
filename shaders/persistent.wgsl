// persistent: many steps of ula, mala, ou or ou-mala in one dispatch, for one head whose state fits a workgroup:
// ξ' = decay·ξ + drift·T(ξ) + noise·ε, z', p' = softmax(z'), T' = ω Σ_k p'_k row_k, log r and the decision
// One workgroup: num_owned quads of chains for all steps of the dispatch; one invocation: tile i of eight coordinates and
// tile i of eight rows of a quad, whose state stays in registers. Three or four barriers a step.
// In: memory_tables: rows [row][coordinate], columns [coordinate][row], then per row offset and log_weight.
// In and out: proposal [coordinate][quad], where the state is before and after; clock, tallies, num_non_finite,
//     complements, directions [quad].
// Out: nothing else; a read-out computes the attention of the state again.
// Twin: createStep in src/reference/chain.ts, with propose.ts, logits.ts, softmax.ts, retrieve.ts and accept.ts there
// #include "common/params.wgsl"
// #include "common/tile.wgsl"
// #include "common/complement.wgsl"
// #include "common/langevin.wgsl"
// #include "common/decision.wgsl"

// Tuning: no result depends on these.
override num_owned: u32 = 1u;
// max(coordinates, rows) / 8, rounded up.
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
// ξ' [coordinate][quad]; exp(z' − max z') [row][quad]; one number a tile [tile][quad]; log u [quad].
var<workgroup> shared_proposal: array<vec4f, num_shared_coordinates>;
var<workgroup> shared_weights: array<vec4f, num_shared_rows>;
var<workgroup> shared_terms: array<vec4f, num_shared_tiles>;
var<workgroup> shared_coins: array<vec4f, num_shared_quads>;

@compute @workgroup_size(num_owned, num_tiles)
fn persistent(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = local.y;
  let slot = local.x;
  let quad = group.x * num_owned + slot;
  let first = tile * tile_length;
  let num_row_tiles = params.num_rows_padded / tile_length;
  let owns_coordinates = first < params.num_dims_padded;
  let owns_rows = tile < num_row_tiles;
  let keeps_tallies = tile == 0u;
  let row_stride = params.num_dims_padded / 4u;
  let column_stride = params.num_rows_padded / 4u;
  let columns = params.num_rows_padded * row_stride;
  let facts = columns + params.num_dims_padded * column_stride;

  var position: Tile;
  var retrieval: Tile;
  var weights: Tile;
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
    if (first + i < params.dim) {
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
          let normals = normal_block(step, 2u * tile + half, quad);
          let low = proposed_pair(
            PairState(
              Pair(position[4u * half], position[4u * half + 1u]),
              Pair(retrieval[4u * half], retrieval[4u * half + 1u])
            ),
            Pair(normals.normal0, normals.normal1), direction, first + 4u * half + 1u < params.dim
          );
          let high = proposed_pair(
            PairState(
              Pair(position[4u * half + 2u], position[4u * half + 3u]),
              Pair(retrieval[4u * half + 2u], retrieval[4u * half + 3u])
            ),
            Pair(normals.normal2, normals.normal3), direction, first + 4u * half + 3u < params.dim
          );
          moved[4u * half] = low.low;
          moved[4u * half + 1u] = low.high;
          moved[4u * half + 2u] = high.low;
          moved[4u * half + 3u] = high.high;
        }
      }
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        // Nothing moves past the end.
        moved[i] = select(vec4f(), moved[i], first + i < params.dim);
        shared_proposal[(first + i) * num_owned + slot] = moved[i];
      }
    }
    workgroupBarrier();

    if (owns_rows) {
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        let fact = memory_tables[facts + first + i];
        logits[i] = vec4f(fact.x + fact.y / params.beta);
      }
      for (var k = 0u; k < params.dim; k++) {
        let at = columns + k * column_stride + 2u * tile;
        let low = memory_tables[at];
        let high = memory_tables[at + 1u];
        let x = shared_proposal[k * num_owned + slot];
        add_term(&logits, low, high, x);
      }
      // Maxima start from an element; rows past the end repeat it.
      let z_first = params.beta * logits[0];
      var largest = z_first;
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        let z = select(z_first, params.beta * logits[i], first + i < params.num_rows);
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
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        let shifted = logits[i] - top;
        logits[i] = shifted;
        exponentials[i] = exp(shifted);
        shared_weights[(first + i) * num_owned + slot] = exponentials[i];
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
      for (var k = 0u; k < params.num_rows; k++) {
        let at = k * row_stride + 2u * tile;
        let low = memory_tables[at];
        let high = memory_tables[at + 1u];
        let e = shared_weights[k * num_owned + slot];
        mass += e;
        add_term(&sums, low, high, e);
      }
    } else {
      for (var k = 0u; k < params.num_rows; k++) {
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
      var term = vec4f();
      // #unroll
      for (var i = 0u; i < 8u; i++) {
        logits[i] -= log_mass;
        exponentials[i] = exp(logits[i]);
      }
      if (is_step) {
        if (owns_coordinates) {
          // #unroll
          for (var pair = 0u; pair < 4u; pair++) {
            term += gradient_term(
              PairState(
                Pair(position[2u * pair], position[2u * pair + 1u]),
                Pair(retrieval[2u * pair], retrieval[2u * pair + 1u])
              ),
              PairState(
                Pair(moved[2u * pair], moved[2u * pair + 1u]),
                Pair(sums[2u * pair], sums[2u * pair + 1u])
              ),
              direction, first + 2u * pair + 1u < params.dim
            );
          }
        }
        if (keeps_tallies) {
          if (is_radial && params.complement_dim > 0u) {
            radial = propose_radius(outside, step, quad);
            term += radial.change;
          }
          shared_coins[slot] = log_coin(step, quad);
        }
        term *= params.ratio_scale;
        if (owns_rows) {
          var attention_term = vec4f();
          // #unroll
          for (var i = 0u; i < 8u; i++) {
            let part = (weights[i] + exponentials[i]) * (log_weights[i] - logits[i]);
            attention_term += select(vec4f(), part, first + i < params.num_rows);
          }
          term += (0.5 * params.total_power) * attention_term;
        }
      }
      shared_terms[tile * num_owned + slot] = term;
      workgroupBarrier();
    }

    var decision = vec4<bool>(true);
    if (is_adjusted && is_step) {
      var log_ratio = shared_terms[slot];
      for (var other = 1u; other < num_tiles; other++) {
        log_ratio += shared_terms[other * num_owned + slot];
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
        weights[i] = select(weights[i], exponentials[i], decision);
        log_weights[i] = select(log_weights[i], logits[i], decision);
      }
    }
  }

  // #unroll
  for (var i = 0u; i < 8u; i++) {
    if (first + i < params.dim) {
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
