/** Every experiment, in the order of the protocols. */
import { cartoonFaces } from "./cartoons.ts";
import { convergence } from "./convergence.ts";
import { equityPool, equitySequence } from "./equities.ts";
import { proteins } from "./proteins.ts";
import { digitSpectrum } from "./digit-spectrum.ts";
import { digitTables } from "./digit-table.ts";
import type { Experiment } from "./experiment.ts";
import { largerVaes } from "./larger-vaes.ts";
import { loadRatio } from "./load-ratio.ts";
import { malaGeneration } from "./mala-generation.ts";
import { multiHead } from "./multi-head.ts";
import { noiseControl } from "./noise-control.ts";
import { digitPatches, portraitPatches } from "./patch-novelty.ts";
import { portraitClasses } from "./portraits.ts";
import { scaling } from "./scaling.ts";
import { singleChain } from "./single-chain.ts";
import { stepSizeSweep } from "./step-size.ts";
import { temperatureSpectrum } from "./temperature-spectrum.ts";

export const experiments: readonly Experiment[] = [
  temperatureSpectrum,
  convergence,
  loadRatio,
  ...digitTables,
  digitSpectrum,
  singleChain,
  stepSizeSweep,
  malaGeneration,
  noiseControl,
  scaling,
  multiHead,
  largerVaes,
  cartoonFaces,
  portraitClasses,
  equityPool,
  equitySequence,
  proteins,
  digitPatches,
  portraitPatches,
];
