/** .npz archives against bytes from NumPy, and every sentence that a wrong file gets. */
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { encodeNpy, isNpz, openNpz } from "../../src/index.ts";
import golden from "../golden/npz.json" with { type: "json" };
import { refusalOf } from "../support/refusal.ts";

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const stored = fromBase64(golden.values.stored);
const deflated = fromBase64(golden.values.deflated);
const npy = encodeNpy(Float32Array.of(1, 2), [2]);

describe("reading", () => {
  it.each([
    ["numpy.savez", stored],
    ["numpy.savez_compressed", deflated],
  ])("takes what %s writes", (_, bytes) => {
    expect(isNpz(bytes)).toBe(true);
    const archive = openNpz(bytes, "a.npz");
    expect(archive.names).toEqual(["patterns", "labels"]);
    const patterns = archive.read("patterns");
    expect(patterns.shape).toEqual([2, 2]);
    expect([...patterns.data]).toEqual([1.5, -2, 3, 4]);
    expect([...archive.read("labels").data]).toEqual([7, 9]);
  });

  it("takes an archive that lies within a larger buffer", () => {
    const buffer = new Uint8Array(stored.length + 20);
    buffer.set(stored, 7);
    expect([...openNpz(buffer.subarray(7, 7 + stored.length), "a.npz").read("labels").data]).toEqual([7, 9]);
  });
});

describe("refusing", () => {
  const open = (bytes: Uint8Array, maxBytes?: number): string => refusalOf(() => openNpz(bytes, "a.npz", maxBytes));

  it("what is none", () => {
    expect(isNpz(npy)).toBe(false);
    expect(open(new Uint8Array())).toBe("a.npz: must be a .npz archive, got an empty file");
    expect(open(npy)).toBe(
      "a.npz: must be a .npz archive, got a file that starts with the bytes 93 4e 55 4d 50 59 (save it with numpy.savez)",
    );
  });

  it.each([1, 30, 100, 300])("an archive that lacks its last %i bytes", (numBytes) => {
    expect(open(deflated.subarray(0, -numBytes))).toBe(
      "a.npz: must be a whole zip file, got one that cannot be read (invalid zip data) (is it truncated?)",
    );
  });

  it("more members than its bytes can hold", () => {
    const lying = stored.slice();
    // The count of the directory, in its end record.
    lying.set([0xff, 0xff], lying.length - 14);
    expect(open(lying)).toBe(
      "a.npz: must be a whole zip file, got one that cannot be read (more members than bytes) (is it truncated?)",
    );
  });

  it("an archive of other files, or of none", () => {
    expect(open(zipSync({ "a.npy": npy, "b.txt": npy }))).toBe(
      'a.npz: must hold .npy arrays only, got "b.txt" (save it with numpy.savez)',
    );
    expect(open(zipSync({}))).toBe("a.npz: must hold at least one array, got an empty archive");
  });

  it("a name twice", () => {
    const archive = zipSync({ "a.npy": npy, "b.npy": npy });
    // Both in the members' own headers and in the directory.
    for (let i = 0; i + 5 <= archive.length; i++)
      if (new TextDecoder().decode(archive.subarray(i, i + 5)) === "b.npy") archive[i] = 0x61;
    expect(open(archive)).toBe('a.npz: must have different names for its arrays, got "a.npy" twice');
  });

  it("a name that it does not have", () => {
    expect(refusalOf(() => openNpz(stored, "a.npz").read("x"))).toBe(
      'a.npz: must hold the array "x", got patterns, labels',
    );
    const many = zipSync(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`x${i}.npy`, npy])));
    expect(refusalOf(() => openNpz(many, "a.npz").read("x"))).toContain("x6, x7 and 2 more");
  });

  it("an array that would inflate beyond the bound, before it does", () => {
    const zeros = zipSync({ "zeros.npy": encodeNpy(new Uint8Array(1 << 20), [1 << 20]) });
    expect(zeros.length).toBeLessThan(5000);
    expect(refusalOf(() => openNpz(zeros, "a.npz", 1000).read("zeros"))).toBe(
      "a.npz:zeros: must inflate to at most 1000 bytes, got 1048704",
    );
  });

  it("a member that is no whole array, by its name", () => {
    const archive = zipSync({ "cut.npy": npy.subarray(0, -1), "png.npy": Uint8Array.of(0x89, 0x50, 0x4e, 0x47) });
    const opened = openNpz(archive, "a.npz");
    expect(refusalOf(() => opened.read("cut"))).toBe(
      "a.npz:cut: must hold 8 bytes after its header for shape (2,) of float32, got 7 (is the file truncated?)",
    );
    expect(refusalOf(() => opened.read("png"))).toContain("a.npz:png: must be a .npy array, got a PNG image");
  });

  it("deflated data that are damaged", () => {
    const damaged = deflated.slice();
    damaged.fill(0xff, 62, 90);
    expect(refusalOf(() => openNpz(damaged, "a.npz").read("patterns"))).toMatch(
      /^a\.npz: must be a whole zip file, got one that cannot be read \(.+\) \(is it truncated\?\)$/,
    );
  });
});
