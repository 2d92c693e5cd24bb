/**
 * Where new samples come from: novelty of the clean readout, of the global energy and of energies of overlapping windows,
 * beside fidelity to held-out images. No figure of this is in the paper; all are of T(ξ), without noise.
 */
import { randomOrder } from "../data/random-order.ts";
import { generate, type GenerateOptions } from "../methods/generate.ts";
import { pooledDiversityEstimate } from "../metrics/diversity.ts";
import { fidelity } from "../metrics/fidelity.ts";
import { novelty } from "../metrics/novelty.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { classMemory, imageMemory, type ImageSet } from "./data.ts";
import type { Experiment, ExperimentContext, ExperimentResult, Picture, Row } from "./experiment.ts";
import { quantities } from "./image-table.ts";
import { estimateOf, partHooks, partSeed } from "./measure.ts";
import { bound, closedForm, row } from "./verdict.ts";

interface Setting {
  readonly name: string;
  readonly memory: MemoryMatrix;
  readonly heldOut: MemoryMatrix;
  readonly images: ImageSet;
  readonly windows: readonly (number | "full")[];
  readonly anneal: GenerateOptions["anneal"];
  readonly stepsPerLevel: number;
  readonly numSamples: number;
  readonly brightness: number;
}

const stepSize = 0.4;
const numShown = 12;
const protocolOfBoth =
  "100 stored images; samples anneal from the mean image through geometric levels of β by ou with α = 0.4 and are read out " +
  "clean, T(ξ), at the last one; held-out images are others of the same kind.";

export const digitPatches: Experiment<"digits"> = {
  name: "digit-patches",
  title: "New digits from overlapping windows",
  source: "ours, not in the paper",
  section: "ours",
  protocol: `The first threes of MNIST; ${protocolOfBoth} β from 5 to 5·10⁴ in 25 levels of 4 steps; 48 samples.`,
  quickExpectation: "without windows T(ξ) copies, with windows it does not",
  revision: 1,
  needs: ["digits"],
  run: ({ digits: { train, heldOut } }, context) => {
    const { isQuick } = context;
    const numHeldOut = Math.min(
      isQuick ? 15 : 1000,
      Array.from(heldOut.labels ?? []).filter((label) => label === 3).length,
    );
    return compare(
      {
        name: "digit-patches",
        memory: classMemory(train, 3, isQuick ? 15 : 100),
        heldOut: classMemory(heldOut, 3, numHeldOut),
        images: train,
        windows: isQuick ? ["full", 7] : ["full", 15, 11, 7],
        anneal: { from: 5, to: 5e4, numLevels: isQuick ? 12 : 25 },
        stepsPerLevel: 4,
        numSamples: isQuick ? 6 : 48,
        brightness: 6,
      },
      context,
    );
  },
};

export const portraitPatches: Experiment<"portraits"> = {
  name: "portrait-patches",
  title: "New faces from overlapping windows",
  source: "ours, not in the paper",
  section: "ours",
  protocol: `100 of the 400 Olivetti faces, by seed; ${protocolOfBoth} β from 100 to 10⁶ in 20 levels of 2 steps; 24 samples.`,
  quickExpectation: "without windows T(ξ) copies, with windows it does not",
  revision: 1,
  needs: ["portraits"],
  run: ({ portraits }, context) => {
    const { isQuick } = context;
    const order = Array.from(randomOrder(portraits.pixels.length / (portraits.height * portraits.width), 0));
    const numPatterns = isQuick ? 15 : 100;
    return compare(
      {
        name: "portrait-patches",
        memory: imageMemory(portraits, order.slice(0, numPatterns)),
        heldOut: imageMemory(portraits, order.slice(numPatterns, isQuick ? 2 * numPatterns : order.length)),
        images: portraits,
        windows: isQuick ? ["full", 9] : ["full", 41, 25],
        anneal: { from: 100, to: 1e6, numLevels: isQuick ? 10 : 20 },
        stepsPerLevel: 2,
        numSamples: isQuick ? 6 : 24,
        brightness: 40,
      },
      context,
    );
  },
};

async function compare(setting: Setting, context: ExperimentContext): Promise<ExperimentResult> {
  const { memory, heldOut, images, windows, numSamples, name } = setting;
  const { dim } = memory;
  const real = fidelity(heldOut, memory.values);
  const rows: Row[] = [
    row({
      subject: "held-out images",
      quantity: "novelty",
      ...estimateOf(novelty(memory, heldOut.values)),
      reason: "what new images of the kind have",
    }),
    row({
      subject: "stored images",
      quantity: "distance to held-out over that of held-out to each other",
      mean: real.ratio ?? 0,
      se: null,
      reason: "1 for real images",
    }),
  ];
  const sections: Picture["sections"][number][] = [
    {
      heading: "stored patterns",
      cells: Array.from({ length: numShown }, (_, k) => memory.values.slice(k * dim, (k + 1) * dim)),
    },
  ];
  for (const window of windows) {
    const subject = window === "full" ? "global energy" : `windows of ${window} × ${window}`;
    const readouts = await context.keep(subject, async () => {
      const draws = await generate(
        context.createSampler,
        memory,
        {
          image: { height: images.height, width: images.width },
          windows: [window],
          anneal: setting.anneal,
          stepsPerLevel: setting.stepsPerLevel,
          stepSize,
          seed: partSeed(context, subject),
          numSamples,
        },
        partHooks(context, subject),
      );
      return { values: draws.retrievals };
    });
    const { values } = readouts;
    const { ratio, precision, recall } = fidelity(heldOut, values);
    const isGlobal = window === "full";
    const own = estimateOf(novelty(memory, values));
    rows.push(
      row({
        subject,
        quantity: quantities.denoised,
        expected: isGlobal ? closedForm("0: copies", 0, 0.002) : bound("atLeast", "more than a copy", 1e-4),
        ...own,
      }),
      row({
        subject,
        quantity: "distance to held-out over that of held-out to each other",
        mean: ratio ?? 0,
        se: null,
        reason: "1 for real images",
      }),
      row({
        subject,
        quantity: "diversity of T(ξ)",
        ...pooledDiversityEstimate(values, { numChains: numSamples, numDraws: 1, dim }),
        reason: "beside that of the other windows",
      }),
      row({
        subject,
        quantity: "precision, share on the manifold of held-out images",
        mean: precision ?? 0,
        se: null,
        reason: "nearest neighbours by pixels",
      }),
      row({
        subject,
        quantity: "recall, share of held-out images on that of the samples",
        mean: recall ?? 0,
        se: null,
        reason: "nearest neighbours by pixels",
      }),
    );
    sections.push({
      heading: `${subject}: T(ξ), the clean readout`,
      cells: Array.from({ length: Math.min(numShown, numSamples) }, (_, n) => values.slice(n * dim, (n + 1) * dim)),
    });
  }
  return {
    rows,
    figures: [],
    pictures: [
      {
        name,
        title: "Clean readouts, by the size of the windows",
        subtitle: "Nothing here is noise: all cells are stored patterns or T(ξ). All at one brightness.",
        imageShape: { height: images.height, width: images.width },
        numColumns: numShown,
        sections: sections.map(({ heading, cells }) => ({
          heading,
          cells: cells.map((cell) => Float32Array.from(cell, (x) => x * setting.brightness)),
        })),
      },
    ],
    notes: [
      "Novelty of ξ is noise, whatever the data. The clean readout of the global energy is a copy; that of overlapping windows " +
        "recombines parts of several images, and is novel without noise.",
    ],
  };
}
