// What charts.js uses of Observable Plot; esbuild leaves the rest out.
export {
  areaY, axisX, axisY, barX, barY, cell, dot, frame, gridY, lineY, plot, pointer, pointerX, rect, ruleX, ruleY, text, tickX, tip
} from "@observablehq/plot";
