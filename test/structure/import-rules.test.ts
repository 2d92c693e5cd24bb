/**
 * The layers of the project as a table that fails with the offending pair. One-way imports keep the reference and the
 * GPU sampler independent of each other, the library free of files and the DOM, and the public surface in one file.
 */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Rule {
  /** Files under this path; the first rule that fits is the one. */
  readonly folder: string;
  /** What they may import beside their own folder: a path, a folder with a slash at its end, or a package. */
  readonly mayImport: readonly string[];
}

const rules: readonly Rule[] = [
  // The eigendecomposition behind the basis of the span is a library's.
  { folder: "src/core/", mayImport: ["ml-matrix"] },
  { folder: "src/reference/", mayImport: ["src/core/"] },
  { folder: "src/gpu/", mayImport: ["src/core/", "shaders/", "wgsl_reflect"] },
  { folder: "src/diagnostics/", mayImport: ["src/core/"] },
  { folder: "src/data/", mayImport: ["src/core/", "papaparse", "fflate"] },
  { folder: "src/temperature/", mayImport: ["src/core/"] },
  { folder: "src/attention/", mayImport: ["src/core/"] },
  { folder: "src/methods/", mayImport: ["src/core/", "src/reference/attention.ts", "src/reference/energy.ts"] },
  { folder: "src/metrics/", mayImport: ["src/core/", "src/reference/energy.ts"] },
  { folder: "src/baselines/", mayImport: ["src/core/", "src/reference/energy.ts", "src/metrics/", "@jax-js/jax"] },
  {
    folder: "src/experiments/",
    // Experiments use what users use, but never an engine: samplers come from the caller.
    mayImport: [
      "src/core/",
      "src/reference/attention.ts",
      "src/reference/energy.ts",
      "src/reference/exact-law.ts",
      "src/metrics/",
      "src/baselines/",
      "src/methods/",
      "src/temperature/",
      "src/diagnostics/",
      "src/data/",
    ],
  },
  { folder: "src/index.ts", mayImport: ["src/"] },
  { folder: "harness/report/", mayImport: ["src/index.ts"] },
  { folder: "harness/page/", mayImport: ["src/index.ts", "harness/report/"] },
  { folder: "harness/", mayImport: ["src/index.ts", "package.json", "node:*", "packages"] },
  // What is measured runs in a page as well: the library, and nothing of Node's or of the harness.
  { folder: "bench/measure/", mayImport: ["src/index.ts"] },
  { folder: "bench/", mayImport: ["src/index.ts", "harness/", "node:*", "packages"] },
];

/** Whether the table lets `importer` import `imported`: paths from the project's root, or a package's name. */
function isAllowed(importer: string, imported: string): boolean {
  const rule = rules.find(({ folder }) => importer.startsWith(folder));
  if (rule === undefined) return false;
  const isPackage = !/^(src|harness|shaders|test|bench)\/|^package\.json$|^node:/.test(imported);
  return [rule.folder, ...rule.mayImport].some((allowed) => {
    if (allowed === "packages") return isPackage;
    if (allowed === "node:*") return imported.startsWith("node:");
    return allowed.endsWith("/") ? imported.startsWith(allowed) : imported === allowed;
  });
}

/** Every import of a file, static, dynamic, type-only or by Vite's glob, as a path from the root or a package. */
function importsOf(file: string, text: string): string[] {
  const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const globbed = [...text.matchAll(/import\.meta\.glob(?:<[^>]*>)?\(\s*"([^"]+)"/g)].map(([, pattern]) => pattern!);
  return [...named, ...globbed].map((specifier) => {
    const path = specifier.replace(/\?.*$/, "");
    if (path.startsWith(".")) return posix.join(posix.dirname(file), path);
    return path.startsWith("/") ? path.slice(1) : path;
  });
}

/** Code below a folder, as paths from the project's root. */
function listCode(folder: string): string[] {
  return readdirSync(posix.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.(ts|js)$/.test(path) && !path.includes("/node_modules/"));
}

describe("import rules", () => {
  test("every import of src, harness and bench follows the table", () => {
    const files = [...listCode("src"), ...listCode("harness"), ...listCode("bench")];
    expect(files.length).toBeGreaterThan(10);
    const offenders = files.flatMap((file) =>
      importsOf(file, readFileSync(posix.join(root, file), "utf8"))
        .filter((imported) => !isAllowed(file, imported))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(offenders).toEqual([]);
  });

  test.each([
    ["src/core/types.ts", "src/gpu/device.ts"],
    ["src/reference/energy.ts", "src/gpu/device.ts"],
    ["src/gpu/sampler.ts", "src/reference/energy.ts"],
    ["src/gpu/sampler.ts", "node:fs"],
    ["src/metrics/novelty.ts", "src/reference/sampler.ts"],
    ["src/metrics/novelty.ts", "src/baselines/bootstrap.ts"],
    ["harness/cli/main.ts", "src/core/types.ts"],
    ["harness/page/page.ts", "harness/files/png.ts"],
    ["harness/page/page.ts", "node:fs"],
    ["harness/report/meaning.ts", "harness/cli/format.ts"],
    ["src/attention/retrieval.ts", "src/reference/softmax.ts"],
    ["src/methods/sequential.ts", "src/reference/sampler.ts"],
    ["src/data/npy.ts", "sharp"],
    ["bench/measure/race.ts", "harness/files/csv.ts"],
    ["bench/measure/race.ts", "bench/python-peers.ts"],
    ["bench/measure/race.ts", "node:fs"],
    ["bench/run.ts", "src/core/types.ts"],
    ["src/nowhere/new.ts", "src/core/types.ts"],
  ])("the table refuses %s importing %s", (importer, imported) => {
    expect(isAllowed(importer, imported)).toBe(false);
  });

  test("every way of writing an import is read", () => {
    const text = [
      'import { a } from "../core/a.ts";',
      'import type { B } from "../core/b.ts";',
      'export * from "./c.ts";',
      'const d = await import("node:fs");',
      'import e from "../../shaders/e.wgsl?raw";',
      'const f = import.meta.glob("../../shaders/*.wgsl", { query: "?raw" });',
    ].join("\n");
    expect(importsOf("src/gpu/x.ts", text)).toEqual([
      "src/core/a.ts",
      "src/core/b.ts",
      "src/gpu/c.ts",
      "node:fs",
      "shaders/e.wgsl",
      "shaders/*.wgsl",
    ]);
  });
});
