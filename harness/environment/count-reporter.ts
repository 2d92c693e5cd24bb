/**
 * Ends a test run with one plain line, `N passed, N failed`, for people and programs that read only the end. A file that
 * does not load and an error outside any test count as a failure each, and so does a run in which nothing ran.
 */
import { writeSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export interface TestCounts {
  readonly numPassed: number;
  readonly numFailed: number;
  readonly numSkipped: number;
}

export function formatCounts({ numPassed, numFailed, numSkipped }: TestCounts): string {
  return `${numPassed} passed, ${numFailed} failed${numSkipped > 0 ? `, ${numSkipped} skipped` : ""}`;
}

export function countTests(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): TestCounts {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const count = (state: (typeof states)[number]) => states.filter((candidate) => candidate === state).length;
  const numBrokenModules = modules.filter((module) => module.errors().length > 0).length;
  return {
    numPassed: count("passed"),
    numFailed: count("failed") + numBrokenModules + unhandledErrors.length,
    numSkipped: count("skipped"),
  };
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = countTests(modules, unhandledErrors);
    if (counts.numPassed + counts.numFailed === 0) process.exitCode = 1;
    // Vitest's own summary comes first: this line has to be the last.
    process.once("exit", () => writeSync(1, `${formatCounts(counts)}\n`));
  }
}
