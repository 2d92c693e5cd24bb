/** Node's worker threads for the reference on all cores: compiled by Vite in a checkout, a file of the bundle elsewhere. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { createReferencePool, type ReferencePool, type ReferenceWorker } from "../../src/index.ts";
import { firstLine } from "../files/system-error.ts";

/** Threads that this machine runs side by side. */
export const numCores = availableParallelism();

/** @throws ArgumentError unless `numThreads` is a whole number of at least 1 */
export function createNodePool(numThreads: number, workBeforeStart?: number): ReferencePool {
  return createReferencePool({
    numThreads,
    startWorker,
    ...(workBeforeStart === undefined ? {} : { workBeforeStart }),
  });
}

function startWorker(): ReferenceWorker {
  const here = import.meta.url;
  const worker = here.endsWith(".ts")
    ? new Worker(new URL(/* @vite-ignore */ "../launch.js", here), {
        argv: ["harness/environment/reference-worker.ts"],
      })
    : new Worker(new URL(/* @vite-ignore */ "reference-worker.js", here));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (listener) => void worker.on("message", listener),
    onEnd(listener) {
      worker.on("error", (error) => listener(firstLine(error)));
      worker.on("exit", (code) => listener(`exit code ${code}`));
    },
    close: async () => void (await worker.terminate()),
  };
}
