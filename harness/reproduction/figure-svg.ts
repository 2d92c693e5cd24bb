/** Figures of experiments as SVG. */
import type { Figure } from "../../src/index.ts";
import { renderHeatMap } from "../pictures/heat-map.ts";
import { renderPlot } from "../pictures/plot.ts";

export function figureSvg(figure: Figure): string {
  if (figure.kind === "heat") return renderHeatMap(figure);
  const { title, subtitle, xLabel, xScale, marks, panels } = figure;
  return renderPlot(panels, {
    title,
    subtitle,
    xLabel,
    ...(xScale && { xScale }),
    ...(marks && { marks }),
  });
}
