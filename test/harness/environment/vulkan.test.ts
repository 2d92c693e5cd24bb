import { describe, expect, test } from "vitest";
import type { AdapterReport } from "../../../harness/environment/adapter-report.ts";
import { chooseTestEnvironment, describeReport } from "../../../harness/environment/test-environment.ts";
import { adapterAdvice, softwareVulkan, type ExtraEnvironment } from "../../../harness/environment/vulkan.ts";
import { fakeMachine } from "./fake-machine.ts";

const systemLoader = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";
const shippedWith = (folder: string) => [
  `${folder}/vk_swiftshader_icd.json`,
  `${folder}/libvk_swiftshader.so`,
  `${folder}/libvulkan.so.1`,
];

describe("softwareVulkan", () => {
  test("with the system's loader only the driver is named", () => {
    const machine = fakeMachine({ files: [systemLoader, ...shippedWith("/usr/lib/chromium")] });
    expect(softwareVulkan(machine, "/usr/bin/chromium")).toEqual({
      VK_ICD_FILENAMES: "/usr/lib/chromium/vk_swiftshader_icd.json",
    });
  });

  test("without it the browser's own loader is put on the library path, behind what is there", () => {
    const machine = fakeMachine({ env: { LD_LIBRARY_PATH: "/mine" }, files: shippedWith("/usr/lib/chromium") });
    expect(softwareVulkan(machine, "/usr/bin/chromium")).toEqual({
      VK_ICD_FILENAMES: "/usr/lib/chromium/vk_swiftshader_icd.json",
      LD_LIBRARY_PATH: "/mine:/usr/lib/chromium",
    });
  });

  test("a loader on the library path is found there", () => {
    const files = ["/mine/libvulkan.so.1", ...shippedWith("/usr/lib/chromium")];
    const machine = fakeMachine({ env: { LD_LIBRARY_PATH: "/mine" }, files });
    expect(softwareVulkan(machine, undefined)).not.toHaveProperty("LD_LIBRARY_PATH");
  });

  test("the folder of the browser itself comes first, links followed", () => {
    const machine = fakeMachine({
      files: [systemLoader, ...shippedWith("/usr/lib/chromium"), ...shippedWith("/cache/chrome-linux64")],
      links: { "/usr/bin/chrome": "/cache/chrome-linux64/chrome" },
    });
    expect(softwareVulkan(machine, "/usr/bin/chrome")).toEqual({
      VK_ICD_FILENAMES: "/cache/chrome-linux64/vk_swiftshader_icd.json",
    });
  });

  test.each(["vk_swiftshader_icd.json", "libvk_swiftshader.so"])("a folder without %s is no driver", (missing) => {
    const files = [systemLoader, ...shippedWith("/usr/lib/chromium")].filter((file) => !file.endsWith(missing));
    expect(softwareVulkan(fakeMachine({ files }), "/usr/bin/chromium")).toBeUndefined();
  });

  test("a driver without any loader is of no use", () => {
    const files = shippedWith("/usr/lib/chromium").filter((file) => !file.endsWith("libvulkan.so.1"));
    expect(softwareVulkan(fakeMachine({ files }), "/usr/bin/chromium")).toBeUndefined();
  });

  test("only Linux needs it", () => {
    const files = [systemLoader, ...shippedWith("/usr/lib/chromium")];
    expect(softwareVulkan(fakeMachine({ platform: "darwin", files }), "/usr/bin/chromium")).toBeUndefined();
  });
});

describe("adapterAdvice", () => {
  const shipped = shippedWith("/usr/lib/chromium");

  test("names a variable that leads nowhere, and nothing else", () => {
    const machine = fakeMachine({ env: { VK_ICD_FILENAMES: "/nonexistent.json" }, files: [systemLoader, ...shipped] });
    expect(adapterAdvice(machine, undefined, [])).toEqual([
      "Correct or unset VK_ICD_FILENAMES, which names /nonexistent.json, where nothing is",
    ]);
  });

  test("names a variable whose driver is there and gives nothing", () => {
    const machine = fakeMachine({ env: { VK_DRIVER_FILES: "/mine.json" }, files: ["/mine.json"] });
    expect(adapterAdvice(machine, undefined, [])).toEqual([
      "Unset VK_DRIVER_FILES, whose driver /mine.json gives no adapter",
    ]);
  });

  test("advises nothing that is installed", () => {
    const machine = fakeMachine({ files: [systemLoader, ...shipped] });
    expect(adapterAdvice(machine, "/usr/bin/chromium", ["too old"])).toEqual([
      "If this machine has a GPU, update its Vulkan driver",
      "For a software adapter, fit for checks, set VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json",
    ]);
    expect(adapterAdvice(fakeMachine({ files: shipped }), undefined, [])[1]).toMatch(
      /LD_LIBRARY_PATH=\/usr\/lib\/chromium$/,
    );
  });

  test("elsewhere the driver comes with the system", () => {
    expect(adapterAdvice(fakeMachine({ platform: "darwin" }), undefined, [])).toEqual(["Update the graphics driver"]);
  });
});

describe("chooseTestEnvironment", () => {
  const describeAs = (name: string, isSoftware: boolean) => ({
    name,
    vendor: "",
    architecture: "",
    driver: "",
    isSoftware,
  });
  const hardware = describeAs("a GPU", false);
  const slowDriver = describeAs("llvmpipe", true);
  const swiftShader = describeAs("SwiftShader", true);
  const files = [systemLoader, ...shippedWith("/usr/lib/chromium")];

  /** A computer that has `without` on its own and `withDriver` when told of SwiftShader. */
  const answer = (without: AdapterReport, withDriver: AdapterReport) => async (extra: ExtraEnvironment) =>
    "VK_ICD_FILENAMES" in extra ? withDriver : without;

  test("hardware is used as it is", async () => {
    const report = answer({ adapters: [slowDriver, hardware] }, { adapters: [swiftShader] });
    expect((await chooseTestEnvironment(fakeMachine({ files }), undefined, report)).extra).toEqual({});
  });

  test("without hardware it is SwiftShader", async () => {
    const report = answer({ adapters: [slowDriver] }, { adapters: [swiftShader] });
    const { extra, report: chosen } = await chooseTestEnvironment(fakeMachine({ files }), undefined, report);
    expect(extra).toEqual({ VK_ICD_FILENAMES: "/usr/lib/chromium/vk_swiftshader_icd.json" });
    expect(describeReport(chosen)).toBe("SwiftShader (software)");
  });

  test("a driver that the user chose is left alone", async () => {
    const machine = fakeMachine({ env: { VK_ICD_FILENAMES: "/mine.json" }, files });
    const report = answer({ adapters: [slowDriver] }, { adapters: [swiftShader] });
    expect((await chooseTestEnvironment(machine, undefined, report)).extra).toEqual({});
  });

  test("a SwiftShader that does not load is not chosen", async () => {
    const report = answer({ adapters: [slowDriver] }, { adapters: [], reason: "no driver" });
    const { extra, report: chosen } = await chooseTestEnvironment(fakeMachine({ files }), undefined, report);
    expect(extra).toEqual({});
    expect(describeReport(chosen)).toBe("llvmpipe (software)");
  });

  test("with nothing at all the reason is kept", async () => {
    const report = answer({ adapters: [], reason: "no driver" }, { adapters: [] });
    const { report: chosen } = await chooseTestEnvironment(fakeMachine({}), undefined, report);
    expect(describeReport(chosen)).toBe("no driver");
  });
});
