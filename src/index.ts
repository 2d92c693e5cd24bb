/// <reference types="@webgpu/types" preserve="true" />
/** The public surface of the library. The command line and the page use nothing else. */
export { ArgumentError, GpuError, type GpuStage } from "./core/errors.ts";
export * from "./core/checks.ts";
export {
  createMemoryMatrix,
  createUnscaledMemoryMatrix,
  patternNorms,
  type MemoryShape,
} from "./core/memory-matrix.ts";
export { fillNormals, permutation, uniform } from "./core/normal.ts";
export { philox, purposes, type PhiloxKey, type Purpose } from "./core/philox.ts";
export * from "./core/types.ts";
export { attentionWeights, energy, energyGradient, retrieval } from "./reference/energy.ts";
export * from "./reference/exact-law.ts";
export {
  createReferencePool,
  serveReferenceWorker,
  type ReferencePool,
  type ReferencePoolOptions,
  type ReferenceWorker,
  type WorkerPort,
} from "./reference/parallel.ts";
export { pixelSources, type PixelSources } from "./reference/pixel-sources.ts";
export { createReferenceSampler } from "./reference/sampler.ts";
export { classMask, describeClasses } from "./data/classes.ts";
export { classShare, type ClassShare } from "./metrics/class-share.ts";
export { mean, estimateOverChains, type Estimate } from "./metrics/chain-mean.ts";
export { pooledDiversity, withinChainDiversity, type ChainShape } from "./metrics/diversity.ts";
export { fidelity, fidelityTo, numManifoldNeighbours, type Fidelity } from "./metrics/fidelity.ts";
export { nearestPatterns, novelty, noveltyFloor, type NearestPatterns } from "./metrics/novelty.ts";
export { summarizeDraws, type Metrics } from "./metrics/summary.ts";
export { inflectionGridRule, inflectionRoots } from "./temperature/inflection.ts";
export {
  publishedPoints,
  recommendTemperatures,
  temperatureCurves,
  type Recommended,
  type TemperatureCurves,
  type TemperatureReport,
} from "./temperature/recommendation.ts";
export { betaFromSignalToNoise, signalToNoiseFromBeta } from "./temperature/signal-to-noise.ts";
export { isIdx, parseIdx, type IdxArray, type IdxData } from "./data/idx.ts";
export {
  coupledTokensFromPair,
  couplingFromWeights,
  perturbedCoupling,
  skewPart,
  symmetricPart,
  type CoupledTokens,
} from "./attention/coupling.ts";
export { createMatrix, matrixProduct, type Matrix } from "./attention/matrix.ts";
export {
  attentionRetrieval,
  perturbedRetrieval,
  type PerturbationOptions,
  type PerturbedRetrieval,
} from "./attention/retrieval.ts";
export {
  centerColumns,
  functionalSymmetry,
  patternStability,
  varyingColumns,
  type PatternStability,
} from "./attention/stability.ts";
export { encodeNpy, npyHeader, parseNpy, type NpyArray, type NpyData, type NpyDtype } from "./data/npy.ts";
export { describeAdapter, requestDevice, type AdapterDescription } from "./gpu/device.ts";
export type { WorkgroupShape } from "./gpu/plan.ts";
export type { PlanStore } from "./gpu/plan-search.ts";
export { createGpuSampler, type GpuTuning } from "./gpu/sampler.ts";
export { randomOrder } from "./data/random-order.ts";
export { builtinFaces, type FaceOptions, type FaceSet } from "./data/builtin-faces.ts";
export type { CreateSampler } from "./methods/create-sampler.ts";
export {
  principalHeads,
  principalNoveltyFloor,
  projectionNames,
  sampleMultiHead,
  type MultiHeadResult,
  type PrincipalHead,
  type PrincipalHeadOptions,
  type PrincipalHeads,
  type ProjectionName,
} from "./methods/multi-head.ts";
export {
  generate,
  planGeneration,
  type GenerateHooks,
  type GenerateOptions,
  type GenerationPlan,
} from "./methods/generate.ts";
export { generationDefaults, type GenerationDefaults } from "./methods/generation-defaults.ts";
export { shiftedMemory, type ImageExtent, type ShiftedMemory } from "./methods/shifted-memory.ts";
export { requireLadder } from "./methods/ladder.ts";
export {
  lawfulKernels,
  parallelTempering,
  type TemperingOptions,
  type TemperingResult,
} from "./methods/parallel-tempering.ts";
export { productHeads } from "./methods/product-heads.ts";
export {
  adaptStepSize,
  basinStepSize,
  type AdaptationOptions,
  type AdaptedStepSize,
} from "./methods/step-size-adaptation.ts";
export { projectSequence, sampleSequence, type SequenceOptions, type SequenceResult } from "./methods/sequential.ts";
export { essBulk, essTail, splitRhat } from "./diagnostics/convergence.ts";
export { autocorrelation, autocorrelationBand } from "./diagnostics/autocorrelation.ts";
export { isAdjusted, isExponential, isLangevin } from "./core/langevin.ts";
export { maxDrawElements, maxSteps } from "./core/sample-options.ts";
export { geometricSchedule } from "./core/schedule.ts";
export type { Baseline, BaselineOptions, TrainingOptions } from "./baselines/baseline.ts";
export { bootstrap } from "./baselines/bootstrap.ts";
export { gaussianPerturbation, type GaussianPerturbationOptions } from "./baselines/gaussian-perturbation.ts";
export { convexCombination } from "./baselines/convex-combination.ts";
export { gmmPca, type GmmPcaOptions } from "./baselines/gmm-pca.ts";
export { ddpm, type DdpmOptions } from "./baselines/ddpm.ts";
export { vae, type VaeOptions } from "./baselines/vae.ts";
export { isotropicGaussian, matchedGaussian, type NoiseControlOptions } from "./baselines/noise-controls.ts";
export { parseCsv, type CsvOptions, type CsvTable } from "./data/csv.ts";
export { isNpz, openNpz, type NpzArchive } from "./data/npz.ts";
export { parseFasta, parseStockholm, type Alignment } from "./data/alignment.ts";
export {
  aminoAcids,
  decodeSequences,
  decodingNames,
  encodeAlignment,
  type DecodingName,
  type EncodedAlignment,
  type EncodingOptions,
} from "./data/alignment-encoding.ts";
export { returnsMemory, type ReturnsMemory } from "./data/returns.ts";
export { ksCriticalDistance, ksDistance, ksProbability } from "./metrics/kolmogorov-smirnov.ts";
export { experiments } from "./experiments/index.ts";
export * from "./experiments/experiment.ts";
export { lawBand, publishedBand, restsOnDataDifference, restsOnTolerance } from "./experiments/verdict.ts";
export { sphereMemory, type ExperimentData, type ImageSet, type SphereSets } from "./experiments/data.ts";
