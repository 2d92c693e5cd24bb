/** The child process of adapter-report.ts: one line of JSON on standard output. */
import { describeAdapter } from "../../src/index.ts";
import { reportMark, type AdapterReport } from "./adapter-report.ts";
import { openNodeWebGpu } from "./node-webgpu.ts";

const opened = await openNodeWebGpu();
const report: AdapterReport =
  "reason" in opened ? { adapters: [], reason: opened.reason } : { adapters: opened.adapters.map(describeAdapter) };
// Dawn keeps a process alive: leave once the line is out.
process.stdout.write(`${reportMark}${JSON.stringify(report)}\n`, () => process.exit(0));
