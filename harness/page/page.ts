/** The demonstration page: reads the controls, runs the sampler, shows pictures and figures while they come. */
import {
  isAdjusted,
  ArgumentError,
  kernelNames,
  nearestPatterns,
  summarizeDraws,
  type DrawChunk,
  type Draws,
  type Estimate,
  type HopfieldTarget,
  type Metrics,
  type SampleOptions,
} from "../../src/index.ts";
import { drawExact } from "../report/exact-comparison.ts";
import { formatFixed } from "../report/format.ts";
import { meaning, patternSpacing } from "../report/meaning.ts";
import { requireFiniteDraws, weightWarning } from "../report/soundness.ts";
import { openEngine, type Engine } from "./engine.ts";
import { createFaceMemory } from "./face-memory.ts";
import { drawGrid } from "./picture.ts";

/** Shown pictures a panel: at most 6 × 6. */
const maxSide = 6;

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
const warning = element("warning", HTMLParagraphElement);

const { memory, size, displayScale } = createFaceMemory();
const spacing = patternSpacing(memory);

type State = "idle" | "running" | "done" | "cancelled" | "failed";

function say(state: State, message: string): void {
  status.dataset["state"] = state;
  status.textContent = message;
}

/** The first pictures of `values`, `stride` rows apart. */
function rows(values: Float32Array, stride: number, first: number): Float32Array[] {
  const numRows = Math.min(maxSide ** 2, Math.ceil(values.length / (memory.dim * stride)));
  return Array.from({ length: numRows }, (_, n) => row(values, n * stride + first));
}

function row(values: Float32Array, index: number): Float32Array {
  return values.subarray(index * memory.dim, (index + 1) * memory.dim);
}

/** Shows pictures in the smallest square that holds them. */
function show(panel: HTMLCanvasElement, pictures: readonly Float32Array[], numPictures = pictures.length): void {
  drawGrid(panel, pictures, { size, side: Math.ceil(Math.sqrt(numPictures)), displayScale });
}

/** Shows a finished draw of the first chains, and the stored pattern nearest to each. */
function showDraw({ draws, draw, firstChain, numChains }: DrawChunk): void {
  if (firstChain + numChains < Math.min(draws.numChains, maxSide ** 2)) return;
  const samples = rows(draws.positions, draws.numDraws, draw);
  show(panels.samples, samples);
  show(panels.denoised, rows(draws.retrievals, draws.numDraws, draw));
  show(
    panels.stored,
    samples.map((sample) => row(memory.values, nearestPatterns(memory, sample).index[0]!)),
  );
  element("stored-caption", HTMLElement).textContent = "m, the one nearest to each sample";
}

function showFigures(metrics: Metrics, exact: Metrics | null, options: SampleOptions, stepsPerSecond: number): void {
  const { novelty, energy, acceptanceRate } = metrics;
  const withError = ({ mean, se }: Estimate): string =>
    se === null ? formatFixed(mean) : `${formatFixed(mean)} ± ${formatFixed(se)}`;
  const texts = {
    meaning: meaning(metrics, { exact, numChains: options.numChains, patternSpacing: spacing }),
    novelty: withError(novelty),
    "novelty-exact": exact === null ? "–" : withError(exact.novelty),
    "novelty-floor": formatFixed(novelty.floor),
    "novelty-denoised": formatFixed(novelty.denoised),
    energy: withError(energy),
    acceptance: isAdjusted(options.kernel) ? `${(100 * acceptanceRate).toFixed(1)} %` : "–",
    rate: Math.round(stepsPerSecond).toLocaleString("en"),
  };
  for (const [id, text] of Object.entries(texts)) element(id, HTMLElement).textContent = text;
  figures.hidden = false;
}

/** Draws of the exact law to hold a run against; null if it was cancelled. */
async function compare(target: HopfieldTarget, draws: Draws, seed: bigint, signal: AbortSignal): Promise<Draws | null> {
  say("running", "Comparing with the exact law…");
  try {
    return await drawExact(target, draws, seed, {
      signal,
      onProgress: ({ done, total }) => (progress.value = done / total),
    });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** The reader's names for what the library has other names for. */
const labels: Readonly<Record<string, string>> = {
  "target.beta": "β",
  stepSize: "Step size α",
  numChains: "Chains",
  numDraws: "Chains",
  seed: "Seed",
};

function sentenceOf(error: unknown): string {
  if (!(error instanceof ArgumentError)) return error instanceof Error ? error.message : String(error);
  const { parameter, rule } = error;
  return `${labels[parameter] ?? parameter}: ${rule}`;
}

function readOptions(): { target: HopfieldTarget; options: SampleOptions & { readonly seed: bigint } } {
  const kernel = kernelNames.find((name) => name === controls.kernel.value)!;
  const seedText = controls.seed.value;
  return {
    target: { memory, beta: controls.beta.valueAsNumber },
    options: {
      ...schedule,
      kernel,
      stepSize: controls.stepSize.valueAsNumber,
      numChains: controls.numChains.valueAsNumber,
      // Digits as text, which a number would round beyond 2^53; "1e3" is a number too.
      seed: BigInt(/^\d+$/.test(seedText) ? seedText : controls.seed.valueAsNumber),
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
  figures.hidden = true;
  warning.hidden = true;
  say("running", "Compiling the kernels…");
  try {
    const { target, options } = readOptions();
    const sentence = weightWarning(target);
    warning.textContent = sentence ?? "";
    warning.hidden = sentence === undefined;
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
    requireFiniteDraws("samples", target, draws);
    const exact = await compare(target, draws, options.seed, abort.signal);
    const metrics = summarizeDraws(target, draws);
    showFigures(metrics, exact === null ? null : summarizeDraws(target, exact), options, numDone / seconds);
    const count = options.numChains === 1 ? "1 chain" : `${options.numChains} chains`;
    say(
      "done",
      `${count} × ${options.numDraws} draws in ${seconds.toFixed(1)} s; shown: the last draw.` +
        (exact === null ? " Not compared with the exact law." : ""),
    );
  } catch (error) {
    if (abort.signal.aborted) say("cancelled", "Cancelled.");
    else say("failed", sentenceOf(error));
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
for (const [panel, pictures] of [
  [panels.stored, rows(memory.values, 1, 0)],
  [panels.samples, []],
  [panels.denoised, []],
] as const)
  show(panel, pictures, maxSide ** 2);

const engine = await openEngine((message) => say("failed", message));
const engineLine = element("engine", HTMLParagraphElement);
engineLine.dataset["kind"] = engine.kind;
engineLine.textContent = engine.description;
controls.form.addEventListener("submit", (event) => {
  event.preventDefault();
  void run(engine);
});
controls.form.addEventListener("input", () => {
  // What was wrong may just have been mended.
  if (status.dataset["state"] === "failed") say("idle", "Ready.");
});
controls.run.disabled = false;
say("idle", "Ready.");
