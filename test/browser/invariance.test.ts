/** The main gate in Chrome: each adjusted kernel keeps the law there too, and the unadjusted ones are caught. */
import { describe, expect } from "vitest";
import { browserTest } from "../support/browser.ts";
import { gateLimit, worst } from "../support/invariance.ts";

describe("in Chrome", () => {
  browserTest.for(["mala", "ou-mala", "gibbs", "exact"] as const)(
    "%s is invariant and reversible",
    async (kernel, { web }) => {
      const scores = await web.call("runInvarianceGate", kernel);
      expect(scores.length).toBeGreaterThan(0);
      for (const { name, z } of scores) expect(Math.abs(z), name).toBeLessThan(gateLimit);
    },
  );

  browserTest.for(["ula", "ou"] as const)("unadjusted %s fails the gate", async (kernel, { web }) => {
    expect(Math.abs(worst(await web.call("runInvarianceGate", kernel)).z)).toBeGreaterThan(gateLimit);
  });
});
