/** The browser harness itself: it hears what a page complains about, and says which adapter the tests ran on. */
import { expect } from "vitest";
import { browserTest } from "../support/browser.ts";

browserTest("there is an adapter with a name", async ({ web }) => {
  const { name, isSoftware } = await web.call("describeEngine");
  process.stdout.write(`WebGPU in the browser: ${name}${isSoftware ? " (software)" : ""}\n`);
  expect(name).not.toBe("");
});

browserTest("a WebGPU validation error is heard", async ({ web }) => {
  expect(await web.call("breakValidation")).toMatch(/usage/i);
  expect(web.takeComplaints().join("\n")).toMatch(/usage/i);
});

browserTest("a console error and an uncaught error are heard", async ({ web }) => {
  await web.open("harness/page/suite.html");
  await web.page.evaluate(() => {
    console.error("said");
    setTimeout(() => {
      throw new Error("thrown");
    });
  });
  await web.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  const complaints = web.takeComplaints().join("\n");
  expect(complaints).toMatch(/console\.error: said/);
  expect(complaints).toMatch(/uncaught: .*thrown/);
});

browserTest("a file that is not there is heard", async ({ web }) => {
  await web.open("harness/page/suite.html");
  await web.page.evaluate(() => fetch("/no-such-file.png").then((response) => response.text()));
  await web.page.waitForNetworkIdle();
  expect(web.takeComplaints().join("\n")).toMatch(/404|no-such-file/);
});

browserTest.fails("a complaint that nobody takes fails the test", async ({ web }) => {
  await web.call("breakValidation");
});
