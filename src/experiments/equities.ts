/** Table 6 and figures 8 to 11: days of a stock market, as a pool and as a sequence. */
import { autocorrelation, autocorrelationBand } from "../diagnostics/autocorrelation.ts";
import { projectSequence, sampleSequence } from "../methods/sequential.ts";
import type { Estimate } from "../metrics/chain-mean.ts";
import { ksProbability } from "../metrics/kolmogorov-smirnov.ts";
import { basinAcceptanceRate } from "../reference/exact-law.ts";
import { bootstrap } from "../baselines/bootstrap.ts";
import type { ReturnsMemory } from "../data/returns.ts";
import { createPace } from "../core/pace.ts";
import type { Draws, MemoryMatrix, RunHooks } from "../core/types.ts";
import type { Experiment, FigureSeries, Row } from "./experiment.ts";
import { quantities } from "./image-table.ts";
import { jackknifeEstimate } from "./jackknife.ts";
import { basinVariance } from "./law.ts";
import {
  estimateOf,
  exactDraws,
  figuresOf,
  logSpaced,
  partHooks,
  partSeed,
  publishedStepSize,
  sampled,
} from "./measure.ts";
import { bound, closedForm, lawMean, published, row } from "./verdict.ts";

const otherPanel = (amount: number) => ({
  amount,
  why: "459 tickers and 2013 to 2024 here, 424 and 2014 to 2024 there: shape, not digits",
});

const poolBeta = 25;
const significance = 0.05;
const poolNames = {
  pass: "share of tickers that pass the KS test at 5 %",
  probability: "mean p of the KS test",
  correlation: "Frobenius error of correlations",
  compression: "deviation of history over that of the samples, mean over tickers",
} as const;

type PoolFigures = Readonly<Record<keyof typeof poolNames, Estimate>>;

export const equityPool: Experiment<"returns"> = {
  name: "equities",
  title: "A pool of market days",
  source: "Table 6, figures 8 to 10, appendix G",
  section: "6.4",
  protocol:
    "Daily log-returns of 459 tickers on 2766 days, each day centred across tickers and scaled to unit norm; ula, α = 0.01, " +
    "β = 25, 30 chains of 5000 steps, 2000 of them burn-in, every hundredth kept: 900 samples, projected to raw returns by " +
    "the attention weights and matched in mean and deviation ticker by ticker, beside as many exact draws and a bootstrap of days. " +
    "Errors leave out one chain at a time.",
  quickExpectation: "novelty and energy agree with the exact law",
  revision: 2,
  needs: ["returns"],
  async run({ returns }, context) {
    const { memory, returns: history } = recent(returns, context.isQuick);
    const target = { memory, beta: poolBeta };
    const counts = context.isQuick ? { numChains: 10, numDraws: 10 } : { numChains: 30, numDraws: 30 };
    const run = await sampled(context, `SA, β = ${poolBeta}`, target, {
      ...counts,
      numBurnIn: context.isQuick ? 500 : 2000,
      thinning: 100,
      kernel: "ula",
      stepSize: publishedStepSize,
      start: "pattern",
    });
    const law = await exactDraws(
      context,
      "exact law",
      target,
      counts,
      1 / basinVariance("ula", poolBeta, publishedStepSize),
    );
    const exact = await exactDraws(context, "exact sampler", target, counts);
    const numSamples = counts.numChains * counts.numDraws;
    const days: MemoryMatrix = { values: history, numPatterns: memory.numPatterns, dim: memory.dim };
    const resampled = await bootstrap(days, { numSamples, seed: partSeed(context, "bootstrap") });
    const project = (draws: Draws): Float32Array => projectSequence(target, draws, { rawPatterns: history }).series;
    const sa = project(run.draws);
    const { dim } = memory;
    const of = (part: string, samples: Float32Array): Promise<PoolFigures> =>
      context.keep(part, () => poolFigures(partHooks(context, part), samples, history, dim, counts.numChains));
    const ofSa = await of("figures of the samples", sa);
    const ofExact = await of("figures of exact draws", project(exact.draws));
    const ofBootstrap = await of("figures of the bootstrap", resampled);
    const figures = figuresOf(run);
    const expected = figuresOf(law);
    const source = "exact draws, variance of ula";
    const subject = `SA, β = ${poolBeta}`;
    const rows: Row[] = [
      row({
        subject,
        quantity: quantities.novelty,
        published: published("0.768", "0.001"),
        expected: lawMean(source, expected.novelty),
        ...figures.novelty,
        dataDifference: otherPanel(0.03),
      }),
      row({ subject, quantity: quantities.energy, expected: lawMean(source, expected.energy), ...figures.energy }),
      row({
        subject,
        quantity: quantities.denoised,
        expected: lawMean(source, expected.denoised, 0.005),
        ...figures.denoised,
      }),
      ...poolRows(
        subject,
        ofSa,
        { pass: "0.642", probability: "0.193", correlation: "0.263", compression: "≈ 1.14" },
        "chains keep near the days that they start at, so that 900 samples stand for few days, and for which ones is chance: as " +
          "many independent draws of the same law do as well as the bootstrap",
      ),
      ...poolRows(`exact sampler, β = ${poolBeta}`, ofExact, {}),
      row({
        subject: "bootstrap",
        quantity: quantities.novelty,
        published: published("0.000"),
        expected: closedForm("0: copies", 0),
        mean: 0,
        se: null,
      }),
      ...poolRows("bootstrap", ofBootstrap, { pass: "0.993", probability: "0.622", correlation: "0.156" }),
      ...tailRows(sa, history, memory.dim),
    ];
    return {
      rows,
      pictures: [],
      figures: [
        {
          kind: "lines",
          name: "equities-tails",
          title: "Tails of the equal-weight portfolio",
          subtitle: `${numSamples} samples after matching, ${memory.numPatterns} days of history.`,
          xLabel: "size of the portfolio's return on a day",
          xScale: "log",
          panels: (["gains", "losses"] as const).map((side) => ({
            heading: `share of days with larger ${side}`,
            scale: "log",
            series: [
              survival("history", portfolio(history, memory.dim), side),
              survival("samples", portfolio(matched(sa, history, memory.dim), memory.dim), side),
            ],
          })),
        },
        {
          kind: "lines",
          name: "equities-correlations",
          title: "Correlations of pairs of tickers",
          subtitle: "Every so many pairs of all; the line is equality.",
          xLabel: "in history",
          panels: [
            {
              heading: "in the samples",
              series: [
                { label: "equal", x: [-0.1, 1], y: [-0.1, 1] },
                {
                  label: "pairs",
                  kind: "points",
                  ...somePairs(correlations(history, memory.dim), correlations(sa, memory.dim), memory.dim),
                },
              ],
            },
          ],
        },
      ],
      notes: [
        "The panel differs from the paper's, which is not published: its figures are compared by shape, with the differences " +
          "that are stated.",
      ],
    };
  },
};

/** All days, or few of them for few tickers. */
function recent(returns: ReturnsMemory, isQuick: boolean): ReturnsMemory {
  if (!isQuick) return returns;
  const numPatterns = Math.min(200, returns.memory.numPatterns);
  const { dim } = returns.memory;
  return {
    ...returns,
    memory: { values: returns.memory.values.slice(0, numPatterns * dim), numPatterns, dim },
    returns: returns.returns.slice(0, numPatterns * dim),
  };
}

function poolRows(
  subject: string,
  figures: PoolFigures,
  printed: Readonly<Partial<Record<keyof PoolFigures, string>>>,
  reason?: string,
): Row[] {
  const differences = { pass: 0.25, probability: 0.15, correlation: 0.1, compression: 0.2 };
  return (Object.keys(poolNames) as (keyof PoolFigures)[]).map((key) =>
    row({
      subject,
      quantity: poolNames[key],
      ...(printed[key] !== undefined && {
        published: published(printed[key]),
        dataDifference: otherPanel(differences[key]),
      }),
      ...figures[key],
      ...(reason !== undefined && { reason }),
    }),
  );
}

/** How samples of raw returns stand to history, [numSamples, dim], chain after chain, and [numDays, dim]. */
async function poolFigures(
  { signal, onProgress }: RunHooks,
  samples: Float32Array,
  history: Float32Array,
  dim: number,
  numChains: number,
): Promise<PoolFigures> {
  const past = correlations(history, dim);
  const size = past.reduce((sum, value) => sum + value ** 2, 0);
  const days = Array.from({ length: dim }, (_, j) => column(history, j, dim).sort());
  const deviations = days.map((_, j) => moments(history, j, dim).deviation);
  const figures = (own: Float32Array): Record<keyof PoolFigures, number> => {
    const calibrated = matched(own, history, dim);
    const probabilities = days.map((each, j) => ksProbability(column(calibrated, j, dim), each));
    const error = correlations(own, dim).reduce((sum, value, at) => sum + (value - past[at]!) ** 2, 0);
    return {
      pass: probabilities.filter((p) => p > significance).length / dim,
      probability: average(probabilities),
      correlation: Math.sqrt(error / size),
      compression: average(deviations.map((deviation, j) => deviation / moments(own, j, dim).deviation)),
    };
  };
  const length = samples.length / numChains;
  const leftOut: Record<keyof PoolFigures, number>[] = [];
  const pace = createPace({ ...(signal && { signal }), ...(onProgress && { onProgress }) }, numChains);
  for (let chain = 0; chain < numChains; chain++) {
    leftOut.push(figures(without(samples, chain * length, length)));
    if (pace.isDue(1)) await pace.giveWay();
  }
  const whole = figures(samples);
  const estimate = (key: keyof PoolFigures): Estimate =>
    jackknifeEstimate(
      whole[key],
      leftOut.map((each) => each[key]),
    );
  return {
    pass: estimate("pass"),
    probability: estimate("probability"),
    correlation: estimate("correlation"),
    compression: estimate("compression"),
  };
}

/** All but `count` values from `first` on. */
function without(values: Float32Array, first: number, count: number): Float32Array {
  const out = new Float32Array(values.length - count);
  out.set(values.subarray(0, first));
  out.set(values.subarray(first + count), first);
  return out;
}

/** Samples moved and stretched, ticker by ticker, to the mean and deviation of history. */
function matched(samples: Float32Array, history: Float32Array, dim: number): Float32Array {
  const own = Array.from({ length: dim }, (_, j) => moments(samples, j, dim));
  const aims = Array.from({ length: dim }, (_, j) => moments(history, j, dim));
  return samples.map((value, at) => {
    const [from, to] = [own[at % dim]!, aims[at % dim]!];
    return to.mean + ((value - from.mean) * to.deviation) / from.deviation;
  });
}

function column(rows: Float32Array, j: number, dim: number): Float64Array {
  return Float64Array.from({ length: rows.length / dim }, (_, n) => rows[n * dim + j]!);
}

function moments(rows: Float32Array, j: number, dim: number): { mean: number; deviation: number } {
  const values = column(rows, j, dim);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)),
  };
}

/** [dim, dim] */
function correlations(rows: Float32Array, dim: number): Float64Array {
  const numRows = rows.length / dim;
  const standard = Array.from({ length: dim }, (_, j) => {
    const values = column(rows, j, dim);
    const { mean } = moments(rows, j, dim);
    const length = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    return values.map((value) => (value - mean) / length);
  });
  const out = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let n = 0; n < numRows; n++) sum += standard[i]![n]! * standard[j]![n]!;
      out[i * dim + j] = sum;
      out[j * dim + i] = sum;
    }
  return out;
}

/** Mean over tickers, every day. */
function portfolio(rows: Float32Array, dim: number): Float64Array {
  return Float64Array.from({ length: rows.length / dim }, (_, n) =>
    average(Array.from(rows.subarray(n * dim, (n + 1) * dim))),
  );
}

function tailRows(samples: Float32Array, history: Float32Array, dim: number): Row[] {
  const [own, past] = [portfolio(matched(samples, history, dim), dim).sort(), portfolio(history, dim).sort()];
  const at = (sorted: Float64Array, share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return [0.01, 0.99].map((share) =>
    row({
      subject: `SA, β = ${poolBeta}`,
      quantity: `portfolio's ${100 * share} % quantile over that of history`,
      published: published("≈ 1"),
      mean: at(own, share) / at(past, share),
      se: null,
      reason: "900 samples hold nine days of each tail",
    }),
  );
}

function survival(label: string, values: Float64Array, side: "gains" | "losses"): FigureSeries {
  const sizes = Array.from(values, (value) => (side === "gains" ? value : -value)).filter((value) => value > 1e-4);
  const sorted = sizes.sort((a, b) => b - a);
  // Evenly on the logarithmic axis of shares: all of the far tail, and fewer and fewer of the rest.
  const ranks = [...new Set(logSpaced(1, sorted.length, numShownRanks).map(Math.round))].reverse();
  return { label, x: ranks.map((rank) => sorted[rank - 1]!), y: ranks.map((rank) => rank / values.length) };
}

const numShownRanks = 200;

const numShownPairs = 800;

function somePairs(x: Float64Array, y: Float64Array, dim: number): { x: number[]; y: number[] } {
  const pairs = Array.from({ length: dim * dim }, (_, at) => at).filter((at) => at % dim < Math.floor(at / dim));
  const every = Math.max(1, Math.floor(pairs.length / numShownPairs));
  const shown = pairs.filter((_, i) => i % every === 0);
  return { x: shown.map((at) => x[at]!), y: shown.map((at) => y[at]!) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const sequenceBeta = 12;
const stepsPerDay = 200;
const numLags = 20;

export const equitySequence: Experiment<"returns"> = {
  name: "equities-sequence",
  title: "A sequence of market days",
  source: "Table 6, figure 11, appendix G",
  section: "6.4",
  protocol:
    "The same memory; mala, α = 0.01, β = 12, 200 steps from one day to the next, started as published. Six chains of 461 days " +
    "in place of one of 2766: as many days, on several cores, with standard errors over chains.",
  quickExpectation: "mala accepts as its closed form says, and returns have no memory beyond that of 200 steps",
  revision: 1,
  needs: ["returns"],
  async run({ returns }, context) {
    const { memory, returns: history } = recent(returns, context.isQuick);
    const target = { memory, beta: sequenceBeta };
    const numChains = context.isQuick ? 3 : 6;
    const numOutputs = context.isQuick ? 40 : Math.floor(memory.numPatterns / numChains);
    const part = `MALA, β = ${sequenceBeta}`;
    const { draws, series } = await context.keep(part, async () =>
      sampleSequence(
        context.createSampler,
        target,
        {
          kernel: "mala",
          stepSize: publishedStepSize,
          seed: partSeed(context, part),
          numChains,
          start: "pattern",
          numOutputs,
          stepsPerOutput: stepsPerDay,
          rawPatterns: history,
        },
        partHooks(context, part),
      ),
    );
    const { dim } = memory;
    const numShown = Math.min(numLags, numOutputs - 1);
    /** Mean over tickers of the autocorrelation at each lag, for every chain. */
    const ofChains = (power: 1 | 2): number[][] =>
      Array.from({ length: numChains }, (_, chain) =>
        meanAutocorrelation(
          series.subarray(chain * numOutputs * dim, (chain + 1) * numOutputs * dim),
          dim,
          power,
          numShown,
        ),
      );
    const [plain, squared] = [ofChains(1), ofChains(2)];
    const [pastPlain, pastSquared] = [
      meanAutocorrelation(history, dim, 1, numShown),
      meanAutocorrelation(history, dim, 2, numShown),
    ];
    const remembered = (1 - publishedStepSize) ** stepsPerDay;
    const insideBand = plain.map(
      (values) =>
        values.slice(1).filter((value) => Math.abs(value) <= autocorrelationBand(numOutputs)).length / numShown,
    );
    const subject = `MALA, β = ${sequenceBeta}`;
    const atLag = (values: readonly (readonly number[])[], lag: number) => estimateOf(values.map((each) => each[lag]!));
    return {
      rows: [
        row({
          subject,
          quantity: quantities.acceptance,
          published: published("0.994"),
          expected: closedForm("2Φ(−√(α³d/8))", basinAcceptanceRate(dim, publishedStepSize), 0.003),
          ...estimateOf(draws.acceptanceRate),
        }),
        row({
          subject,
          quantity: "share of lags whose ACF(g) lies in the 99 % band, mean over tickers",
          published: published("1"),
          ...estimateOf(insideBand),
          dataDifference: { amount: 0.05, why: "one lag in twenty" },
        }),
        row({
          subject,
          quantity: "ACF(g) at lag 1, mean over tickers",
          published: published("≈ 0"),
          expected: bound("atMost", "what 200 steps remember, (1 − α)²⁰⁰", remembered),
          ...atLag(plain, 1),
          dataDifference: { amount: 0.1, why: "the paper calls it near zero" },
        }),
        row({
          subject,
          quantity: "ACF(g²) at lag 1, mean over tickers",
          published: published("≈ 0"),
          ...atLag(squared, 1),
          dataDifference: { amount: 0.1, why: "the paper calls it near zero" },
        }),
        row({
          subject: "history",
          quantity: "ACF(g) at lag 1, mean over tickers",
          mean: pastPlain[1]!,
          se: null,
          reason: "to compare with",
        }),
        row({
          subject: "history",
          quantity: "ACF(g²) at lag 1, mean over tickers",
          mean: pastSquared[1]!,
          se: null,
          reason: "volatility clusters",
        }),
      ],
      pictures: [],
      figures: [
        {
          kind: "lines",
          name: "equities-sequence",
          title: "Autocorrelation of returns and of their squares",
          subtitle: `Mean over ${dim} tickers; ${numChains} chains of ${numOutputs} days.`,
          xLabel: "lag, days",
          panels: [
            { heading: "returns", series: acfSeries(plain, pastPlain, numShown) },
            { heading: "squared returns", series: acfSeries(squared, pastSquared, numShown) },
          ],
        },
      ],
      notes: [
        "An equilibrium sampler at one β forgets within a day what volatility was: squares of its returns are as independent as " +
          "the returns, and the clusters of history are not there. A path of β would be the way to put them in.",
      ],
    };
  },
};

function meanAutocorrelation(rows: Float32Array, dim: number, power: 1 | 2, maxLag: number): number[] {
  const sum = new Float64Array(maxLag + 1);
  for (let j = 0; j < dim; j++) {
    const values = column(rows, j, dim).map((value) => value ** power);
    for (const [lag, value] of autocorrelation(values, maxLag).entries()) sum[lag]! += value / dim;
  }
  return Array.from(sum);
}

function acfSeries(chains: readonly (readonly number[])[], past: readonly number[], numShown: number): FigureSeries[] {
  const lags = Array.from({ length: numShown }, (_, i) => i + 1);
  return [
    { label: "history", x: lags, y: lags.map((lag) => past[lag]!) },
    { label: "samples", x: lags, y: lags.map((lag) => average(chains.map((each) => each[lag]!))), kind: "points" },
    { label: "none", x: [1, numShown], y: [0, 0] },
  ];
}
