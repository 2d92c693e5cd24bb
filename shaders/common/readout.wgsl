// How what a collapsed chain has outside the span is made at a read-out: v' = last·v + fresh·w.
// Needs: nothing.

struct ReadoutWeights {
  last: vec4f,
  fresh: vec4f,
}
