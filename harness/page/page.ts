/** The demonstration page: reads the controls, runs the sampler, shows pictures and figures while they come. */
import {
  kernelNames,
  summarizeDraws,
  type DrawChunk,
  type Draws,
  type HopfieldTarget,
  type SampleOptions,
} from "../../src/index.ts";
import { openEngine, type Engine } from "./engine.ts";
import { createFaceMemory } from "./face-memory.ts";
import { drawGrid } from "./picture.ts";

/** Shown pictures a panel: 6 × 6. */
const side = 6;

/** The published schedule of the face job, as the command line has it by default. */
const schedule = { numBurnIn: 20, numDraws: 5, thinning: 10, start: "pattern" } as const;

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

const controls = {
  form: element("controls", HTMLFormElement),
  beta: element("beta", HTMLInputElement),
  betaSlider: element("beta-slider", HTMLInputElement),
  kernel: element("kernel", HTMLSelectElement),
  stepSize: element("step-size", HTMLInputElement),
  numChains: element("num-chains", HTMLInputElement),
  seed: element("seed", HTMLInputElement),
  run: element("run", HTMLButtonElement),
  cancel: element("cancel", HTMLButtonElement),
};
const panels = {
  stored: element("stored", HTMLCanvasElement),
  samples: element("samples", HTMLCanvasElement),
  denoised: element("denoised", HTMLCanvasElement),
};
const progress = element("progress", HTMLProgressElement);
const status = element("status", HTMLParagraphElement);
const figures = element("figures", HTMLElement);

const { memory, size, displayScale } = createFaceMemory();
const grid = { size, side, displayScale };

type State = "idle" | "running" | "done" | "cancelled" | "failed";

function say(state: State, message: string): void {
  status.dataset["state"] = state;
  status.textContent = message;
}

/** The first pictures of `values`, `stride` rows apart. */
function rows(values: Float32Array, stride: number, first: number): Float32Array[] {
  const numRows = Math.min(side * side, Math.ceil(values.length / (memory.dim * stride)));
  return Array.from({ length: numRows }, (_, n) =>
    values.subarray((n * stride + first) * memory.dim, (n * stride + first + 1) * memory.dim),
  );
}

/** Shows a finished draw of the first chains. */
function showDraw({ draws, draw, firstChain, numChains }: DrawChunk): void {
  if (firstChain + numChains < Math.min(draws.numChains, side * side)) return;
  drawGrid(panels.samples, rows(draws.positions, draws.numDraws, draw), grid);
  drawGrid(panels.denoised, rows(draws.retrievals, draws.numDraws, draw), grid);
}

function showFigures(target: HopfieldTarget, draws: Draws, stepsPerSecond: number): void {
  const { novelty, energy, acceptanceRate } = summarizeDraws(target, draws);
  const withError = (value: { mean: number; se: number | null }): string =>
    value.se === null ? value.mean.toFixed(4) : `${value.mean.toFixed(4)} ± ${value.se.toFixed(4)}`;
  const texts = {
    novelty: withError(novelty),
    "novelty-floor": novelty.floor.toFixed(4),
    "novelty-denoised": novelty.denoised.toFixed(4),
    energy: withError(energy),
    acceptance: `${(100 * acceptanceRate).toFixed(1)} %`,
    rate: Math.round(stepsPerSecond).toLocaleString("en"),
  };
  for (const [id, text] of Object.entries(texts)) element(id, HTMLElement).textContent = text;
  figures.hidden = false;
}

function readOptions(): { target: HopfieldTarget; options: SampleOptions } {
  const kernel = kernelNames.find((name) => name === controls.kernel.value)!;
  return {
    target: { memory, beta: controls.beta.valueAsNumber },
    options: {
      ...schedule,
      kernel,
      stepSize: controls.stepSize.valueAsNumber,
      numChains: controls.numChains.valueAsNumber,
      seed: controls.seed.valueAsNumber,
    },
  };
}

async function run(engine: Engine): Promise<void> {
  const abort = new AbortController();
  const cancel = (): void => abort.abort();
  controls.run.disabled = true;
  controls.cancel.disabled = false;
  controls.cancel.addEventListener("click", cancel);
  progress.value = 0;
  say("running", "Compiling the kernels…");
  try {
    const { target, options } = readOptions();
    await using sampler = await engine.createSampler(target);
    const start = performance.now();
    let numDone = 0;
    const draws = await sampler.run(options, {
      signal: abort.signal,
      onDraws: showDraw,
      onProgress: ({ done, total }) => {
        numDone = total;
        progress.value = done / total;
        const seconds = (performance.now() - start) / 1000;
        const left = (seconds * (total - done)) / Math.max(done, 1);
        say(
          "running",
          `${Math.round((100 * done) / total)} % of ${total} chain-steps, about ${left.toFixed(0)} s left`,
        );
      },
    });
    const seconds = (performance.now() - start) / 1000;
    showFigures(target, draws, numDone / seconds);
    say(
      "done",
      `${options.numChains} chains × ${options.numDraws} draws in ${seconds.toFixed(1)} s; shown: the last draw.`,
    );
  } catch (error) {
    if (abort.signal.aborted) say("cancelled", "Cancelled.");
    else say("failed", error instanceof Error ? error.message : String(error));
  } finally {
    controls.cancel.removeEventListener("click", cancel);
    controls.cancel.disabled = true;
    controls.run.disabled = false;
  }
}

controls.betaSlider.addEventListener("input", () => {
  controls.beta.value = String(Number((10 ** controls.betaSlider.valueAsNumber).toPrecision(3)));
});
controls.beta.addEventListener("input", () => {
  controls.betaSlider.valueAsNumber = Math.log10(controls.beta.valueAsNumber);
});
for (const name of kernelNames) controls.kernel.add(new Option(name, name, name === "ou-mala", name === "ou-mala"));

element("memory", HTMLElement).textContent =
  `${memory.numPatterns} of the built-in faces, ${size} × ${size} pixels each`;
drawGrid(panels.stored, rows(memory.values, 1, 0), grid);
drawGrid(panels.samples, [], grid);
drawGrid(panels.denoised, [], grid);

const engine = await openEngine((message) => say("failed", message));
const engineLine = element("engine", HTMLParagraphElement);
engineLine.dataset["kind"] = engine.kind;
engineLine.textContent = engine.description;
controls.form.addEventListener("submit", (event) => {
  event.preventDefault();
  void run(engine);
});
controls.run.disabled = false;
say("idle", "Ready.");
