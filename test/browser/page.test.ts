/** The demonstration page, used as a person would: load, sample, look, cancel, err. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer";
import { describe, expect } from "vitest";
import { browserTest } from "../support/browser.ts";

const pagePath = "harness/page/";

async function text(page: Page, id: string): Promise<string> {
  return page.$eval(`#${id}`, (element) => element.textContent);
}

async function waitForState(page: Page, ...states: string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) => wanted.includes(document.querySelector<HTMLElement>("#status")?.dataset["state"] ?? ""),
    { timeout: 110_000 },
    states,
  );
}

async function setValue(page: Page, id: string, value: string): Promise<void> {
  await page.$eval(
    `#${id}`,
    (element, given) => {
      (element as HTMLInputElement).value = given;
      element.dispatchEvent(new Event("input"));
    },
    value,
  );
}

async function waitUntilReady(page: Page): Promise<void> {
  await page.waitForSelector("#run:not(:disabled)");
}

/** Number of grey levels on a canvas. */
async function countLevels(page: Page, id: string): Promise<number> {
  return page.$eval(`#${id}`, (element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data.filter((_, i) => i % 4 === 0)).size;
  });
}

describe("the page", () => {
  browserTest("samples faces and shows what it drew", async ({ web }) => {
    const { page } = web;
    await page.setViewport({ width: 1280, height: 1000 });
    await web.open(pagePath);
    await waitUntilReady(page);
    expect(await text(page, "engine")).toMatch(/^WebGPU on .+/);
    await setValue(page, "num-chains", "36");
    await page.click("#run");
    await waitForState(page, "done", "failed");
    await page.screenshot({ path: join(tmpdir(), "stochastic-attention-page.png"), fullPage: true });

    expect(await text(page, "status")).toMatch(/^36 chains × 5 draws in /);
    for (const panel of ["stored", "samples", "denoised"]) expect(await countLevels(page, panel)).toBeGreaterThan(50);
    const novelty = Number.parseFloat(await text(page, "novelty"));
    const floor = Number.parseFloat(await text(page, "novelty-floor"));
    expect(floor).toBeCloseTo(1 - 1 / Math.sqrt(1 + 4096 / 10_000), 3);
    expect(Math.abs(novelty - floor)).toBeLessThan(0.01);
  });

  browserTest("stops when cancelled, and samples again afterwards", async ({ web }) => {
    const { page } = web;
    await web.open(pagePath);
    await waitUntilReady(page);
    await setValue(page, "num-chains", "4096");
    await page.click("#run");
    await waitForState(page, "running");
    await page.click("#cancel");
    await waitForState(page, "cancelled", "done", "failed");
    expect(await text(page, "status")).toBe("Cancelled.");
    await setValue(page, "num-chains", "4");
    await page.click("#run");
    await waitForState(page, "done", "failed");
    expect(await text(page, "status")).toMatch(/^4 chains × 5 draws in /);
  });

  browserTest("says in one sentence what is wrong with a value", async ({ web }) => {
    const { page } = web;
    await web.open(pagePath);
    await waitUntilReady(page);
    await setValue(page, "step-size", "0");
    await page.click("#run");
    await waitForState(page, "failed");
    expect(await text(page, "status")).toMatch(/must lie in \(0, 1\], got 0/);
  });

  browserTest("moves β and its slider together", async ({ web }) => {
    const { page } = web;
    await web.open(pagePath);
    await waitUntilReady(page);
    await setValue(page, "beta-slider", "2");
    expect(await page.$eval("#beta", (element) => (element as HTMLInputElement).value)).toBe("100");
    await setValue(page, "beta", "1000");
    expect(await page.$eval("#beta-slider", (element) => (element as HTMLInputElement).value)).toBe("3");
  });
});
