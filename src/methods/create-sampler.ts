/** How a method gets its engine: the reference and the GPU both fit. */
import type { HopfieldTarget, Sampler } from "../core/types.ts";

/** Makes a sampler for a target; the method disposes it. */
export type CreateSampler = (target: HopfieldTarget) => Promise<Sampler>;
