/** Turns what WebGPU reports on the side into rejections that name the object and the stage. */
import { GpuError, type GpuStage } from "../core/errors.ts";

const filters = ["validation", "out-of-memory", "internal"] as const;

/**
 * Runs synchronous GPU calls inside error scopes. Nothing may be awaited between pushing and popping, or the scopes of
 * two callers would interleave; so `work` is synchronous, and the verdict comes apart from its result.
 */
export function withErrorScopes<T>(
  device: GPUDevice,
  stage: GpuStage,
  label: string,
  work: () => T,
): { readonly result: T; readonly checked: Promise<void> } {
  for (const filter of filters) device.pushErrorScope(filter);
  let verdicts: Promise<GPUError | null>[];
  let result: T;
  try {
    result = work();
  } finally {
    verdicts = filters.map(() => device.popErrorScope());
  }
  const checked = Promise.all(verdicts).then((errors) => {
    const error = errors.find((found) => found !== null);
    if (error) throw new GpuError(stage, label, error.message, { cause: error });
  });
  return { result, checked };
}
