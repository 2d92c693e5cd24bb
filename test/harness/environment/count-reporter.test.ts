import { expect, test } from "vitest";
import type { TestModule } from "vitest/node";
import { countTests, formatCounts } from "../../../harness/environment/count-reporter.ts";

type State = "passed" | "failed" | "skipped" | "pending";

/** The part of Vitest's module that is counted. */
function fakeModule(states: readonly State[], numErrors = 0): TestModule {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  return {
    children: { allTests: () => tests.values() },
    errors: () => Array.from({ length: numErrors }, () => ({ message: "does not load" })),
  } as unknown as TestModule;
}

test("tests are counted by their end", () => {
  const modules = [fakeModule(["passed", "passed", "failed"]), fakeModule(["skipped", "passed"])];
  expect(countTests(modules, [])).toEqual({ numPassed: 3, numFailed: 1, numSkipped: 1 });
});

test("a file that does not load and an error outside the tests are failures", () => {
  expect(countTests([fakeModule([], 1)], [{ message: "outside" }])).toEqual({
    numPassed: 0,
    numFailed: 2,
    numSkipped: 0,
  });
});

test("the last line", () => {
  expect(formatCounts({ numPassed: 12, numFailed: 0, numSkipped: 0 })).toBe("12 passed, 0 failed");
  expect(formatCounts({ numPassed: 3, numFailed: 1, numSkipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
});
