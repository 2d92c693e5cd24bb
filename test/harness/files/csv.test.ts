import { expect, it } from "vitest";
import { formatCsv } from "../../../harness/files/csv.ts";

it("writes a header and a row per line, numbers as they are", () => {
  expect(formatCsv({ beta: [0.1, 1e-300], novelty: [1 / 3, -0] })).toBe(
    "beta,novelty\n0.1,0.3333333333333333\n1e-300,0\n",
  );
});

it("leaves cells empty where a column ends early", () => {
  expect(formatCsv({ a: [1, 2], b: [3] })).toBe("a,b\n1,3\n2,\n");
  expect(formatCsv({ a: [7, "full"] })).toBe("a\n7\nfull\n");
  expect(formatCsv({ a: [] })).toBe("a\n");
});
