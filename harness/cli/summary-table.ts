/** The table at the end of a run: each figure beside its noise floor and the exact law's. */
import type { ClassShare, Estimate, Metrics } from "../../src/index.ts";
import { formatFixed, formatTable } from "./format.ts";

/** The figures of a run, with those of its class if one was asked for. */
export interface RunMetrics extends Metrics {
  readonly classShare?: ClassShare;
}

export function summaryTable(metrics: RunMetrics, exact: RunMetrics): string {
  const row = (name: string, figure: (metrics: RunMetrics) => string, floor = ""): string[] => [
    name,
    figure(metrics),
    floor,
    figure(exact),
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
    row("acceptance rate", ({ acceptanceRate }) => formatFixed(acceptanceRate)),
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
  return value === null ? "-" : formatFixed(value);
}
