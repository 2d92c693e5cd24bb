import { describe, expect, it } from "vitest";
import { renderHeatMap, type HeatMap } from "../../../harness/pictures/heat-map.ts";

const map: HeatMap = {
  title: "A map <1>",
  subtitle: "of six cells",
  xLabel: "load",
  yLabel: "β",
  valueLabel: "C",
  x: [0.1, 0.5, 2],
  y: [1, 10],
  values: [
    [0, 0.5, Number.NaN],
    [0.25, 0.75, 1],
  ],
  contours: [{ label: "C = 0.5", x: [0.1, 0.5, 2], y: [2, 4, 8] }],
};

describe("renderHeatMap", () => {
  it("draws a cell for every value, and none for what is not finite", () => {
    const svg = renderHeatMap(map);
    expect(svg).toMatch(/^<svg [^>]*viewBox/);
    expect(svg).toContain("<title>A map &lt;1&gt;</title>");
    const bars = 44;
    const others = 3;
    expect(svg.match(/<rect /g)).toHaveLength(5 + bars + others);
    expect(svg).not.toContain("NaN");
  });

  it("refuses a table with a missing cell", () => {
    expect(() => renderHeatMap({ ...map, values: [[0, 0.5], [1]] })).toThrow(
      "values: must have a value for each of 2 × 3 cells, at least 2 × 2, got 2 × 2",
    );
  });
});
