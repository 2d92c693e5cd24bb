/** The preparation of proteins: by hand on a small alignment, and by its published sizes on the Pfam seed. */
import { describe, expect, it, test } from "vitest";
import { decodeSequences, encodeAlignment, patternNorms, type Alignment } from "../../src/index.ts";
import { hasRealData, pfamFile, pfamSeed } from "../support/real-data.ts";
import { refusalOf } from "../support/refusal.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

function alignment(...sequences: readonly string[]): Alignment {
  return { names: sequences.map((_, k) => `s${k}`), sequences, numColumns: sequences[0]!.length };
}

// Column 2 has gaps in 3 of 5 rows; without it s3 has gaps in 2 of 5 places.
const small = alignment("AC-DEF", "AD-DEX", "WC-DKF", "A-Y--F", "WCYEEF");

describe("a small alignment", () => {
  const encoded = encodeAlignment(small, { keptVariance: 1 });

  it("loses columns, then sequences, that are mostly gaps", () => {
    expect(encoded.columns).toEqual([0, 1, 3, 4, 5]);
    expect(encoded.names).toEqual(["s0", "s1", "s2", "s4"]);
    expect(encoded.sequences).toEqual(["ACDEF", "ADDEX", "WCDKF", "WCEEF"]);
    expect(encoded.numPositions).toBe(5);
  });

  it("keeps what is at the bounds", () => {
    const { columns, names } = encodeAlignment(alignment("AC-", "A--", "CDE", "CDE"), { maxSequenceGaps: 1 / 3 });
    expect(columns).toEqual([0, 1, 2]);
    expect(names).toEqual(["s0", "s2", "s3"]);
  });

  it("becomes unit patterns whose overlaps are those of the centred one-hot vectors", () => {
    const { memory } = encoded;
    expectClose(patternNorms(memory), [1, 1, 1, 1], tolerances.float32State);
    // Agreements of the sequences, an X agreeing with nothing, not even itself.
    const agreements = [
      [5, 3, 3, 3],
      [3, 4, 1, 1],
      [3, 1, 5, 3],
      [3, 1, 3, 5],
    ];
    const rowMean = agreements.map((row) => row.reduce((sum, x) => sum + x / 4, 0));
    const mean = rowMean.reduce((sum, x) => sum + x / 4, 0);
    const gram = agreements.map((row, a) => row.map((x, b) => x - rowMean[a]! - rowMean[b]! + mean));
    const expected = gram.flatMap((row, a) => row.map((x, b) => x / Math.sqrt(gram[a]![a]! * gram[b]![b]!)));
    const { values, dim, numPatterns } = memory;
    const overlaps = Array.from({ length: numPatterns ** 2 }, (_, at) => {
      const [a, b] = [Math.floor(at / numPatterns), at % numPatterns];
      return Array.from({ length: dim }).reduce<number>(
        (sum, __, i) => sum + values[a * dim + i]! * values[b * dim + i]!,
        0,
      );
    });
    expectClose(overlaps, expected, tolerances.float32State);
  });

  it("decodes to the sequences where components are restored, X as nothing but the likeliest letter", () => {
    const decoded = decodeSequences(encoded, encoded.memory.values, "restored");
    expect(decoded[0]).toBe("ACDEF");
    expect(decoded[3]).toBe("WCEEF");
  });

  it("decodes to the mean's letters where there are no components, and to gaps where there is no letter", () => {
    expect(decodeSequences(encoded, new Float32Array(encoded.memory.dim))).toEqual(["ACDEF"]);
    const unknown = encodeAlignment(alignment("AXC", "DXC"));
    expect(decodeSequences(unknown, Float32Array.of(0))).toEqual(["A-C"]);
  });

  it("reaches the asked-for share of the variance with as few components as do", () => {
    const few = encodeAlignment(small, { keptVariance: 0.5 });
    expect(few.memory.dim).toBeLessThan(encoded.memory.dim);
    expect(few.varianceShare).toBeGreaterThanOrEqual(0.5);
    expect(encoded.varianceShare).toBeCloseTo(1, 12);
    expect(encoded.memory.dim).toBe(3);
  });
});

describe("refusing", () => {
  it("what has too little left, or nothing to tell apart", () => {
    expect(refusalOf(() => encodeAlignment(alignment("AC", "--", "--")))).toBe(
      "alignment: must leave at least 2 sequences with few gaps, got 3 of 3 and 0 of 2 columns (is it the alignment that you think?)",
    );
    expect(refusalOf(() => encodeAlignment(alignment("ACD", "ACD")))).toBe(
      "alignment: must hold different sequences, got 2 that are all alike",
    );
  });

  it("samples of another length, and a decoding that is none", () => {
    const encoded = encodeAlignment(small);
    expect(refusalOf(() => decodeSequences(encoded, new Float32Array(encoded.memory.dim + 1)))).toContain(
      "samples: length must be a multiple of dim = ",
    );
    expect(refusalOf(() => decodeSequences(encoded, new Float32Array(), "best" as "restored"))).toBe(
      'decoding: must be one of published, restored, got "best"',
    );
  });
});

test.runIf(hasRealData(pfamFile))("the Pfam seed has its published sizes", () => {
  const { memory, numPositions, mean, sequences, varianceShare, ...encoded } = pfamSeed();
  expect([memory.numPatterns, numPositions, mean.length, memory.dim]).toEqual([68, 71, 1420, 59]);
  expect(sequences).toHaveLength(68);
  expect(varianceShare).toBeGreaterThan(0.95);
  expect(varianceShare).toBeLessThan(0.96);
  const all = { memory, numPositions, mean, sequences, varianceShare, ...encoded };
  const identity = (name: "published" | "restored"): number => {
    const decoded = decodeSequences(all, memory.values, name);
    const shares = decoded.map((text, k) => {
      const places = text
        .split("")
        .map((_, i) => i)
        .filter((i) => text[i] !== "-" && sequences[k]![i] !== "-");
      return places.filter((i) => text[i] === sequences[k]![i]).length / places.length;
    });
    return shares.reduce((sum, share) => sum + share / shares.length, 0);
  };
  // Published for stored patterns, to the nearest of all: 0.645. It is the mean that wins.
  expect(identity("published")).toBeCloseTo(0.65, 1);
  expect(identity("restored")).toBeGreaterThan(0.95);
});
