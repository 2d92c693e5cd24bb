// How T(ξ') is written, and what it puts into the log ratio's gradient term: Σ(g' − g)(g' + g) for Euler proposals,
// Σ(T' − T)(g' + g) for exponential ones; twin of gradientTerm in src/reference/accept.ts.
// Needs: params.wgsl, and the entry's position, retrieval, proposal, proposal_retrieval [coordinate][quad], directions
// [quad] and gradient_terms [tile][quad].
// #include "common/langevin.wgsl"
// #include "common/tile.wgsl"

override is_adjusted: bool = true;

// Coordinates 2i and 2i + 1. Padded ones are zero throughout.
fn finish_pair(coordinate: u32, quad: u32, t0: vec4f, t1: vec4f) -> vec4f {
  let low = coordinate * params.num_quads + quad;
  let high = low + params.num_quads;
  proposal_retrieval[low] = t0;
  proposal_retrieval[high] = t1;
  if (!is_adjusted) {
    return vec4f();
  }
  let state = PairState(Pair(position[low], position[high]), Pair(retrieval[low], retrieval[high]));
  let moved = PairState(Pair(proposal[low], proposal[high]), Pair(t0, t1));
  return gradient_term(state, moved, directions[quad], coordinate + 1u < params.dim);
}

// All of a tile of coordinates.
fn finish_tile(tile: u32, quad: u32, t: ptr<function, Tile>) {
  let first = tile * tile_length;
  let term0 = finish_pair(first, quad, (*t)[0], (*t)[1]);
  let term1 = finish_pair(first + 2u, quad, (*t)[2], (*t)[3]);
  let term2 = finish_pair(first + 4u, quad, (*t)[4], (*t)[5]);
  let term3 = finish_pair(first + 6u, quad, (*t)[6], (*t)[7]);
  if (is_adjusted) {
    gradient_terms[tile * params.num_quads + quad] = (term0 + term1) + (term2 + term3);
  }
}
