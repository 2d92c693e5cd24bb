/**
 * `npm run bench`: chooses a Vulkan driver for WebGPU in Node as the tests do, by variables that must be set before a
 * process starts, and then runs the benchmark in a process that has them. `--report` needs none of it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { reportAdapters } from "../harness/environment/adapter-report.ts";
import { findBrowser } from "../harness/environment/browser.ts";
import { thisMachine } from "../harness/environment/machine.ts";
import { chooseTestEnvironment } from "../harness/environment/test-environment.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const machine = thisMachine();
const isReport = process.argv.includes("--report") || process.argv.includes("--help");
const { extra } = isReport
  ? { extra: {} }
  : await chooseTestEnvironment(machine, findBrowser(machine)?.path, (variables) =>
      reportAdapters({ ...process.env, ...variables }),
    );
// The child of the same terminal gets the signal too, and ends in its own time.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
const child = spawn(process.execPath, ["harness/launch.js", "bench/run.ts", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ...extra },
});
const [code] = (await once(child, "exit")) as [number | null];
process.exit(code ?? 1);
