/**
 * Peers in Python, each a child process that answers lines of JSON (peers/protocol.py). A peer is there if its script
 * starts: what it needs is looked for at run time, in every Python at hand.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { encodeNpy, parseNpy } from "../src/index.ts";
import {
  largestError,
  type Arithmetic,
  type Contestant,
  type OpenContestant,
} from "./measure/contestants/contestant.ts";
import { noiseFreeStep, peerProblem, type PeerProblem } from "./measure/contestants/noise-free.ts";

export interface PythonPeers {
  readonly contestants: readonly Contestant[];
  /** Operations a second of its own products of matrices, by the peers' ids. */
  readonly peaks: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Why a peer is not there. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

const scripts = { NumPy: "numpy_peer.py", PyTorch: "torch_peer.py", JAX: "jax_peer.py" } as const;

interface Description {
  readonly variants: readonly { readonly id: string; readonly label: string; readonly arithmetic: Arithmetic }[];
  readonly versions: Readonly<Record<string, string>>;
}

/** @param pythons to look for each peer in, the first choice first */
export async function startPythonPeers(pythons: readonly string[]): Promise<PythonPeers> {
  const folder = await mkdtemp(join(tmpdir(), "stochastic-attention-bench-"));
  const contestants: Contestant[] = [];
  const peaks: Record<string, number> = {};
  const versions: Record<string, string> = {};
  const missing: string[] = [];
  const processes: PeerProcess[] = [];
  for (const [name, script] of Object.entries(scripts)) {
    const found = await startBest(pythons, fileURLToPath(new URL(`peers/${script}`, import.meta.url)));
    if ("reason" in found) {
      missing.push(`${name}: ${found.reason}`);
      continue;
    }
    const { peer, description } = found;
    processes.push(peer);
    Object.assign(versions, description.versions);
    for (const variant of description.variants) {
      peaks[variant.id] = (await peer.ask({ op: "peak", variant: variant.id }))["flopsPerSecond"] as number;
      for (const space of ["direct", "collapsed"] as const)
        contestants.push({
          ...variant,
          id: `${variant.id}-${space}`,
          space,
          peak: variant.id,
          leastSteps: () => 1,
          verifies: "a step without noise",
          covers: (job) => job.kernel === "ula" && job.group !== "patches" && job.spaces.includes(space),
          open: (job) => openPython(peer, folder, variant.id, peerProblem(job, space)),
        });
    }
  }
  return {
    contestants,
    peaks,
    versions,
    missing,
    async close() {
      for (const peer of processes) peer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface PeerProcess {
  ask(request: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/** The script in the first Python that runs it; for NumPy the first with more than a plain BLAS, if there is one. */
async function startBest(
  pythons: readonly string[],
  script: string,
): Promise<{ readonly peer: PeerProcess; readonly description: Description } | { readonly reason: string }> {
  let second: { readonly peer: PeerProcess; readonly description: Description } | undefined;
  let reason = "no Python was found";
  for (const python of pythons) {
    const peer = startPeer(python, script);
    try {
      const description = (await peer.ask({ op: "describe" })) as unknown as Description;
      const isPlain = description.variants.some(({ label }) => /reference BLAS|unknown BLAS/.test(label));
      if (!isPlain) {
        second?.peer.close();
        return { peer, description };
      }
      if (second === undefined) second = { peer, description };
      else peer.close();
    } catch (error) {
      peer.close();
      reason = `${basename(python)}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return second ?? { reason };
}

function startPeer(python: string, script: string): PeerProcess {
  const child: ChildProcessWithoutNullStreams = spawn(python, [script], { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints = (complaints + text).slice(-4000)));
  const waiting: {
    readonly resolve: (answer: Record<string, unknown>) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  let failure: Error | undefined;
  const end = (reason: string): void => {
    failure ??= new Error(reason);
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  child.on("error", (error) => end(error.message));
  child.stdin.on("error", (error) => end(error.message));
  child.on("close", () => end(complaints.trim().split("\n").at(-1) || "ended"));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = JSON.parse(line) as Record<string, unknown>;
    const next = waiting.shift();
    if (typeof answer["failure"] === "string") next?.reject(new Error(answer["failure"]));
    else next?.resolve(answer);
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: () => void child.kill(),
  };
}

let numOpened = 0;

async function openPython(
  peer: PeerProcess,
  folder: string,
  variant: string,
  problem: PeerProblem,
): Promise<OpenContestant> {
  const id = numOpened++;
  const { memory, start, numChains, beta, stepSize } = problem;
  const [memoryFile, startFile, out] = ["memory", "start", "out"].map((name) => join(folder, `${name}-${id}.npy`));
  await writeFile(memoryFile!, encodeNpy(memory.values, [memory.numPatterns, memory.dim]));
  await writeFile(startFile!, encodeNpy(start, [numChains, memory.dim]));
  await peer.ask({ op: "open", id, variant, memory: memoryFile, start: startFile, beta, stepSize });
  return {
    async verify() {
      const wanted = noiseFreeStep(problem);
      await peer.ask({ op: "noiseFree", id, count: wanted.length / memory.dim, out });
      return largestError(parseNpy(await readFile(out!), out!).data, wanted);
    },
    async block(steps) {
      const { seconds } = await peer.ask({ op: "run", id, steps });
      return { chainSteps: steps * numChains, seconds: seconds as number, gpuSeconds: null };
    },
    async close() {
      await peer.ask({ op: "close", id });
      await Promise.all([memoryFile!, startFile!, out!].map((path) => rm(path, { force: true })));
    },
  };
}
