/** Programs of the machine: what they write is read, and their absence is no error. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runProgram } from "../../../harness/reproduction/programs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "programs-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const run = () => runProgram("hmmsearch", { "a.txt": "text" }, (paths, output) => [paths["a.txt"]!, output]);

describe("runProgram", () => {
  it("is undefined where the program is not there", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    expect(await run()).toBeUndefined();
  });

  it.skipIf(process.platform === "win32")(
    "gives back what the program writes, and what it says when it fails",
    async () => {
      const path = join(folder, "hmmsearch");
      vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
      writeFileSync(path, '#!/bin/sh\ncat "$1" "$1" > "$2"\n');
      chmodSync(path, 0o755);
      expect(await run()).toBe("texttext");
      writeFileSync(path, "#!/bin/sh\necho no such family >&2\nexit 1\n");
      await expect(run()).rejects.toThrow("no such family");
      // A program that writes nothing is no absent program.
      writeFileSync(path, "#!/bin/sh\nexit 0\n");
      await expect(run()).rejects.toThrow("ENOENT");
    },
  );
});
