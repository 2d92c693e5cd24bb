/**
 * What the search for a browser and a driver needs to know about a computer, behind one interface, so that the search
 * itself is pure and its tests describe computers that they do not run on.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** May install system packages without asking for a password. */
  readonly isRoot: boolean;
  isFile(path: string): boolean;
  /** Names in a folder; none if the folder cannot be read. */
  listFolder(path: string): readonly string[];
  /** The path with links followed; unchanged if that fails. */
  realPath(path: string): string;
  /** Whether a program runs and ends well: a browser without its system libraries, or a stub in its place, does not. */
  canRun(path: string, args: readonly string[]): boolean;
}

/** This computer. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    env: process.env,
    homeDirectory: homedir(),
    isRoot: process.getuid?.() === 0,
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
    listFolder: (path) => orElse(() => readdirSync(path), []),
    realPath: (path) => orElse(() => realpathSync(path), path),
    canRun: (path, args) => spawnSync(path, args, { stdio: "ignore", timeout: 30_000 }).status === 0,
  };
}

function orElse<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}
