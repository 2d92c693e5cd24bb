import { describe, expect, test } from "vitest";
import { findBrowser } from "../../../harness/environment/browser.ts";
import { installCommands, obtainBrowser } from "../../../harness/environment/install-browser.ts";
import { fakeMachine } from "./fake-machine.ts";

const cached = (version: string) => `/home/me/.cache/puppeteer/chrome/linux-${version}/chrome-linux64/chrome`;

describe("findBrowser", () => {
  test("a variable wins over all else", () => {
    const machine = fakeMachine({ env: { CHROME_PATH: "/my/chrome" }, files: ["/my/chrome", "/usr/bin/chromium"] });
    expect(findBrowser(machine)).toEqual({ path: "/my/chrome", source: "CHROME_PATH" });
  });

  test("PUPPETEER_EXECUTABLE_PATH wins over CHROME_PATH", () => {
    const env = { CHROME_PATH: "/a", PUPPETEER_EXECUTABLE_PATH: "/b" };
    expect(findBrowser(fakeMachine({ env, files: ["/a", "/b"] }))?.path).toBe("/b");
  });

  test("a variable that names nothing is an error", () => {
    const machine = fakeMachine({ env: { CHROME_PATH: "/gone" }, files: ["/usr/bin/chromium"] });
    expect(() => findBrowser(machine)).toThrow(
      'CHROME_PATH: must name a browser\'s executable, got "/gone", which is no file',
    );
  });

  test("an empty variable counts as unset", () => {
    const machine = fakeMachine({ env: { CHROME_PATH: "" }, files: ["/usr/bin/chromium"] });
    expect(findBrowser(machine)?.path).toBe("/usr/bin/chromium");
  });

  test("puppeteer's cache comes before the system, the newest version first", () => {
    const files = [cached("99.0.1.0"), cached("131.0.2.0"), cached("131.0.10.0"), "/usr/bin/chromium"];
    expect(findBrowser(fakeMachine({ files }))).toEqual({ path: cached("131.0.10.0"), source: "puppeteer's cache" });
  });

  test("PUPPETEER_CACHE_DIR moves the cache", () => {
    const path = "/cache/chrome/linux-131.0.0.0/chrome-linux64/chrome";
    expect(findBrowser(fakeMachine({ env: { PUPPETEER_CACHE_DIR: "/cache" }, files: [path] }))?.path).toBe(path);
  });

  test("one that does not start is passed over", () => {
    const files = [cached("131.0.0.0"), "/usr/bin/chromium-browser", "/opt/google/chrome/google-chrome"];
    const machine = fakeMachine({ files, broken: [cached("131.0.0.0"), "/usr/bin/chromium-browser"] });
    expect(findBrowser(machine)?.path).toBe("/opt/google/chrome/google-chrome");
  });

  test("folders of PATH are searched", () => {
    const machine = fakeMachine({ env: { PATH: "/nix/bin:/usr/bin" }, files: ["/nix/bin/chromium"] });
    expect(findBrowser(machine)).toEqual({ path: "/nix/bin/chromium", source: "the system" });
  });

  test("macOS", () => {
    const path = "/home/me/Applications/Chromium.app/Contents/MacOS/Chromium";
    expect(findBrowser(fakeMachine({ platform: "darwin", files: [path] }))?.path).toBe(path);
  });

  test("Windows, where nothing is started", () => {
    const path = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe";
    const env = { ProgramFiles: "C:\\Program Files" };
    expect(findBrowser(fakeMachine({ platform: "win32", env, files: [path], broken: [path] }))?.path).toBe(path);
  });

  test("none", () => {
    expect(findBrowser(fakeMachine({}))).toBeUndefined();
  });
});

describe("obtainBrowser", () => {
  const puppeteerOnly = "npx --no-install puppeteer browsers install chrome";

  test("installs nothing where there is a browser", async () => {
    const commands: string[] = [];
    const machine = fakeMachine({ files: ["/usr/bin/chromium"] });
    const run = async (command: string) => commands.push(command) > 0;
    expect((await obtainBrowser(machine, run)).path).toBe("/usr/bin/chromium");
    expect(commands).toEqual([]);
  });

  test("only root on Debian uses apt", () => {
    expect(installCommands(fakeMachine({ files: ["/usr/bin/apt-get"] }))).toEqual([puppeteerOnly]);
    expect(installCommands(fakeMachine({ isRoot: true }))).toEqual([puppeteerOnly]);
    expect(installCommands(fakeMachine({ isRoot: true, platform: "darwin" }))).toEqual([puppeteerOnly]);
    expect(installCommands(fakeMachine({ isRoot: true, files: ["/usr/bin/apt-get"] }))).toEqual([
      `${puppeteerOnly} --install-deps`,
      "apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium",
    ]);
  });

  test("takes the second way where the first fails", async () => {
    const files = ["/usr/bin/apt-get"];
    const machine = fakeMachine({ isRoot: true, files });
    const found = await obtainBrowser(machine, async (command) => {
      if (!command.includes("apt-get install")) return false;
      files.push("/usr/bin/chromium");
      return true;
    });
    expect(found).toEqual({ path: "/usr/bin/chromium", source: "the system" });
  });

  test("takes the second way where the first one's browser does not start", async () => {
    const files = ["/usr/bin/apt-get"];
    const machine = fakeMachine({ isRoot: true, files, broken: [cached("131.0.0.0")] });
    const found = await obtainBrowser(machine, async (command) => {
      files.push(command.includes("apt-get install") ? "/usr/bin/chromium" : cached("131.0.0.0"));
      return true;
    });
    expect(found.path).toBe("/usr/bin/chromium");
  });

  test("says what to run where nothing works", async () => {
    await expect(obtainBrowser(fakeMachine({}), async () => false)).rejects.toThrow(
      "No Chrome or Chromium that starts was found, and none could be installed (tried: npx --no-install puppeteer " +
        "browsers install chrome). Run `sudo apt-get install -y chromium` (or your distribution's equivalent), or set " +
        "PUPPETEER_EXECUTABLE_PATH to a browser's executable; then run the tests again.",
    );
  });
});
