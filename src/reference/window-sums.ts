/**
 * Twin of shaders/common/window-sums.wgsl and shaders/patch-sums.wgsl: sums over `run` neighbours on a line at O(1) an
 * element whatever the run, and without the subtraction of a running sum, which would leave its rounding behind. The line
 * is cut into blocks of `run`, and every run is the end of one block and the beginning of the next (van Herk's scheme for
 * maxima, with sums).
 */

/** Sum i of a line takes its elements i − lead … i − lead + run − 1, as far as they exist. */
export interface SumAxis {
  readonly numElements: number;
  readonly numSums: number;
  readonly run: number;
  readonly lead: number;
}

/** Where the elements and the sums of the lines lie. */
export interface LineLayout {
  readonly numLines: number;
  /** From one element to the next, and from one line to the next. */
  readonly step: number;
  readonly lineStep: number;
  /** The same of the sums. */
  readonly sumStep: number;
  readonly sumLineStep: number;
}

/** Four lines a pass, whose additions do not wait for each other. */
export function windowSums(axis: SumAxis, layout: LineLayout, elements: Float64Array, sums: Float64Array): void {
  const { numElements, numSums, run, lead } = axis;
  const { numLines, step, lineStep, sumStep, sumLineStep } = layout;
  const end = lead + numElements;
  const last = numLines - 1;
  for (let line = 0; line < numLines; line += 4) {
    // Past the end the last line is taken again, and written again with what it has.
    const line1 = Math.min(line + 1, last);
    const line2 = Math.min(line + 2, last);
    const line3 = Math.min(line + 3, last);
    const from0 = line * lineStep - lead * step;
    const from1 = line1 * lineStep - lead * step;
    const from2 = line2 * lineStep - lead * step;
    const from3 = line3 * lineStep - lead * step;
    const to0 = line * sumLineStep;
    const to1 = line1 * sumLineStep;
    const to2 = line2 * sumLineStep;
    const to3 = line3 * sumLineStep;
    for (let first = 0; first < numSums; first += run) {
      const middle = first + run;
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let place = Math.min(middle, end) - 1; place >= first; place--) {
        if (place >= lead) {
          const element = place * step;
          sum0 += elements[from0 + element]!;
          sum1 += elements[from1 + element]!;
          sum2 += elements[from2 + element]!;
          sum3 += elements[from3 + element]!;
        }
        if (place < numSums) {
          const sum = place * sumStep;
          sums[to0 + sum] = sum0;
          sums[to1 + sum] = sum1;
          sums[to2 + sum] = sum2;
          sums[to3 + sum] = sum3;
        }
      }
      sum0 = sum1 = sum2 = sum3 = 0;
      const stop = Math.min(middle, numSums);
      for (let index = first + 1; index < stop; index++) {
        const place = index + run - 1;
        if (place < end) {
          const element = place * step;
          sum0 += elements[from0 + element]!;
          sum1 += elements[from1 + element]!;
          sum2 += elements[from2 + element]!;
          sum3 += elements[from3 + element]!;
        }
        const sum = index * sumStep;
        const whole0 = sums[to0 + sum]! + sum0;
        const whole1 = sums[to1 + sum]! + sum1;
        const whole2 = sums[to2 + sum]! + sum2;
        const whole3 = sums[to3 + sum]! + sum3;
        sums[to0 + sum] = whole0;
        sums[to1 + sum] = whole1;
        sums[to2 + sum] = whole2;
        sums[to3 + sum] = whole3;
      }
    }
  }
}
