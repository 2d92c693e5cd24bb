/**
 * Finds an installed Chrome, Chromium or Edge. It drives nothing (the tests do, with puppeteer) and downloads nothing
 * (install-browser.ts does): the published command line uses it for `doctor` and has no puppeteer.
 */
import { posix, win32 } from "node:path";
import { ArgumentError } from "../../src/index.ts";
import type { Machine } from "./machine.ts";

export interface FoundBrowser {
  readonly path: string;
  /** Where it was found: a variable's name, "puppeteer's cache" or "the system". */
  readonly source: string;
}

/** Variables that name an executable outright, the first one set wins. */
const pathVariables = ["PUPPETEER_EXECUTABLE_PATH", "CHROME_PATH"] as const;

/** Names that Linux distributions install browsers under. */
const linuxNames = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "microsoft-edge-stable"];
const linuxFolders = ["/usr/bin", "/usr/local/bin", "/snap/bin", "/opt/google/chrome"];

/**
 * The first browser that is there and starts: named by a variable, then in puppeteer's cache, then on the system.
 * @throws ArgumentError if a variable names a file that is not there: a wish is not passed over in silence
 */
export function findBrowser(machine: Machine): FoundBrowser | undefined {
  for (const variable of pathVariables) {
    const path = machine.env[variable];
    if (path === undefined || path === "") continue;
    if (machine.isFile(path)) return { path, source: variable };
    throw new ArgumentError(
      variable,
      `must name a browser's executable, got ${JSON.stringify(path)}, which is no file`,
    );
  }
  const candidates = [
    ...puppeteerPaths(machine).map((path) => ({ path, source: "puppeteer's cache" })),
    ...systemPaths(machine).map((path) => ({ path, source: "the system" })),
  ];
  return candidates.find(({ path }) => machine.isFile(path) && starts(machine, path));
}

/** On Windows `--version` opens a window instead of printing, so there a file is enough. */
function starts(machine: Machine, path: string): boolean {
  return machine.platform === "win32" || machine.canRun(path, ["--version"]);
}

/** Executables in puppeteer's cache, newest first: CACHE/chrome/PLATFORM-VERSION/chrome-PLATFORM/EXECUTABLE. */
function puppeteerPaths(machine: Machine): string[] {
  const join = (...parts: string[]): string => (machine.platform === "win32" ? win32 : posix).join(...parts);
  const cache = machine.env["PUPPETEER_CACHE_DIR"] ?? join(machine.homeDirectory, ".cache", "puppeteer");
  const executable =
    machine.platform === "darwin"
      ? "Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing"
      : machine.platform === "win32"
        ? "chrome.exe"
        : "chrome";
  const builds = [...machine.listFolder(join(cache, "chrome"))].sort((a, b) =>
    b.localeCompare(a, "en", { numeric: true }),
  );
  return builds.flatMap((build) =>
    machine.listFolder(join(cache, "chrome", build)).map((inner) => join(cache, "chrome", build, inner, executable)),
  );
}

function systemPaths(machine: Machine): string[] {
  const { env, homeDirectory } = machine;
  switch (machine.platform) {
    case "win32":
      return ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].flatMap((variable) => {
        const folder = env[variable];
        if (folder === undefined) return [];
        return ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"].map((name) =>
          win32.join(folder, name),
        );
      });
    case "darwin":
      return ["/Applications", posix.join(homeDirectory, "Applications")].flatMap((folder) =>
        ["Google Chrome", "Chromium", "Microsoft Edge"].map((name) =>
          posix.join(folder, `${name}.app`, "Contents", "MacOS", name),
        ),
      );
    default: {
      const folders = new Set([...(env["PATH"] ?? "").split(":").filter((folder) => folder !== ""), ...linuxFolders]);
      return linuxNames.flatMap((name) => [...folders].map((folder) => posix.join(folder, name)));
    }
  }
}
