/** The cache of the search for the fastest workgroups: it lasts, and whatever is wrong with it is a sentence, not an error. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPlanStore, planStorePath } from "../../../harness/files/plan-store.ts";

const shape = { quadsPerWorkgroup: 4, entriesPerInvocation: 2 };

let folder: string;
let warnings: string[];
const warn = (sentence: string): void => void warnings.push(sentence);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plan-store-"));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the file lies in the user's cache folder", () => {
  expect(planStorePath({ XDG_CACHE_HOME: "/caches" }, "/home/me")).toBe("/caches/stochastic-attention/plans.json");
  expect(planStorePath({}, "/home/me")).toBe("/home/me/.cache/stochastic-attention/plans.json");
  expect(planStorePath({ XDG_CACHE_HOME: "not/absolute" }, "/home/me")).toMatch(/^\/home\/me/);
});

test("what one store found another one knows, beside what was there", async () => {
  const path = join(folder, "new", "plans.json");
  const first = openPlanStore(path, warn);
  expect(await first.get("a")).toBeUndefined();
  await first.set("a", shape);
  await openPlanStore(path, warn).set("b", { quadsPerWorkgroup: 8 });
  const third = openPlanStore(path, warn);
  expect([await third.get("a"), await third.get("b")]).toEqual([shape, { quadsPerWorkgroup: 8 }]);
  expect(warnings).toEqual([]);
});

test.each([
  ["{", "is not JSON: it is ignored, and written anew"],
  ['{"a": {"quadsPerWorkgroup": "four"}}', "does not hold shapes of workgroups: it is ignored, and written anew"],
  ['{"a": {}}', "does not hold shapes of workgroups: it is ignored, and written anew"],
  ['{"a": 4}', "does not hold shapes of workgroups: it is ignored, and written anew"],
  ["[4]", "does not hold shapes of workgroups: it is ignored, and written anew"],
])("a broken file is ignored with a sentence: %s", async (content, sentence) => {
  const path = join(folder, "plans.json");
  writeFileSync(path, content);
  const store = openPlanStore(path, warn);
  expect(await store.get("a")).toBeUndefined();
  expect(warnings).toEqual([`${path} ${sentence}`]);
  await store.set("a", shape);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ a: shape });
});

test("a file that can be neither read nor written costs two sentences", async () => {
  const path = join(folder, "plans.json");
  mkdirSync(path);
  await openPlanStore(path, warn).set("a", shape);
  expect(warnings).toEqual([
    `${path} could not be read (EISDIR): it is ignored`,
    expect.stringMatching(/plans\.json could not be written \(E\w+\): the next run searches again$/),
  ]);
});
