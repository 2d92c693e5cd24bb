/** The command `doctor`: what this machine can run the sampler on, tried out, and what to install for more. */
import {
  createMemoryMatrix,
  createReferenceSampler,
  describeAdapter,
  type AdapterDescription,
  type Sampler,
} from "../../src/index.ts";
import { findBrowser } from "../environment/browser.ts";
import { installCommands } from "../environment/install-browser.ts";
import { thisMachine, type Machine } from "../environment/machine.ts";
import { adapterAdvice } from "../environment/vulkan.ts";
import type { CommandContext } from "./context.ts";
import { openGpuEngine, type EngineName } from "./engines.ts";
import { formatBytes, formatTable } from "./format.ts";
import { installedVersion, packageVersion, platformName } from "./versions.ts";

interface Trial {
  readonly works: boolean;
  /** Why not; null if it works. */
  readonly problem: string | null;
}

interface AdapterFindings extends AdapterDescription, Trial {
  readonly limits: {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
  };
  readonly features: readonly string[];
}

interface Findings {
  readonly engines: { readonly reference: Trial; readonly webgpu: Trial };
  /** What `--engine auto` takes here. */
  readonly auto: Exclude<EngineName, "auto">;
  readonly adapters: readonly AdapterFindings[];
  /** What WebGPU has against adapters that are there and that it does not offer. */
  readonly refusals: readonly string[];
  /** Needed by the tests and by nothing else. */
  readonly browser: { readonly path: string; readonly source: string } | null;
  readonly versions: Readonly<Record<string, string | null>>;
  readonly platform: string;
  /** One sentence each, most useful first. */
  readonly advice: readonly string[];
}

/** What building and testing this package takes, beside what running it does. */
const toolNames = ["wgsl_reflect", "puppeteer", "vite"] as const;

/** @returns the exit code, 0 whatever is found */
export async function doctor(
  flags: { readonly json?: boolean },
  context: CommandContext,
  machine: Machine = thisMachine(),
): Promise<number> {
  const findings = await examine(context, machine);
  context.stdout.write(flags.json === true ? `${JSON.stringify(findings, null, 2)}\n` : describeFindings(findings));
  return 0;
}

async function examine(context: CommandContext, machine: Machine): Promise<Findings> {
  const advice: string[] = [];
  // The published package is used without the tools that it is made and tested with.
  const isCheckout = toolNames.some((name) => installedVersion(name) !== null);
  const reference = await attempt(() => tryOut(createReferenceSampler(smallTarget)));
  const webGpu = await context.openWebGpu();
  const adapters = "reason" in webGpu ? [] : await Promise.all(webGpu.adapters.map(examineAdapter));
  const working = adapters.filter(({ works }) => works);
  const webgpu: Trial =
    working.length > 0
      ? { works: true, problem: null }
      : { works: false, problem: "reason" in webGpu ? webGpu.reason : "no adapter carries out a small run" };
  const refusals = "reason" in webGpu ? (webGpu.refusals ?? []) : [];

  let browser: Findings["browser"] = null;
  try {
    browser = findBrowser(machine) ?? null;
    const [command] = installCommands(machine);
    if (browser === null && isCheckout) advice.push(`No browser found, which only the tests need: run \`${command}\``);
  } catch (error) {
    advice.push(messageOf(error));
  }
  if ("reason" in webGpu)
    advice.unshift(
      ...(webGpu.fix === undefined
        ? adapterAdvice(machine, browser?.path, refusals)
        : [`For the GPU, ${webGpu.fix}: ${webGpu.reason}`]),
    );

  return {
    engines: { reference, webgpu },
    auto: working.some(({ isSoftware }) => !isSoftware) ? "webgpu" : "reference",
    adapters,
    refusals,
    browser,
    versions: {
      "stochastic-attention": packageVersion,
      node: process.versions.node,
      webgpu: installedVersion("webgpu"),
      ...(isCheckout ? Object.fromEntries(toolNames.map((name) => [name, installedVersion(name)])) : {}),
    },
    platform: platformName(),
    advice,
  };
}

async function examineAdapter(adapter: GPUAdapter): Promise<AdapterFindings> {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup } = adapter.limits;
  const features = [...adapter.features].sort();
  const trial = await attempt(async () => {
    const engine = await openGpuEngine(adapter);
    try {
      await tryOut(await engine.createSampler(smallTarget));
    } finally {
      engine.close();
    }
  });
  return {
    ...describeAdapter(adapter),
    ...trial,
    limits: {
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup,
    },
    features,
  };
}

/** One pattern, so that every draw has to lie near it. */
const smallTarget = { memory: createMemoryMatrix([1, 2, 2], { numPatterns: 1, dim: 3 }), beta: 1e4 };

/** Runs a few steps and looks at what comes out. */
async function tryOut(owned: Sampler): Promise<void> {
  await using sampler = owned;
  const { maxCosine } = await sampler.run({
    kernel: "ou-mala",
    stepSize: 0.5,
    seed: 1,
    numChains: 4,
    numBurnIn: 0,
    numDraws: 2,
    thinning: 2,
    start: "exact",
  });
  if (!maxCosine.every((cosine) => cosine > 0.9)) throw new Error("a small run gave wrong samples");
}

async function attempt(work: () => Promise<void>): Promise<Trial> {
  try {
    await work();
    return { works: true, problem: null };
  } catch (error) {
    return { works: false, problem: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeFindings(findings: Findings): string {
  const { engines, adapters, refusals, browser, versions, advice } = findings;
  const trial = ({ works, problem }: Trial): string => (works ? "works" : `does not work: ${problem}`);
  const sections = [
    [
      "Engines",
      `  reference  ${trial(engines.reference)}`,
      `  webgpu     ${trial(engines.webgpu)}`,
      `  auto       takes ${findings.auto}`,
    ],
    [
      "Adapters",
      ...(adapters.length + refusals.length === 0 ? ["  none"] : adapters.flatMap(describeAdapterFindings)),
      ...refusals.map((refusal) => `  found and refused: ${refusal}`),
    ],
    ["Browser", `  ${browser === null ? "none" : `${browser.path} (from ${browser.source})`}`],
    [
      "Versions",
      ...formatLines(Object.entries(versions).map(([name, version]) => [name, version ?? "not installed"])),
      `  on ${findings.platform}`,
    ],
    ["To do", ...(advice.length === 0 ? ["  nothing"] : advice.map((sentence) => `  ${sentence}.`))],
  ];
  return sections.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function describeAdapterFindings({ name, driver, isSoftware, limits, features, ...trial }: AdapterFindings): string[] {
  return [
    `  ${name}, ${isSoftware ? "software" : "hardware"}, ${trial.works ? "works" : `does not work: ${trial.problem}`}`,
    `    driver    ${driver === "" ? "not told" : driver}`,
    `    limits    buffer ${formatBytes(limits.maxBufferSize)}, binding ${formatBytes(limits.maxStorageBufferBindingSize)}, ` +
      `workgroup memory ${formatBytes(limits.maxComputeWorkgroupStorageSize)}, ` +
      `${limits.maxComputeInvocationsPerWorkgroup} threads a workgroup`,
    `    features  ${features.length === 0 ? "none beyond the standard" : features.join(", ")}`,
  ];
}

function formatLines(rows: readonly (readonly string[])[]): string[] {
  return formatTable(rows)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
}
