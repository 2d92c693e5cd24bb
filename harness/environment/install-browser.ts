/**
 * Gets a browser where none is installed: puppeteer's own installer first, then, as root on Debian and its relatives,
 * the system's package. Says what to run where neither works.
 */
import { findBrowser, type FoundBrowser } from "./browser.ts";
import type { Machine } from "./machine.ts";

/** Runs one command line in a shell; resolves to whether it ended well. */
export type RunCommand = (command: string) => Promise<boolean>;

/** No browser, and none to be had: the message is for the person at the terminal. */
export class NoBrowserError extends Error {
  override readonly name = "NoBrowserError";
}

/** The command lines worth trying on this machine, in order. */
export function installCommands(machine: Machine): string[] {
  const isRootOnLinux = machine.platform === "linux" && machine.isRoot;
  const hasApt = isRootOnLinux && machine.isFile("/usr/bin/apt-get");
  return [
    // A downloaded Chrome needs system libraries, which puppeteer's installer adds where it may.
    `npx --no-install puppeteer browsers install chrome${hasApt ? " --install-deps" : ""}`,
    ...(hasApt ? ["apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium"] : []),
  ];
}

/**
 * The browser that is there, or the first that can be installed.
 * @throws NoBrowserError saying what to run
 */
export async function obtainBrowser(machine: Machine, run: RunCommand): Promise<FoundBrowser> {
  const found = findBrowser(machine);
  if (found !== undefined) return found;
  const tried = [];
  for (const command of installCommands(machine)) {
    tried.push(command);
    // In order on purpose: the second way is for where the first one fails.
    const isDone = await run(command);
    const installed = isDone ? findBrowser(machine) : undefined;
    if (installed !== undefined) return installed;
  }
  throw new NoBrowserError(
    `No Chrome or Chromium that starts was found, and none could be installed (tried: ${tried.join("; ")}). ` +
      `${manualFix(machine)}, or set PUPPETEER_EXECUTABLE_PATH to a browser's executable; then run the tests again.`,
  );
}

function manualFix({ platform }: Machine): string {
  if (platform === "linux") return "Run `sudo apt-get install -y chromium` (or your distribution's equivalent)";
  if (platform === "darwin") return "Run `brew install --cask google-chrome`";
  return "Install Chrome from https://www.google.com/chrome";
}
