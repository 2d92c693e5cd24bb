/** One kernel, one twin, one name: every shader that computes a formula has a file of that name in src/reference. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const shaders = fileURLToPath(new URL("../../shaders", import.meta.url));
const reference = fileURLToPath(new URL("../../src/reference", import.meta.url));

/** Entry files without a twin, each with its reason. */
const withoutTwin = new Map([
  ["choose", "its twin is chooseComponent in src/core/mixture.ts, which also deals chains to their starts"],
  ["adopt", "moves positions to where their attention is computed again, and computes nothing"],
  ["settle", "its twin is settled in src/core/complement.ts, where all is that concerns what lies outside the span"],
  ...["complement-noise", "complement-project", "complement-weigh", "complement-add", "inside", "expand"].map(
    (part) => [part, "their twin is readOut in src/core/complement.ts, which does all of a read-out"] as const,
  ),
  ["reset", "clears a flag after adopt, and computes nothing"],
  ...["rows", "sums", "softmax", "weights", "ratio", "retrieve", "observe"].map(
    (part) => [`patch-${part}`, "the reference has the passes of a patch energy together, in patches.ts"] as const,
  ),
  ["persistent", "its twins are those of the stages that it does in one dispatch, under their own names"],
  ["fused", "the same"],
  ["streaming", "its twins are those of the stages that it does in one pass over the rows, under their own names"],
  ["streaming-softmax", "its twin is softmax.ts"],
  ["streaming-retrieve", "its twin is retrieve.ts"],
  ["enter", "hands weights from one buffer to another, and computes nothing"],
  ["gather", "turns results into rows for read-back and computes nothing"],
]);

const entries = readdirSync(shaders)
  .filter((name) => name.endsWith(".wgsl"))
  .map((name) => name.slice(0, -".wgsl".length));

test("every entry shader has its twin in the reference", () => {
  expect(entries.length).toBeGreaterThan(0);
  const missing = entries.filter((name) => !withoutTwin.has(name) && !existsSync(`${reference}/${name}.ts`));
  expect(missing).toEqual([]);
});

test("the list of exceptions names only shaders that are there and have no twin", () => {
  const stale = [...withoutTwin.keys()].filter(
    (name) => !entries.includes(name) || existsSync(`${reference}/${name}.ts`),
  );
  expect(stale).toEqual([]);
});
