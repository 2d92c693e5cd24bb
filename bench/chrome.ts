/** A headless Chrome for the benchmark's part in a page: found, served to, and closed. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import puppeteer, { type Page } from "puppeteer";
import { createServer } from "vite";
import { browserFlagSets } from "../harness/environment/browser-flags.ts";
import { findBrowser } from "../harness/environment/browser.ts";
import { thisMachine } from "../harness/environment/machine.ts";
import type { Job } from "./measure/cases.ts";
import type * as inPage from "./measure/in-page.ts";
import type { GpuPeaks } from "./measure/peaks.ts";
import type { RaceOptions } from "./measure/race.ts";
import type { JobRecord } from "./measure/record.ts";

export interface ChromeBench {
  readonly version: string;
  readonly adapter: { readonly name: string; readonly isSoftware: boolean };
  readonly peaks: GpuPeaks;
  /** @param wanted contestants whose id fits this regular expression */
  race(job: Job, options: Omit<RaceOptions, "signal" | "onNote">, wanted: string): Promise<JobRecord>;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** @returns the reason if there is no browser, or none with WebGPU */
export async function openChrome(): Promise<ChromeBench | { readonly reason: string }> {
  const found = findBrowser(thisMachine());
  if (found === undefined) return { reason: "no Chrome or Chromium was found" };
  const server = await createServer({
    root,
    logLevel: "error",
    // The peers stand beside the benchmark, outside of what the main package's lock file knows.
    server: { host: "127.0.0.1", port: 0, watch: null, hmr: false },
    optimizeDeps: { include: ["wgsl_reflect"], entries: ["harness/page/suite.html"] },
  });
  await server.listen();
  const address = server.resolvedUrls!.local[0]!;
  for (const flags of browserFlagSets) {
    const browser = await puppeteer.launch({ executablePath: found.path, args: flags, protocolTimeout: 3_600_000 });
    const page = await browser.newPage();
    await page.goto(`${address}harness/page/suite.html`, { waitUntil: "load" });
    await page.waitForFunction(() => "callInPage" in window);
    const hasAdapter = await page.evaluate(
      async () => ((await (navigator.gpu as GPU | undefined)?.requestAdapter()) ?? null) !== null,
    );
    if (!hasAdapter) {
      await browser.close();
      continue;
    }
    const hasPeers = existsSync(new URL("node_modules/@jax-js/jax", import.meta.url));
    return {
      version: await browser.version(),
      adapter: await call(page, "describePage"),
      peaks: await call(page, "peaksInPage"),
      race: (job, options, wanted) => call(page, "raceInPage", job, options, wanted, hasPeers),
      close: async () => void (await Promise.all([browser.close(), server.close()])),
    };
  }
  await server.close();
  return { reason: `${found.path} offers no WebGPU adapter` };
}

type InPage = typeof inPage;

async function call<Name extends keyof InPage>(
  page: Page,
  name: Name,
  ...parameters: Parameters<InPage[Name]>
): Promise<Awaited<ReturnType<InPage[Name]>>> {
  const result = await page.evaluate(
    (functionName, values) => window.callInPage("/bench/measure/in-page.ts", functionName, values),
    name,
    parameters as unknown[],
  );
  return result as Awaited<ReturnType<InPage[Name]>>;
}
