import { describe, expect, it, vi } from "vitest";
import { runProgram } from "../../../harness/reproduction/programs.ts";

describe("runProgram", () => {
  it("is undefined where the program is not there", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    try {
      expect(await runProgram("hmmsearch", { a: "text" }, ({ a }) => [a!])).toBeUndefined();
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
