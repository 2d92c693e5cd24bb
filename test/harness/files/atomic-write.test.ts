/** A file is there whole or not at all, and the output folder is checked before any work. */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  makeFolders,
  removeEmptyFolders,
  requireOutputDirectory,
  writeFileAtomic,
  writeJsonAtomic,
} from "../../../harness/files/atomic-write.ts";
import { ArgumentError } from "../../../src/index.ts";

// Only so that single calls can be made to fail: the tests may run as a user whom no permission stops.
vi.mock("node:fs/promises", { spy: true });

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "atomic-write-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fs.rm(folder, { recursive: true });
});

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code, syscall: "test" });
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

describe("writeFileAtomic", () => {
  it("writes strings as UTF-8 and says what it wrote", async () => {
    const path = join(folder, "a.txt");
    expect(await writeFileAtomic(path, "ξ\n")).toEqual({ path, numBytes: 3, sha256: sha256("ξ\n") });
    expect(await fs.readFile(path, "utf8")).toBe("ξ\n");
    expect(await fs.readdir(folder)).toEqual(["a.txt"]);
  });

  it("writes bytes, pieces and asynchronous pieces alike", async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1, 200_000), bytes.subarray(200_000)];
    async function* later(): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) yield await Promise.resolve(piece);
    }
    for (const content of [bytes, pieces, later()]) {
      const written = await writeFileAtomic(join(folder, "b.bin"), content);
      expect(written.sha256).toBe(sha256(bytes));
      expect(written.numBytes).toBe(bytes.length);
      expect(new Uint8Array(await fs.readFile(written.path))).toStrictEqual(bytes);
    }
  });

  it("takes pieces that share one buffer", async () => {
    function* reused(): Generator<Uint8Array> {
      const buffer = new Uint8Array(2);
      for (let i = 0; i < 50; i++) yield buffer.fill(i);
    }
    const { path } = await writeFileAtomic(join(folder, "c.bin"), reused());
    expect(Array.from(await fs.readFile(path))).toEqual(Array.from({ length: 100 }, (_, i) => i >> 1));
  });

  it("keeps the old file and leaves nothing else when the content fails half-way", async () => {
    const path = join(folder, "d.txt");
    await writeFileAtomic(path, "old");
    function* failing(): Generator<Uint8Array> {
      yield new Uint8Array(100_000);
      throw new Error("the source broke");
    }
    await expect(writeFileAtomic(path, failing())).rejects.toThrow("the source broke");
    expect(await fs.readFile(path, "utf8")).toBe("old");
    expect(await fs.readdir(folder)).toEqual(["d.txt"]);
  });

  it("leaves nothing when the rename fails", async () => {
    await fs.mkdir(join(folder, "taken", "inside"), { recursive: true });
    await expect(writeFileAtomic(join(folder, "taken"), "x")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(await fs.readdir(folder)).toEqual(["taken"]);
  });

  it("shows readers the old file until the new one is whole", async () => {
    const path = join(folder, "e.txt");
    await writeFileAtomic(path, "old");
    const seen: string[] = [];
    async function* watched(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("ne");
      seen.push(await fs.readFile(path, "utf8"));
      yield Buffer.from("w");
      seen.push(await fs.readFile(path, "utf8"));
    }
    await writeFileAtomic(path, watched());
    expect([...seen, await fs.readFile(path, "utf8")]).toEqual(["old", "old", "new"]);
  });
});

it("writeJsonAtomic indents by two spaces and ends with a newline", async () => {
  const { path } = await writeJsonAtomic(join(folder, "a.json"), { a: [1], b: "ξ" });
  expect(await fs.readFile(path, "utf8")).toBe('{\n  "a": [\n    1\n  ],\n  "b": "ξ"\n}\n');
});

describe("makeFolders", () => {
  it("says what it made, which goes again unless something came into it", async () => {
    const [outer, inner] = [join(folder, "a"), join(folder, "a", "b")];
    expect(await makeFolders(inner)).toEqual([outer, inner]);
    expect(await makeFolders(inner)).toEqual([]);
    await fs.writeFile(join(outer, "file"), "");
    removeEmptyFolders([outer, inner]);
    expect(await fs.readdir(outer)).toEqual(["file"]);
  });
});

describe("requireOutputDirectory", () => {
  const refusal = async (path: string): Promise<string> => {
    const error = await requireOutputDirectory("--out", path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArgumentError);
    return (error as ArgumentError).message;
  };

  it("tries a folder that is not there and its parents, leaves none of them, and takes one that exists", async () => {
    const path = join(folder, "a", "b");
    expect(await requireOutputDirectory("--out", path)).toBe(path);
    expect(await fs.readdir(folder)).toEqual([]);
    expect(await requireOutputDirectory("--out", folder)).toBe(folder);
    expect((await fs.stat(folder)).isDirectory()).toBe(true);
  });

  it("leaves no parent of a folder that cannot be created", async () => {
    expect(await refusal(join(folder, "a", "b", "x".repeat(300)))).toContain("(ENAMETOOLONG)");
    expect(await fs.readdir(folder)).toEqual([]);
  });

  it("gives up where the system denies that a parent exists", async () => {
    // As /proc does; Node's recursive creation tries for ever.
    vi.mocked(fs.mkdir).mockImplementationOnce((_, options) => {
      if (typeof options === "object" && options?.recursive === true) return new Promise(() => {});
      return Promise.reject(systemError("ENOENT"));
    });
    expect(await refusal(join(folder, "x", "y"))).toMatch(/must be a folder that exists or can be created.*ENOENT/);
  });

  it("names a file in the way, at the end or on the path", async () => {
    await fs.writeFile(join(folder, "file"), "");
    for (const path of [join(folder, "file"), join(folder, "file", "below")])
      expect(await refusal(path)).toBe(
        `--out: must be a folder, got "${path}", where a file is in the way (choose another)`,
      );
  });

  it.each(["EACCES", "EPERM", "EROFS"])("says when permission is missing (%s)", async (code) => {
    const path = join(folder, "x");
    const sentence = `--out: must be a folder that can be written to, got "${path}", which cannot (${code}) (choose another, or change its permissions)`;
    vi.mocked(fs.access).mockRejectedValueOnce(systemError(code));
    expect(await refusal(path)).toBe(sentence);
    vi.mocked(fs.mkdir).mockRejectedValueOnce(systemError(code));
    expect(await refusal(path)).toBe(sentence);
  });

  it("says when the system refuses for another reason", async () => {
    const path = join(folder, "x".repeat(300));
    expect(await refusal(path)).toBe(
      `--out: must be a folder that exists or can be created, got "${path}" (ENAMETOOLONG) (choose another)`,
    );
  });

  it("does not hide bugs", async () => {
    vi.mocked(fs.access).mockRejectedValueOnce(new TypeError("a bug"));
    await expect(requireOutputDirectory("--out", folder)).rejects.toThrow(TypeError);
  });
});
