/** Decides what the Node tests run WebGPU on: a GPU if there is one, else SwiftShader, else what else there is. */
import type { AdapterReport } from "./adapter-report.ts";
import type { Machine } from "./machine.ts";
import { hasChosenDriver, softwareVulkan, type ExtraEnvironment } from "./vulkan.ts";

export interface TestEnvironment {
  /** To be added to the environment of the tests' process. */
  readonly extra: ExtraEnvironment;
  readonly report: AdapterReport;
}

/** @param report what WebGPU offers in a process with these variables added */
export async function chooseTestEnvironment(
  machine: Machine,
  browserPath: string | undefined,
  report: (extra: ExtraEnvironment) => Promise<AdapterReport>,
): Promise<TestEnvironment> {
  const asIs = { extra: {}, report: await report({}) };
  if (hasChosenDriver(machine) || asIs.report.adapters.some(({ isSoftware }) => !isSoftware)) return asIs;
  const extra = softwareVulkan(machine, browserPath);
  if (extra === undefined) return asIs;
  const withSoftware = { extra, report: await report(extra) };
  return withSoftware.report.adapters.length > 0 ? withSoftware : asIs;
}

/** One line for the top of a test run. */
export function describeReport({ adapters, reason }: AdapterReport): string {
  const [first] = adapters;
  if (first === undefined) return reason ?? "no adapter";
  return `${first.name}${first.isSoftware ? " (software)" : ""}`;
}
