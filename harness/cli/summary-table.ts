/** The table at the end of a run: each figure beside its noise floor and the exact law's. */
import type { Estimate, Metrics } from "../../src/index.ts";
import { formatTable } from "./format.ts";

export function summaryTable(metrics: Metrics, exact: Metrics): string {
  const row = (name: string, figure: (metrics: Metrics) => string, floor = ""): string[] => [
    name,
    figure(metrics),
    floor,
    figure(exact),
  ];
  return formatTable([
    ["", "samples", "noise floor", "exact law"],
    row("novelty of ξ", ({ novelty }) => formatEstimate(novelty), metrics.novelty.floor.toFixed(4)),
    row("novelty of T(ξ), denoised", ({ novelty }) => novelty.denoised.toFixed(4), (0).toFixed(4)),
    row("diversity of ξ, pooled", ({ diversity }) => formatOptional(diversity.pooled)),
    row("diversity of ξ, within a chain", ({ diversity }) => formatOptional(diversity.withinChain)),
    row("energy of ξ", ({ energy }) => formatEstimate(energy)),
    row("largest cosine of ξ", ({ maxCosine }) => maxCosine.toFixed(4)),
    row("attention entropy, nats", ({ attentionEntropy }) => attentionEntropy.toFixed(4)),
    row("acceptance rate", ({ acceptanceRate }) => acceptanceRate.toFixed(4)),
    row("proposals not finite", ({ nonFinite }) => String(nonFinite)),
  ]);
}

function formatEstimate({ mean, se }: Estimate): string {
  return se === null ? mean.toFixed(4) : `${mean.toFixed(4)} ± ${se.toFixed(4)}`;
}

function formatOptional(value: number | null): string {
  return value === null ? "-" : value.toFixed(4);
}
