/**
 * `browserTest`: a test with a page in headless Chrome, served by Vite from this checkout, one browser and one server
 * for all tests of a file. Whatever the page complains about fails the test: uncaught errors, console errors and
 * warnings, requests that fail, and WebGPU's validation errors, which Chrome prints to the console.
 */
import puppeteer, { type Browser, type Page } from "puppeteer";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, test } from "vitest";
import { browserFlagSets } from "../../harness/environment/browser-flags.ts";
import { findBrowser } from "../../harness/environment/browser.ts";
import { thisMachine } from "../../harness/environment/machine.ts";
import type * as inPage from "../browser/in-page.ts";

type InPage = typeof inPage;

export interface OpenPage {
  readonly page: Page;
  /** What the page has complained about and has not been taken yet; what is left at the end fails the test. */
  takeComplaints(): string[];
  /** Goes to a page of the harness and waits until it has loaded. */
  open(path: string): Promise<void>;
  /** Runs a function of test/browser/in-page.ts in the page, on harness/page/suite.html. */
  call<Name extends keyof InPage>(name: Name, ...parameters: Parameters<InPage[Name]>): ReturnType<InPage[Name]>;
}

/** Chrome on Windows says so of every request for an adapter that has a preference. */
const harmless = /powerPreference option is currently ignored/;

interface Bench {
  readonly browser: Browser;
  readonly server: ViteDevServer;
  readonly address: string;
}

let bench: Promise<Bench | { reason: string }> | undefined;

export const browserTest = test.extend<{ web: OpenPage }>({
  web: async ({ skip }, use) => {
    bench ??= openBench();
    const opened = await bench;
    if ("reason" in opened) {
      if (process.env["ALLOW_NO_GPU"] === "1") skip(opened.reason);
      throw new Error(`${opened.reason}. Set ALLOW_NO_GPU=1 to skip the tests that need WebGPU`);
    }
    const page = await opened.browser.newPage();
    const complaints = listen(page);
    await use(openPage(page, opened.address, complaints));
    await page.close();
    if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join("\n")}`);
  },
});

afterAll(async () => {
  const opened = await bench;
  if (opened === undefined || "reason" in opened) return;
  await Promise.all([opened.browser.close(), opened.server.close()]);
});

function openPage(page: Page, address: string, complaints: string[]): OpenPage {
  const open = async (path: string): Promise<void> => {
    await page.goto(`${address}${path}`, { waitUntil: "load" });
  };
  return {
    page,
    takeComplaints: () => complaints.splice(0),
    open,
    call: <Name extends keyof InPage>(name: Name, ...parameters: Parameters<InPage[Name]>) =>
      callInPage(name, parameters) as ReturnType<InPage[Name]>,
  };

  async function callInPage(name: string, parameters: readonly unknown[]): Promise<unknown> {
    if (!page.url().endsWith("/suite.html")) await open("harness/page/suite.html");
    await page.waitForFunction(() => "callInPage" in window);
    return page.evaluate(
      (functionName, values) => window.callInPage("/test/browser/in-page.ts", functionName, values),
      name,
      parameters,
    );
  }
}

/** Collects what goes wrong in a page from now on. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) =>
    complaints.push(`uncaught: ${error instanceof Error ? error.message : String(error)}`),
  );
  page.on("console", (message) => {
    if (["error", "warn", "assert"].includes(message.type()) && !harmless.test(message.text()))
      complaints.push(`console.${message.type()}: ${message.text()}`);
  });
  page.on("requestfailed", (request) => complaints.push(`request failed: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  return complaints;
}

async function openBench(): Promise<Bench | { reason: string }> {
  const found = findBrowser(thisMachine());
  if (found === undefined)
    return { reason: "No Chrome or Chromium was found: run the tests with `npm test`, which gets one" };
  const server = await createServer({
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, watch: null },
  });
  await server.listen();
  const address = server.resolvedUrls!.local[0]!;
  for (const flags of browserFlagSets) {
    // In order on purpose: the software adapter is for where there is no other.
    const browser = await puppeteer.launch({ executablePath: found.path, args: flags, protocolTimeout: 600_000 });
    if (await hasAdapter(browser, address)) return { browser, server, address };
    await browser.close();
  }
  await server.close();
  return { reason: `${found.path} offers no WebGPU adapter, with its software adapter asked for or not` };
}

async function hasAdapter(browser: Browser, address: string): Promise<boolean> {
  const page = await browser.newPage();
  // WebGPU is for secure pages: about:blank is none, the loopback address is.
  await page.goto(`${address}harness/page/suite.html`);
  const isThere = await page.evaluate(async () => {
    const gpu = navigator.gpu as GPU | undefined;
    return gpu !== undefined && (await gpu.requestAdapter()) !== null;
  });
  await page.close();
  return isThere;
}
