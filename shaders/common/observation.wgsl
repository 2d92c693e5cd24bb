// What is told of a chain's state beside its coordinates.
// Needs: nothing.

struct Observation {
  energy: vec4f,
  entropy: vec4f,
  max_cosine: vec4f,
}
