/**
 * Effective samples a second of a fixed direction, which is what a user waits for: steps that hardly move are many and
 * worth little. Two figures of every run: along the whole position, which only jumps between patterns can make vary, and
 * along what is left without T(ξ), the movement around a pattern.
 */
import {
  adaptStepSize,
  essBulk,
  fillNormals,
  purposes,
  splitRhat,
  type Draws,
  type HopfieldTarget,
  type KernelName,
  type SampleOptions,
  type Sampler,
} from "../../src/index.ts";
import { timeRun } from "./contestants/own.ts";
import type { EssRecord, EssRow } from "./record.ts";
import { spread } from "./statistics.ts";

/** What is run, in the order of the table: a step size, or one that is adapted first. */
const settings = [
  { name: "ula", kernel: "ula", stepSize: 0.01 },
  { name: "mala, adapted", kernel: "mala", stepSize: "adapted" },
  { name: "ou-mala, adapted", kernel: "ou-mala", stepSize: "adapted" },
  { name: "gibbs", kernel: "gibbs", stepSize: undefined },
  { name: "exact", kernel: "exact", stepSize: undefined },
] as const satisfies readonly {
  readonly name: string;
  readonly kernel: KernelName;
  readonly stepSize: number | "adapted" | undefined;
}[];

export interface EssEngine {
  readonly label: string;
  createSampler(target: HopfieldTarget): Promise<Sampler>;
}

export interface EssJob {
  readonly id: string;
  readonly title: string;
  readonly target: HopfieldTarget;
}

export interface EssOptions {
  readonly numRounds: number;
  readonly numChains: number;
  /** For all rounds of one kernel on one engine. */
  readonly secondsPerRow: number;
  readonly signal?: AbortSignal;
  onNote?(sentence: string): void;
}

/** Kept draws of a chain in one round: what time allows, within these. */
const fewestDraws = 32;
const mostDraws = 512;
/** A row that takes so many times its share is left out. */
const patience = 10;

/** Each kernel on each engine; medians over rounds. A step size is a matter of the law: the first engine adapts it for all. */
export async function measureEss(job: EssJob, engines: readonly EssEngine[], options: EssOptions): Promise<EssRecord> {
  const { target, id, title } = job;
  const { dim, numPatterns } = target.memory;
  const direction = unitDirection(dim);
  const stepSizes = new Map<string, number>();
  const rows: EssRow[] = [];
  for (const engine of engines) {
    const sampler = await engine.createSampler(target);
    try {
      for (const { name, kernel, stepSize } of settings) {
        options.signal?.throwIfAborted();
        options.onNote?.(`${id}: ${name} on ${engine.label}`);
        if (stepSize === "adapted" && !stepSizes.has(name)) {
          const adapted = await adaptStepSize(sampler, {
            kernel,
            seed: 7,
            numChains: options.numChains,
            start: "exact",
          });
          stepSizes.set(name, adapted.stepSize);
        }
        const taken = stepSize === "adapted" ? stepSizes.get(name) : stepSize;
        rows.push(
          await measureRow(sampler, { name, kernel, engine: engine.label, stepSize: taken }, direction, options),
        );
      }
    } finally {
      await sampler.dispose();
    }
  }
  return { id, title, dim, numPatterns, beta: target.beta, rows };
}

interface RowSetting {
  readonly name: string;
  readonly kernel: KernelName;
  readonly engine: string;
  readonly stepSize: number | undefined;
}

async function measureRow(
  sampler: Sampler,
  { name, kernel, engine, stepSize }: RowSetting,
  direction: Float64Array,
  { numRounds, numChains, secondsPerRow, signal }: EssOptions,
): Promise<EssRow> {
  // A relaxation time inside a basin between kept draws: closer ones say little more.
  const thinning = stepSize === undefined ? 1 : Math.max(1, Math.round(1 / stepSize));
  const run = async (seed: number, numDraws: number): Promise<{ readonly draws: Draws; readonly seconds: number }> => {
    const options: SampleOptions = {
      kernel,
      stepSize: stepSize ?? 1,
      seed,
      numChains,
      numBurnIn: 0,
      numDraws,
      thinning,
      start: "exact",
    };
    const { draws, seconds, chainSteps } = await timeRun(sampler, options);
    // The first draw is the way in: the others' pace holds for it too.
    return { draws, seconds: (seconds * numChains * numDraws * thinning) / chainSteps };
  };

  // Warms up, and tells how many draws there is time for.
  const secondsPerDraw = (await run(99, 4)).seconds / 4;
  const affordable = Math.floor(secondsPerRow / numRounds / secondsPerDraw);
  const numDraws = Math.min(mostDraws, Math.max(fewestDraws, affordable));
  const row = { kernel: name, engine, stepSize: stepSize ?? null, thinning, numChains, numDraws };
  const none = { essPerSecond: null, splitRhat: null, essPerSecondInBasin: null };
  if (fewestDraws * numRounds * secondsPerDraw > patience * secondsPerRow)
    return {
      ...row,
      ...none,
      acceptanceRate: null,
      secondsPerRun: secondsPerDraw * numDraws,
      skipped: `a draw of all chains takes ${secondsPerDraw.toPrecision(2)} s, too long for this budget`,
    };

  const rounds: { readonly seconds: number; readonly whole: number; readonly basin: number; readonly rhat: number }[] =
    [];
  let acceptanceRate = 1;
  for (let round = 0; round < numRounds; round++) {
    signal?.throwIfAborted();
    const { draws, seconds } = await run(100 + round, numDraws);
    acceptanceRate = draws.acceptanceRate.reduce((sum, x) => sum + x, 0) / numChains;
    const along = projections(draws, direction, false);
    rounds.push({
      seconds,
      whole: essBulk(along, numChains) / seconds,
      basin: essBulk(projections(draws, direction, true), numChains) / seconds,
      rhat: splitRhat(along, numChains),
    });
  }
  const median = (values: readonly number[]): number | null => {
    const finite = values.filter(Number.isFinite);
    return finite.length === 0 ? null : spread(finite).median;
  };
  return {
    ...row,
    acceptanceRate,
    secondsPerRun: median(rounds.map(({ seconds }) => seconds)) ?? 0,
    essPerSecond: median(rounds.map(({ whole }) => whole)),
    splitRhat: median(rounds.map(({ rhat }) => rhat)),
    essPerSecondInBasin: median(rounds.map(({ basin }) => basin)),
    skipped: null,
  };
}

/** The same random direction every time. */
function unitDirection(dim: number): Float64Array {
  const direction = fillNormals(0, 1, purposes.data, [11, 0], new Float64Array(dim));
  const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
  return direction.map((x) => x / length);
}

/** direction·ξ of every draw, or direction·(ξ − T(ξ)), [numChains, numDraws]. */
function projections(draws: Draws, direction: Float64Array, isInBasin: boolean): Float64Array {
  const { positions, retrievals, numChains, numDraws, dim } = draws;
  return Float64Array.from({ length: numChains * numDraws }, (_, n) => {
    let sum = 0;
    for (let i = 0; i < dim; i++) {
      const at = n * dim + i;
      sum += direction[i]! * (positions[at]! - (isInBasin ? retrievals[at]! : 0));
    }
    return sum;
  });
}
