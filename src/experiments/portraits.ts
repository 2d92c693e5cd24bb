/** Class-conditional generation by a mask: portraits of one person at a time. */
import { nearestPatterns } from "../metrics/novelty.ts";
import { classMask } from "../data/classes.ts";
import { imageMemory } from "./data.ts";
import type { Experiment, Picture, Row } from "./experiment.ts";
import { noiseNovelty, basinVariance } from "./law.ts";
import { quantities } from "./image-table.ts";
import { estimateOf, exactDraws, publishedStepSize, rowsOf, sampledNow } from "./measure.ts";
import { bound, lawMean, row } from "./verdict.ts";

const numColumns = 10;
const brightness = 40;
const quickPeople = 4;

/** What one person's chains came to. */
interface ClassResult {
  /** Share whose nearest stored pattern is of the class: by ξ and by T(ξ), of chains and of exact draws. */
  readonly share: number;
  readonly denoisedShare: number;
  readonly exactShare: number;
  readonly novelty: number;
}

export const portraitClasses: Experiment<"portraits"> = {
  name: "olivetti-classes",
  title: "One person at a time, by a mask",
  source: "Olivetti faces, no figures published",
  section: "6.3",
  protocol:
    "All 400 faces of 40 people, d = 4096; ula, α = 0.01, with the mask of each person in turn, 5 chains of 2000 steps, three " +
    "draws of each, at two β. Shares are over people, beside the same chains without a mask and chance.",
  quickExpectation: "with the mask every clean readout is of the person asked for, and without it a share near chance",
  revision: 1,
  needs: ["portraits"],
  async run({ portraits }, context) {
    const { isQuick } = context;
    const numPeople = isQuick ? quickPeople : Infinity;
    const memory = imageMemory(
      portraits,
      Array.from(portraits.labels!, (_, i) => i).filter((i) => portraits.labels![i]! < numPeople),
    );
    const labels = memory.labels!;
    const classes = [...new Set(labels)];
    const chains = isQuick
      ? { numChains: 3, numBurnIn: 300, numDraws: 2, thinning: 100 }
      : { numChains: 5, numBurnIn: 1400, numDraws: 3, thinning: 200 };
    const rows: Row[] = [];
    const sections: Picture["sections"][number][] = [];
    for (const beta of isQuick ? [10_000] : [10_000, 1000]) {
      const results: ClassResult[] = [];
      for (const label of classes) {
        const target = { memory, beta, mask: classMask(memory, label) };
        const part = `person ${label}, β = ${beta}`;
        const options = { ...chains, kernel: "ula", stepSize: publishedStepSize, start: "pattern" } as const;
        const share = (vectors: Float32Array): number => {
          const { index } = nearestPatterns(memory, vectors);
          return index.filter((k) => labels[k] === label).length / index.length;
        };
        results.push(
          await context.keep(part, async () => {
            const { draws } = await sampledNow(context, part, target, options);
            const exact = await exactDraws(context, `${part}, exact law`, target, { numChains: 5, numDraws: 10 });
            return {
              share: share(draws.positions),
              denoisedShare: share(draws.retrievals),
              exactShare: share(exact.draws.positions),
              novelty: draws.maxCosine.reduce((sum, cosine) => sum + (1 - cosine) / draws.maxCosine.length, 0),
            };
          }),
        );
        if (sections.length < 4 && beta === 10_000) {
          const { draws } = await sampledNow(context, part, target, options);
          sections.push(
            {
              heading: `Person ${label}: stored patterns`,
              cells: Array.from(labels, (_, k) => k)
                .filter((k) => labels[k] === label)
                .slice(0, numColumns)
                .map((k) => memory.values.slice(k * memory.dim, (k + 1) * memory.dim)),
            },
            { heading: `Person ${label}: ξ, β = ${beta}`, cells: rowsOf(draws.positions, draws, numColumns) },
            { heading: `Person ${label}: T(ξ), the clean readout`, cells: rowsOf(draws.retrievals, draws, numColumns) },
          );
        }
      }
      const subject = `mask, β = ${beta}`;
      const unmasked = await context.keep(`no mask, β = ${beta}`, async () => {
        const { draws } = await sampledNow(
          context,
          `no mask, β = ${beta}`,
          { memory, beta },
          {
            ...chains,
            numChains: isQuick ? 12 : 40,
            kernel: "ula",
            stepSize: publishedStepSize,
            start: "pattern",
          },
        );
        const { index } = nearestPatterns(memory, draws.retrievals);
        return { shares: classes.map((label) => index.filter((k) => labels[k] === label).length / index.length) };
      });
      rows.push(
        row({
          subject,
          quantity: "share whose T(ξ) is nearest to the person asked for",
          expected: bound("atLeast", "1: T(ξ) averages what the mask keeps", beta >= 10_000 ? 1 : 0.98),
          ...estimateOf(results.map((each) => each.denoisedShare)),
        }),
        row({
          subject,
          quantity: "share whose ξ is nearest to the person asked for",
          expected: lawMean("exact draws under the mask", estimateOf(results.map((each) => each.exactShare)), 0.01),
          ...estimateOf(results.map((each) => each.share)),
        }),
        row({
          subject: `no mask, β = ${beta}`,
          quantity: "share whose T(ξ) is nearest to a given person",
          ...estimateOf(unmasked.shares),
          reason: `chance is one in ${classes.length}`,
        }),
        row({
          subject,
          quantity: quantities.novelty,
          expected: noiseNovelty(memory.dim, basinVariance("ula", beta, publishedStepSize), "β(1 − α/2)"),
          ...estimateOf(results.map((each) => each.novelty)),
        }),
      );
    }
    return {
      rows,
      figures: [],
      pictures: [
        {
          name: "olivetti-classes",
          title: "Portraits of one person by a mask",
          subtitle: "All at one brightness, cut off at black and white.",
          imageShape: { height: portraits.height, width: portraits.width },
          numColumns,
          sections: sections.map(({ heading, cells }) => ({
            heading,
            cells: cells.map((cell) => Float32Array.from(cell, (x) => x * brightness)),
          })),
        },
      ],
      notes: [
        "The mask picks whose pictures take part, and nothing else: at the published β every clean readout is a copy of one of " +
          "that person's stored pictures, and ξ is that copy in noise.",
      ],
    };
  },
};
