// Sums over `run` neighbours on a line at O(1) an element whatever the run, and without the subtraction of a running sum,
// which would leave its rounding behind: the line is cut into blocks of `run`, and every run is the end of one block and
// the beginning of the next (van Herk's scheme for maxima, with sums).
// Needs: the entry's struct Line, fn element(line, index) -> vec4f, fn sum_at(line, index) -> u32, and sums: array<vec4f>.

// Sum i of a line takes its elements i − lead … i − lead + run − 1, as far as they exist.
struct Axis {
  num_elements: u32,
  num_sums: u32,
  run: u32,
  lead: u32,
  num_lines: u32,
  // Blocks of `run` sums that an invocation makes.
  num_blocks: u32,
  // From one element, line and pattern to the next, and likewise of sums.
  step: u32,
  line_step: u32,
  pattern_step: u32,
  sum_step: u32,
  sum_line_step: u32,
  sum_pattern_step: u32,
}

@group(0) @binding(11) var<uniform> axis: Axis;

// The sums first … first + run − 1 of a line, of those that exist; `first` is a multiple of `run`.
fn sum_block(line: Line, first: u32) {
  let middle = first + axis.run;
  let end = axis.lead + axis.num_elements;
  var sum = vec4f();
  for (var past = min(middle, end); past > first; past--) {
    let place = past - 1u;
    if (place >= axis.lead) {
      sum += element(line, place - axis.lead);
    }
    if (place < axis.num_sums) {
      sums[sum_at(line, place)] = sum;
    }
  }
  sum = vec4f();
  let end_sums = min(middle, axis.num_sums);
  for (var index = first + 1u; index < end_sums; index++) {
    let place = index + axis.run - 1u;
    if (place < end) {
      sum += element(line, place - axis.lead);
    }
    sums[sum_at(line, index)] += sum;
  }
}

// All sums of an invocation.
fn sum_blocks(line: Line, part: u32) {
  let first = part * axis.num_blocks * axis.run;
  let end = min(first + axis.num_blocks * axis.run, axis.num_sums);
  for (var start = first; start < end; start += axis.run) {
    sum_block(line, start);
  }
}

// Pattern, line and part of a line of an item: lines go fastest.
fn place_of(item: u32) -> vec3u {
  let num_parts = (axis.num_sums + axis.num_blocks * axis.run - 1u) / (axis.num_blocks * axis.run);
  let line = item % axis.num_lines;
  let rest = item / axis.num_lines;
  return vec3u(rest / num_parts, line, rest % num_parts);
}
