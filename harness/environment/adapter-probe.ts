/**
 * Whether WebGPU in Node would find an adapter, asked of a child process: Dawn and the drivers under it write what they
 * think of each other to standard error, which only there can be kept from the person at the terminal. A driver that
 * crashes takes the child with it, not the caller.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

export interface AdapterProbe {
  readonly hasAdapter: boolean;
  /** What Dawn has against the adapters that it saw and does not offer, one sentence each. */
  readonly refusals: readonly string[];
}

const timeoutMs = 60_000;

/** The child's exit codes; Node's own for an error that nobody catches is 1. */
const exitCodes = { found: 0, uncaught: 1, none: 3 } as const;

/** Plain JavaScript, so that it runs from a checkout and from the bundle alike; its argument is the package's URL. */
const program = `
  const { create } = await import(process.argv[1]);
  const gpu = create([]);
  const requests = [{ powerPreference: "high-performance" }, { forceFallbackAdapter: true }];
  const adapters = await Promise.all(requests.map((request) => gpu.requestAdapter(request)));
  process.exit(adapters.some((adapter) => adapter !== null) ? ${exitCodes.found} : ${exitCodes.none});
`;

/**
 * @param packagePath the file that `import("webgpu")` loads
 * @throws Error with what the package itself throws when it is loaded
 */
export async function probeAdapters(packagePath: string): Promise<AdapterProbe> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, pathToFileURL(packagePath).href], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: timeoutMs,
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (code === exitCodes.uncaught) throw new Error(/^\w*Error.*$/m.exec(complaints)?.[0] ?? "an unknown error");
  const isCrash = code !== exitCodes.found && code !== exitCodes.none;
  return {
    hasAdapter: code === exitCodes.found,
    refusals: isCrash
      ? [`asking for them ends a process with ${signal ?? `exit code ${code}`}`]
      : refusalsIn(complaints),
  };
}

/** Dawn's warnings about adapters, each given as a warning with a line of context below it. */
export function refusalsIn(complaints: string): string[] {
  const warnings = complaints.matchAll(/^Warning: (.+?)\.?\n - While initializing adapter/gm);
  return [...new Set([...warnings].map(([, warning]) => warning!))];
}
