/** Figure 1b: eight chains of a small system agree with each other, with one long chain, and with the exact law. */
import { fillNormals } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { requireSeed } from "../core/checks.ts";
import { essBulk, splitRhat } from "../diagnostics/convergence.ts";
import { estimateOverChains } from "../metrics/chain-mean.ts";
import { ksDistance, ksCriticalDistance } from "../metrics/kolmogorov-smirnov.ts";
import type { Experiment } from "./experiment.ts";
import { basinVariance } from "./law.ts";
import { exactDraws, partSeed, publishedStepSize, sampled } from "./measure.ts";
import { bound, lawMean, published, row } from "./verdict.ts";

const beta = 5;
const level = 0.001;
const thinning = 10;

export const convergence: Experiment<"spheres"> = {
  name: "convergence",
  title: "Convergence of eight chains",
  source: "Figure 1b, section 5",
  section: "6.1",
  protocol:
    "K = 4 unit patterns in d = 8, β = 5; ula, α = 0.01, eight chains from random places, 2·10⁴ steps, 5000 of them " +
    "burn-in, against one chain of 2·10⁵ steps, 5·10⁴ of them burn-in; every tenth step looked at. The bounds count " +
    "draws by their effective sample size.",
  quickExpectation: "energies of all chains pass the two-sample test against the exact law",
  revision: 1,
  needs: ["spheres"],
  async run({ spheres }, context) {
    const { isQuick } = context;
    const memory = spheres.convergence[0]!;
    const target = { memory, beta };
    const numChains = 8;
    const lengths = isQuick ? { burnIn: 1000, draws: 600 } : { burnIn: 5000, draws: 1500 };
    const kernel = "ula";
    const { draws } = await sampled(context, "eight chains", target, {
      kernel,
      stepSize: publishedStepSize,
      numChains,
      numBurnIn: lengths.burnIn,
      numDraws: lengths.draws,
      thinning,
      start: randomStarts(partSeed(context, "starts"), numChains, memory.dim),
    });
    const { draws: long } = await sampled(context, "long chain", target, {
      kernel,
      stepSize: publishedStepSize,
      numChains: 1,
      numBurnIn: 10 * lengths.burnIn,
      numDraws: 10 * lengths.draws,
      thinning,
      start: "pattern",
    });
    const { draws: exact } = await exactDraws(
      context,
      "exact law",
      target,
      { numChains: 100, numDraws: isQuick ? 40 : 200 },
      1 / basinVariance(kernel, beta, publishedStepSize),
    );
    const effective = essBulk(draws.energy, numChains);
    const effectiveLong = essBulk(long.energy, 1);
    const against = (size: number, other: number) =>
      bound(
        "atMost",
        `0.1 % level of the two-sample test, ${Math.round(size)} and ${Math.round(other)} effective draws`,
        ksCriticalDistance(size, other, level),
      );
    const subject = "eight chains";
    const energy = estimateOverChains(draws.energy, numChains);
    const law = estimateOverChains(exact.energy, exact.numChains);
    return {
      rows: [
        row({
          subject,
          quantity: "KS distance of energies to the long chain",
          expected: against(effective, effectiveLong),
          mean: ksDistance(draws.energy, long.energy),
          se: null,
        }),
        row({
          subject,
          quantity: "KS distance of energies to exact draws",
          expected: against(effective, exact.energy.length),
          mean: ksDistance(draws.energy, exact.energy),
          se: null,
        }),
        row({ subject, quantity: "energy of ξ", expected: lawMean("exact draws, variance of ula", law), ...energy }),
        row({
          subject,
          quantity: "split R-hat of energies",
          expected: bound("atMost", "chains that agree", isQuick ? 1.05 : 1.01),
          mean: splitRhat(draws.energy, numChains),
          se: null,
        }),
        row({
          subject,
          quantity: "effective sample size of energies",
          mean: effective,
          se: null,
          reason: "the more the better",
        }),
        row({
          subject: "paper's claim",
          quantity: "chains that reach the long chain's law (of eight)",
          published: published("8"),
          mean: numAgreeing(draws.energy, numChains, long.energy, effective / numChains, effectiveLong),
          se: null,
        }),
      ],
      pictures: [],
      figures: [
        {
          kind: "lines",
          name: "convergence",
          title: "Energies of eight chains, of one long chain and of the exact law",
          subtitle: `K = ${memory.numPatterns}, d = ${memory.dim}, β = ${beta}; ula, α = 0.01.`,
          xLabel: "energy of ξ",
          panels: [
            {
              heading: "density",
              series: densities([
                ["exact law", exact.energy],
                ["eight chains", draws.energy],
                ["long chain", long.energy],
              ]),
            },
          ],
        },
      ],
      notes: [],
    };
  },
};

function randomStarts(seed: bigint, numChains: number, dim: number): Float32Array {
  const normals = new Float64Array(numChains * dim);
  return Float32Array.from(fillNormals(0, 0, purposes.startNoise, requireSeed("seed", seed), normals));
}

/** How many chains pass the test against the long one. */
function numAgreeing(
  energy: Float64Array,
  numChains: number,
  long: Float64Array,
  size: number,
  longSize: number,
): number {
  const numDraws = energy.length / numChains;
  return Array.from({ length: numChains }, (_, chain) =>
    ksDistance(energy.subarray(chain * numDraws, (chain + 1) * numDraws), long),
  ).filter((distance) => distance <= ksCriticalDistance(size, longSize, level)).length;
}

/** Histograms on one set of bins, as lines through their centres. */
function densities(sets: readonly (readonly [label: string, values: Float64Array])[]) {
  const all = sets.flatMap(([, values]) => Array.from(values)).sort((a, b) => a - b);
  const [first, last] = [all[Math.floor(all.length * 0.0005)]!, all[Math.floor(all.length * 0.9995)]!];
  const numBins = 60;
  const width = (last - first) / numBins;
  return sets.map(([label, values]) => {
    const counts = new Float64Array(numBins);
    for (const value of values) {
      const bin = Math.floor((value - first) / width);
      if (bin >= 0 && bin < numBins) counts[bin]! += 1 / (values.length * width);
    }
    return { label, x: Array.from(counts, (_, i) => first + (i + 0.5) * width), y: Array.from(counts) };
  });
}
