/**
 * The two ways a call can fail. `ArgumentError` is the caller's mistake and is thrown before any work is done;
 * `GpuError` is the device's. Messages follow one pattern: who · rule · what came · likely fix.
 */

/** The caller passed something that breaks a stated rule. The command line prints its message and exits with 2. */
export class ArgumentError extends RangeError {
  override readonly name = "ArgumentError";

  /**
   * @param parameter the parameter as the caller spelled it, for example `memory.values` or `--beta`
   * @param rule what must hold, with what came: "must be a finite number above 0, got -3"
   * @param fix the likely mend, without a full stop; printed in brackets
   */
  constructor(
    readonly parameter: string,
    readonly rule: string,
    readonly fix?: string,
  ) {
    super(`${parameter}: ${rule}${fix === undefined ? "" : ` (${fix})`}`);
  }
}

/** Where in a GPU job the device failed. */
export type GpuStage = "adapter" | "device" | "shader" | "pipeline" | "allocation" | "submit" | "read-back";

/** The device failed: validation, memory, or loss. `label` names the GPU object or the job concerned. */
export class GpuError extends Error {
  override readonly name = "GpuError";

  constructor(
    readonly stage: GpuStage,
    readonly label: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${label}: ${message} (stage: ${stage})`, options);
  }
}
