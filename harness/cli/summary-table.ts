/** The table at the end of a run: each figure beside its noise floor and the exact law's. */
import { isAdjusted, type ClassShare, type Estimate, type KernelName, type Metrics } from "../../src/index.ts";
import { formatFixed, formatTable } from "./format.ts";

/** Stands where there is no figure. */
const none = "–";

/** The figures of a run, with those of its class if one was asked for. */
export interface RunMetrics extends Metrics {
  readonly classShare?: ClassShare;
}

/** @param exact null if the comparison was interrupted */
export function summaryTable(metrics: RunMetrics, exact: RunMetrics | null, kernel: KernelName): string {
  const row = (name: string, figure: (metrics: RunMetrics) => string, floor = ""): string[] => [
    name,
    figure(metrics),
    floor,
    exact === null ? none : figure(exact),
  ];
  return formatTable([
    ["", "samples", "noise floor", "exact law"],
    row("novelty of ξ", ({ novelty }) => formatEstimate(novelty), formatFixed(metrics.novelty.floor)),
    row("novelty of T(ξ), denoised", ({ novelty }) => formatFixed(novelty.denoised), formatFixed(0)),
    row("diversity of ξ, pooled", ({ diversity }) => formatOptional(diversity.pooled)),
    row("diversity of ξ, within a chain", ({ diversity }) => formatOptional(diversity.withinChain)),
    row("energy of ξ", ({ energy }) => formatEstimate(energy)),
    row("largest cosine of ξ", ({ maxCosine }) => formatFixed(maxCosine)),
    row("attention entropy, nats", ({ attentionEntropy }) => formatFixed(attentionEntropy)),
    ...[metrics.classShare ?? []]
      .flat()
      .map(({ label, chance }) =>
        row(
          `nearest pattern is of class ${label}`,
          (each) => formatShare(each.classShare),
          `chance ${formatFixed(chance)}`,
        ),
      ),
    // Of kernels that may reject, which the exact law's is not.
    ["acceptance rate", isAdjusted(kernel) ? formatFixed(metrics.acceptanceRate) : none, "", none],
    row("proposals not finite", ({ nonFinite }) => String(nonFinite)),
  ]);
}

function formatEstimate({ mean, se }: Estimate): string {
  return se === null ? formatFixed(mean) : `${formatFixed(mean)} ± ${formatFixed(se)}`;
}

function formatShare(share: ClassShare | undefined): string {
  return share === undefined ? "" : formatEstimate(share);
}

function formatOptional(value: number | null): string {
  return value === null ? none : formatFixed(value);
}
