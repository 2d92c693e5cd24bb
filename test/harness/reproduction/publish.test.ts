/** What the repository keeps of a run: its results, figures and pictures, without other people's artwork or old files. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import { publish } from "../../../harness/reproduction/publish.ts";
import type { Reported } from "../../../harness/reproduction/report.ts";
import { openStore, resultFormat } from "../../../harness/reproduction/store.ts";
import { experiments } from "../../../src/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "publish-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("replaces what was there, keeps machine and artwork to itself, and states times", async () => {
  const store = openStore(join(folder, "run"));
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: "#888888" } })
    .png()
    .toBuffer();
  const reported: Reported[] = [];
  for (const name of ["digit-3", "simpsons"]) {
    const experiment = experiments.find((each) => each.name === name)!;
    const inputs = { experiment: name, revision: 1, isQuick: false, seed: "1", engine: "e", version: "0", data: {} };
    const pictures = [{ name: `${name}-sheet`, title: "Samples ξ", subtitle: "" }];
    const result = { format: resultFormat, key: "key", inputs, rows: [], figures: [], pictures, notes: [] };
    await store.write(name, result, { [`${name}-sheet`]: png });
    reported.push({ experiment, result, seconds: 75 });
  }
  const docs = join(folder, "docs");
  mkdirSync(join(docs, "results"), { recursive: true });
  writeFileSync(join(docs, "results", "gone.json"), "{}");
  writeFileSync(join(docs, "beside.md"), "kept");

  await publish(store, reported, docs, "reference on the CPU");
  expect(readdirSync(join(docs, "results"))).toEqual(["digit-3.json", "simpsons.json"]);
  expect(readdirSync(join(docs, "pictures"))).toEqual(["digit-3-sheet.png"]);
  expect(existsSync(join(docs, "beside.md"))).toBe(true);
  const text = readFileSync(join(docs, "README.md"), "utf8");
  expect(text).toContain("1 min 15 s");
  expect(text).toMatch(/cores?, .*; reference on the CPU\./);
  expect(text).toContain("the drawings are other people's artwork");
  expect(text).not.toContain(folder);
});
