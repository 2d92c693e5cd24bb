/**
 * `npm test`: finds or gets a browser, chooses a Vulkan driver for WebGPU in Node, then runs Vitest with both in its
 * environment. Arguments go to Vitest. With ALLOW_NO_GPU=1 nothing is installed, and the tests that lack a browser or
 * an adapter are skipped and counted.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ArgumentError } from "../../src/index.ts";
import { reportAdapters } from "./adapter-report.ts";
import { findBrowser } from "./browser.ts";
import { NoBrowserError, obtainBrowser } from "./install-browser.ts";
import { thisMachine } from "./machine.ts";
import { chooseTestEnvironment, describeReport } from "./test-environment.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

try {
  process.exitCode = await runTests(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof NoBrowserError || error instanceof ArgumentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function runTests(vitestArguments: readonly string[]): Promise<number> {
  const machine = thisMachine();
  const browser =
    process.env["ALLOW_NO_GPU"] === "1" ? findBrowser(machine) : await obtainBrowser(machine, runInstaller);
  const { extra, report } = await chooseTestEnvironment(machine, browser?.path, (variables) =>
    reportAdapters({ ...process.env, ...variables }),
  );
  process.stdout.write(`browser: ${browser === undefined ? "none" : `${browser.path} (${browser.source})`}\n`);
  process.stdout.write(`WebGPU in Node: ${describeReport(report)}\n`);

  const executable = browser === undefined ? {} : { PUPPETEER_EXECUTABLE_PATH: browser.path };
  const child = spawn(process.execPath, [vitest, "run", ...vitestArguments], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...extra, ...executable },
  });
  return exitCodeOf(child);
}

/** Shows the command and its output on stderr: an installation is worth a word to the person who waits for it. */
async function runInstaller(command: string): Promise<boolean> {
  process.stderr.write(`no browser yet: ${command}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const child = spawn(command, { cwd: root, shell: true, stdio: ["ignore", 2, 2], env, timeout: 5 * 60_000 });
  return (await exitCodeOf(child)) === 0;
}

function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
