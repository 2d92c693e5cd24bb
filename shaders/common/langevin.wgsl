// The proposal and the gradient term on a pair of coordinates, 2i and 2i + 1, which a circulating chain turns into each
// other; a last coordinate without a partner does not turn. Twins: src/reference/propose.ts, and gradientTerm in
// src/reference/accept.ts.
// Needs: params.wgsl.

override is_exponential: bool = true;
override is_circulating: bool = false;

// One value of each of the two coordinates.
struct Pair {
  low: vec4f,
  high: vec4f,
}

// ξ and T(ξ), or ξ' and T(ξ').
struct PairState {
  position: Pair,
  retrieval: Pair,
}

// ξ' = decay·ξ + drift·T(ξ) + noise·ε, or T + decay·R(ξ − T) + noise·ε
fn proposed_pair(state: PairState, normal: Pair, direction: vec4f, has_partner: bool) -> Pair {
  let x = state.position;
  let t = state.retrieval;
  if (is_circulating && has_partner) {
    let sine = direction * params.sine;
    let g0 = x.low - t.low;
    let g1 = x.high - t.high;
    return Pair(
      t.low + params.decay * (params.cosine * g0 - sine * g1) + params.noise * normal.low,
      t.high + params.decay * (sine * g0 + params.cosine * g1) + params.noise * normal.high
    );
  }
  return Pair(
    params.decay * x.low + params.drift * t.low + params.noise * normal.low,
    params.decay * x.high + params.drift * t.high + params.noise * normal.high
  );
}

// change·(g' + g) with change = g' − g, or T' − T for exponential proposals; for a circulating chain (1 + turn) times
// that, and twist·change·J(g − g').
fn gradient_term(state: PairState, proposal: PairState, direction: vec4f, has_partner: bool) -> vec4f {
  let g0 = state.position.low - state.retrieval.low;
  let g1 = state.position.high - state.retrieval.high;
  let proposal_g0 = proposal.position.low - proposal.retrieval.low;
  let proposal_g1 = proposal.position.high - proposal.retrieval.high;
  let change0 = select(proposal_g0 - g0, proposal.retrieval.low - state.retrieval.low, is_exponential);
  let change1 = select(proposal_g1 - g1, proposal.retrieval.high - state.retrieval.high, is_exponential);
  var term = change0 * (proposal_g0 + g0) + change1 * (proposal_g1 + g1);
  if (is_circulating && has_partner) {
    term *= 1.0 + params.turn;
    term += direction * params.twist * (change1 * (g0 - proposal_g0) - change0 * (g1 - proposal_g1));
  }
  return term;
}
