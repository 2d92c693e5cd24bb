// What the stages that read collapsed chains out hand to each other.
// Needs: params.wgsl.

// How what a chain has outside the span is made: v' = last·v + fresh·w.
struct ReadoutWeights {
  last: vec4f,
  fresh: vec4f,
}

// In the span, for each direction: u of ξ, t of T(ξ), c of the fresh noise.
const part_position = 0u;
const part_retrieval = 1u;
const part_noise = 2u;
const num_parts = 3u;

fn part_at(direction: u32, part: u32, quad: u32) -> u32 {
  return (direction * num_parts + part) * params.num_quads + quad;
}
