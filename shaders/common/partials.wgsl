// What `streaming` leaves behind of each split of the rows, and how splits are put together.
// Needs: params.wgsl, and the entry's partials [split][coordinate, then fact][quad].

// Rows are cut into splits, each a workgroup's.
override num_splits: u32 = 1u;

// After the coordinates of Σ_k exp(z'_k − top) row_k, with δ_k = log p_k − (z'_k − top):
const fact_top = 0u; // max_k z'_k
const fact_mass = 1u; // Σ_k exp(z'_k − top)
const fact_moved = 2u; // Σ_k exp(z'_k − top) δ_k
const fact_left = 3u; // Σ_k p_k δ_k
const fact_weight = 4u; // Σ_k p_k
const num_facts = 5u;

fn split_at(split: u32, quad: u32) -> u32 {
  return split * (params.num_dims_padded + num_facts) * params.num_quads + quad;
}

fn fact_at(split: u32, fact: u32, quad: u32) -> u32 {
  return split_at(split, quad) + (params.num_dims_padded + fact) * params.num_quads;
}

// max_k z'_k over all splits.
fn overall_top(quad: u32) -> vec4f {
  var top = partials[fact_at(0u, fact_top, quad)];
  for (var split = 1u; split < num_splits; split++) {
    top = max(top, partials[fact_at(split, fact_top, quad)]);
  }
  return top;
}

// Σ_k exp(z'_k − top) over all splits.
fn overall_mass(top: vec4f, quad: u32) -> vec4f {
  var mass = vec4f();
  for (var split = 0u; split < num_splits; split++) {
    mass += exp(partials[fact_at(split, fact_top, quad)] - top) * partials[fact_at(split, fact_mass, quad)];
  }
  return mass;
}
