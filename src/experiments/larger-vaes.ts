/** Larger autoencoders on more images: how near their samples come to the stored patterns. */
import { vae } from "../baselines/vae.ts";
import { nearestPatterns } from "../metrics/novelty.ts";
import { keptSamples, libraryAbsent } from "./baseline-rows.ts";
import { classMemory, imageMemory, ofClass } from "./data.ts";
import type { Experiment, Row } from "./experiment.ts";
import { quantities } from "./image-table.ts";
import { estimateOf } from "./measure.ts";
import { bound, published, row } from "./verdict.ts";

const table = [
  { latentDim: 8, isAllDigits: false, maxCosine: "0.668" },
  { latentDim: 32, isAllDigits: false, maxCosine: "0.743" },
  { latentDim: 64, isAllDigits: false, maxCosine: "0.762" },
  { latentDim: 64, isAllDigits: true, maxCosine: "0.830" },
] as const;
const hiddenWidths = [512, 256];
/** Of all digits many samples are made, and those nearest to the memory kept. */
const numCandidates = 5000;
const numKept = 150;

export const largerVaes: Experiment<"digits"> = {
  name: "larger-vaes",
  title: "Larger autoencoders",
  source: "larger VAEs, appendix",
  section: "6.2",
  protocol:
    "VAEs of widths 784, 512, 256 with a latent space of 8, 32 and 64 on the first 1000 threes of MNIST's training set, and of " +
    "64 on its first 10⁴ digits, of whose 5000 samples the 150 nearest to the hundred threes of the memory are kept. Widths are " +
    "published, lengths of training are not: 60 epochs without and 60 with the divergence in batches of 100; of 10⁴ digits 6 and 6.",
  quickExpectation: "samples point towards the patterns rather than away from them",
  revision: 2,
  needs: ["digits"],
  async run({ digits: { train } }, context) {
    const { isQuick } = context;
    const memory = classMemory(train, 3, isQuick ? 30 : 100);
    const rows: Row[] = [];
    const notes: string[] = [];
    for (const { latentDim, isAllDigits, maxCosine } of isQuick ? table.slice(0, 1) : table) {
      const numTraining = isQuick ? 40 : isAllDigits ? 10_000 : 1000;
      const training = isAllDigits
        ? imageMemory(
            train,
            Array.from({ length: numTraining }, (_, i) => i),
          )
        : imageMemory(train, ofClass(train, 3).slice(0, numTraining));
      const subject = `latent ${latentDim}, ${isAllDigits ? "10 000 digits" : "1000 threes"}`;
      const numEpochs = isQuick ? 3 : isAllDigits ? 6 : 60;
      const samples = await keptSamples(context, subject, (options) =>
        vae(training, {
          ...options,
          latentDim,
          hiddenWidths,
          numSamples: isAllDigits ? numCandidates : numKept,
          numReconstructionEpochs: numEpochs,
          numAnnealingEpochs: numEpochs,
          batchSize: Math.min(100, numTraining),
        }),
      );
      if (samples === undefined) {
        notes.push(`${subject} is left out: ${libraryAbsent}.`);
        continue;
      }
      const cosines = Array.from(nearestPatterns(memory, samples).cosine)
        .sort((a, b) => b - a)
        .slice(0, numKept);
      rows.push(
        row({
          subject,
          quantity: quantities.maxCosine,
          published: published(maxCosine),
          // Of a quick run alone: no law says how much a trained network learns.
          ...(isQuick && { expected: bound("atLeast", "noise has none", 0) }),
          ...estimateOf(cosines),
          dataDifference: { amount: 0.06, why: "the length of training is not published, nor which images were taken" },
          ...(isAllDigits && {
            reason: "a training of twelve epochs in all, on two cores, and the published length is not known",
          }),
        }),
      );
    }
    return { rows, figures: [], pictures: [], notes };
  },
};
