/** Options that break one rule each, with the sentence that the caller must read. For a target with dim 10. */
import type { SampleOptions } from "../../src/index.ts";

export interface OptionFault {
  readonly name: string;
  readonly options: Partial<SampleOptions>;
  readonly message: string;
}

export const sampleOptionFaults: readonly OptionFault[] = [
  {
    name: "unknown kernel",
    options: { kernel: "hmc" as never },
    message: 'kernel: must be one of ula, mala, ou, ou-mala, gibbs, exact, got "hmc"',
  },
  {
    name: "step size above one",
    options: { stepSize: 1.5 },
    message:
      "stepSize: must lie in (0, 1], got 1.5 (1 replaces the whole state in one step; the published value is 0.01)",
  },
  { name: "step size NaN", options: { stepSize: Number.NaN }, message: "stepSize: must lie in (0, 1], got NaN" },
  {
    name: "negative seed",
    options: { seed: -1 },
    message: "seed: must be a whole number from 0 to 2^64 - 1, got -1 (above 2^53 - 1 pass a bigint)",
  },
  {
    name: "seed beyond 64 bits",
    options: { seed: 1n << 64n },
    message: "seed: must be a whole number from 0 to 2^64 - 1, got 18446744073709551616",
  },
  {
    name: "no chains",
    options: { numChains: 0 },
    message: "numChains: must be a whole number of at least 1, got 0",
  },
  {
    name: "a first chain before the first",
    options: { firstChain: -1 },
    message: "firstChain: must be a whole number of at least 0, got -1",
  },
  {
    name: "more chains than the generator counts",
    options: { firstChain: 2 ** 32 - 1 },
    message: "firstChain: firstChain + numChains must be at most 2^32, got 4294967297",
  },
  {
    name: "half a burn-in step",
    options: { numBurnIn: 0.5 },
    message: "numBurnIn: must be a whole number of at least 0, got 0.5",
  },
  { name: "no draws", options: { numDraws: 0 }, message: "numDraws: must be a whole number of at least 1, got 0" },
  { name: "no thinning", options: { thinning: 0 }, message: "thinning: must be a whole number of at least 1, got 0" },
  {
    name: "more draws than fit",
    options: { numChains: 2 ** 20, numDraws: 2 ** 12 },
    message:
      "numDraws: numChains × numDraws × dim must be at most 2^31, got 1048576 × 4096 × 10 (keep fewer draws, or run fewer chains at a time)",
  },
  {
    name: "unknown start",
    options: { start: "zero" as never },
    message: 'start: must be one of pattern, exact, mean, got "zero"',
  },
  {
    name: "start that is no array of floats",
    options: { start: [1, 2] as never },
    message: "start: must be pattern, exact, mean or a Float32Array, got an array of 2",
  },
  {
    name: "circulation in a kernel that has none",
    options: { circulation: 1 },
    message: "circulation: must be 0 for mala, got 1 (use ou or ou-mala)",
  },
  {
    name: "circulation that is not finite",
    options: { circulation: Number.NaN },
    message: "circulation: must be a finite number, got NaN",
  },
  {
    name: "circulation where a step forgets its position",
    options: { kernel: "ou", circulation: 1, stepSize: 1 },
    message:
      "circulation: must be 0 at step size 1, where a step forgets its position, got 1 (take a smaller step size)",
  },
  {
    name: "unknown collapse",
    options: { collapse: "yes" as never },
    message: 'collapse: must be one of auto, on, off, got "yes"',
  },
  {
    name: "schedule without levels",
    options: { schedule: [] },
    message:
      "schedule.length: must be a whole number of at least 1, got 0 (leave schedule out for a constant temperature)",
  },
  {
    name: "schedule at a temperature that is none",
    options: {
      schedule: [
        { numSteps: 1, beta: 2 },
        { numSteps: 1, beta: -1 },
      ],
    },
    message: "schedule[1].beta: must be a finite number above 0, got -1",
  },
  {
    name: "schedule with a step size above one",
    options: { schedule: [{ numSteps: 1, beta: 2, stepSize: 2 }] },
    message: "schedule[0].stepSize: must lie in (0, 1], got 2",
  },
  {
    name: "start of another length",
    options: { start: new Float32Array(19) },
    message: "start: length must be numChains × dim = 2 × 10 = 20, got 19",
  },
  {
    name: "start that is not finite",
    options: { start: new Float32Array(20).fill(Number.NaN, 13, 14) },
    message: "start: must be finite, got NaN at chain 1, coordinate 3",
  },
];
