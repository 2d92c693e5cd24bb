/** The demonstration page, used as a person would: load, sample, look, cancel, err. */
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
      element.dispatchEvent(new Event("input", { bubbles: true }));
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
    expect(await text(page, "status")).toMatch(/^36 chains × 5 draws in /);
    for (const panel of ["stored", "samples", "denoised"]) expect(await countLevels(page, panel)).toBeGreaterThan(50);
    const novelty = Number.parseFloat(await text(page, "novelty"));
    const floor = Number.parseFloat(await text(page, "novelty-floor"));
    expect(floor).toBeCloseTo(1 - 1 / Math.sqrt(1 + 4096 / 10_000), 3);
    expect(Math.abs(novelty - floor)).toBeLessThan(0.01);
    expect(await text(page, "novelty-exact")).toMatch(/^0\.15\d\d ± 0\.000\d$/);
    expect(await text(page, "acceptance")).toMatch(/^\d+\.\d %$/);
    expect(await text(page, "meaning")).toMatch(/ is the noise floor .* retrieves copies of stored patterns /);
    expect(await text(page, "stored-caption")).toBe("m, the one nearest to each sample");
  });

  browserTest("says when a kernel's bias would pass for novelty", async ({ web }) => {
    const { page } = web;
    await web.open(pagePath);
    await waitUntilReady(page);
    await page.select("#kernel", "ula");
    await setValue(page, "num-chains", "16");
    await page.click("#run");
    await waitForState(page, "done", "failed");
    expect(await text(page, "meaning")).toMatch(/^These are not draws from the stated law: their (novelty|energy) is /);
    expect(await text(page, "acceptance")).toBe("–");
    // Sixteen pictures of 64 pixels, 2 apart, and no empty places.
    expect(await page.$eval("#samples", (element) => (element as HTMLCanvasElement).width)).toBe(4 * 66 - 2);
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
    expect(await text(page, "status")).toBe("Step size α: must lie in (0, 1], got 0");
    await setValue(page, "step-size", "0.5");
    expect(await text(page, "status")).toBe("Ready.");
  });

  browserTest(
    "shows no figure for a β that cannot be held, and warns of one that rounding decides",
    async ({ web }) => {
      const { page } = web;
      await web.open(pagePath);
      await waitUntilReady(page);
      await setValue(page, "num-chains", "4");
      await setValue(page, "beta", "1e39");
      await page.click("#run");
      await waitForState(page, "failed");
      expect(await text(page, "status")).toMatch(/^β: .* must lie in the range of float32 on a GPU, got β = 1e\+39/);
      expect(await page.$eval("#figures", (element) => (element as HTMLElement).hidden)).toBe(true);
      await setValue(page, "beta", "1e10");
      await page.click("#run");
      await waitForState(page, "done");
      expect(await text(page, "warning")).toMatch(/^at β = 10000000000 float32's rounding of equal norms decides/);
    },
  );

  browserTest("takes every seed, and refuses larger ones in the reader's words", async ({ web }) => {
    const { page } = web;
    await web.open(pagePath);
    await waitUntilReady(page);
    await setValue(page, "num-chains", "1");
    await setValue(page, "seed", String(2n ** 64n - 1n));
    await page.click("#run");
    await waitForState(page, "done", "failed");
    expect(await text(page, "status")).toMatch(/^1 chain × 5 draws in /);
    await setValue(page, "seed", String(2n ** 64n));
    await page.click("#run");
    await waitForState(page, "failed");
    expect(await text(page, "status")).toBe(`Seed: must be a whole number from 0 to 2^64 - 1, got ${2n ** 64n}`);
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
