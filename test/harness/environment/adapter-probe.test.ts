/** What the child process that asks for adapters is understood to say. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeAdapters, refusalsIn } from "../../../harness/environment/adapter-probe.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "adapter-probe-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A package in the place of `webgpu`. */
function standIn(name: string, code: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, code);
  return path;
}

const refusal = `process.stderr.write("Warning: Too old.\\n - While initializing adapter (backend=Vulkan)\\n    at X\\n");`;

describe("probeAdapters", () => {
  test("an adapter among others", async () => {
    const path = standIn(
      "found",
      `export const create = () => ({ requestAdapter: async ({ forceFallbackAdapter }) => forceFallbackAdapter ? {} : null });`,
    );
    expect(await probeAdapters(path)).toEqual({ hasAdapter: true, refusals: [] });
  });

  test("none, with what was said of those that are there kept from the terminal", async () => {
    const path = standIn(
      "none",
      `export const create = () => ({ requestAdapter: async () => { ${refusal} return null; } });`,
    );
    expect(await probeAdapters(path)).toEqual({ hasAdapter: false, refusals: ["Too old"] });
  });

  test("a driver that crashes", async () => {
    const path = standIn("crash", `export const create = () => process.kill(process.pid, "SIGKILL");`);
    expect(await probeAdapters(path)).toEqual({
      hasAdapter: false,
      refusals: ["asking for them ends a process with SIGKILL"],
    });
  });

  test("a package that does not load", async () => {
    const path = standIn("broken", `throw new TypeError("no binary for this platform");`);
    await expect(probeAdapters(path)).rejects.toThrow("TypeError: no binary for this platform");
  });
});

test("only warnings about adapters are refusals, each once", () => {
  const warning = "Warning: A required.\n - While initializing adapter (backend=BackendType::Vulkan)\n    at B\n\n";
  expect(refusalsIn(`error: C\n${warning}Warning: D\n    at E\n${warning}`)).toEqual(["A required"]);
});
