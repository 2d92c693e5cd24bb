/** The engines of this library as contestants: any sampler, timed between the first and the last of a few kept draws. */
import {
  createReferenceSampler,
  type Draws,
  type GpuTuning,
  type HopfieldTarget,
  type PlanStore,
  type SampleOptions,
  type Sampler,
} from "../../../src/index.ts";
import { jobMemory, type Job, type SpaceName } from "../cases.ts";
import { largestError, type Arithmetic, type Block, type Contestant, type OpenContestant } from "./contestant.ts";

/** Fewest steps of direct chains between kept draws: after a single one the read-out would be much of what is measured. */
const directThinning = 4;

/** Of a block, where it is short and where it is long; the first is the way in and is not timed. */
const drawsPerBlock = { short: 4, long: 2 } as const;
const longBlock = 1;

/** Chains and steps whose draws are compared with the reference's. */
const verifiedRun = { numChains: 4, numDraws: 8 } as const;

/** GPU time of what a device did since it was last asked; null where its clock cannot be trusted. */
export type TakeGpuSeconds = () => Promise<number | null>;

interface OwnEngine {
  readonly id: string;
  readonly label: string;
  readonly arithmetic: Arithmetic;
  readonly peak: string;
  /** @param isTimed it is worth some trouble to be fast */
  createSampler(target: HopfieldTarget, isTimed: boolean): Promise<Sampler>;
  /** It is what the others are compared with. */
  readonly isYardstick?: boolean;
  readonly takeGpuSeconds?: TakeGpuSeconds;
}

/** What searches of this process have found. */
const findings: PlanStore = new Map();

/**
 * Workgroups are searched for where there is hardware for them to fit, by samplers that are timed: it happens in the first
 * block of a shape, of which no figure is kept.
 */
export function tuningFor({ isSoftware }: { readonly isSoftware: boolean }, isTimed: boolean): GpuTuning {
  return isTimed && !isSoftware ? { search: findings } : {};
}

export function jobTarget(job: Job): HopfieldTarget {
  const { beta, patches } = job;
  return { memory: jobMemory(job), beta, ...(patches && { patches }) };
}

export function ownContestants(engine: OwnEngine): readonly Contestant[] {
  return (["direct", "collapsed", "patches"] as const).map((space) => ({
    id: `${engine.id}-${space}`,
    label: engine.label,
    space,
    arithmetic: engine.arithmetic,
    peak: engine.peak,
    leastSteps: (job) => (space === "collapsed" ? job.collapsedThinning : space === "direct" ? directThinning : 1),
    verifies: "draws",
    covers: (job) => job.spaces.includes(space),
    open: (job) => openOwn(engine, job, space),
  }));
}

async function openOwn(engine: OwnEngine, job: Job, space: SpaceName): Promise<OpenContestant> {
  const target = jobTarget(job);
  const sampler = await engine.createSampler(target, true);
  const common: Omit<SampleOptions, "numChains" | "numDraws" | "thinning"> = {
    kernel: job.kernel,
    stepSize: job.stepSize,
    seed: 1,
    numBurnIn: 0,
    start: job.patches ? "mean" : "pattern",
    collapse: space === "collapsed" ? "on" : "off",
  };
  let seed = 1;
  let lastSeconds = 0;

  return {
    async verify() {
      if (engine.isYardstick === true) return null;
      const first = { ...common, ...verifiedRun, thinning: 1 };
      await using reference = createReferenceSampler(target);
      await using verified = await engine.createSampler(target, false);
      const wanted = await reference.run(first);
      // Draws that differ after a decision differ for good: the share of the chains that decided alike is the figure's sense.
      return largestError((await verified.run(first)).positions, wanted.positions);
    },
    async block(steps) {
      const numDraws = lastSeconds > longBlock ? drawsPerBlock.long : drawsPerBlock.short;
      const options = { ...common, numChains: job.numChains, numDraws, thinning: steps, seed: ++seed };
      const { chainSteps, seconds, gpuSeconds } = await timeRun(sampler, options, engine.takeGpuSeconds);
      lastSeconds = seconds;
      return { chainSteps, seconds, gpuSeconds };
    },
    close: () => sampler.dispose(),
  };
}

/**
 * Times a run from its first kept draw to its last. Where chains go in batches, one after the other, that is from the end
 * of the first batch's first draw; its own steps are left out of the count.
 */
export async function timeRun(
  sampler: Sampler,
  options: SampleOptions,
  takeGpuSeconds?: TakeGpuSeconds,
): Promise<Block & { readonly draws: Draws }> {
  await takeGpuSeconds?.();
  let first: { readonly at: number; readonly chainSteps: number } | undefined;
  let last = 0;
  let total = 0;
  const draws = await sampler.run(options, {
    onDraws({ numChains }) {
      last = performance.now();
      total += numChains * options.thinning;
      first ??= { at: last, chainSteps: total };
    },
  });
  const chainSteps = total - first!.chainSteps;
  const ofRun = (await takeGpuSeconds?.()) ?? null;
  return {
    draws,
    chainSteps,
    seconds: (last - first!.at) / 1000,
    gpuSeconds: ofRun === null ? null : (ofRun * chainSteps) / total,
  };
}
