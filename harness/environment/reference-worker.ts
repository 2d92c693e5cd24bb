/** What a thread of reference-workers.ts runs: the worker's side of the reference on several threads. */
import { parentPort } from "node:worker_threads";
import { serveReferenceWorker } from "../../src/index.ts";

const port = parentPort!;
serveReferenceWorker({
  post: (message, transfer) => port.postMessage(message, transfer),
  listen: (listener) => void port.on("message", listener),
});
