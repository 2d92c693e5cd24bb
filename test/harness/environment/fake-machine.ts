/** A computer that exists only as a list of files. */
import { posix } from "node:path";
import type { Machine } from "../../../harness/environment/machine.ts";

export interface FakeMachine {
  readonly platform?: NodeJS.Platform;
  readonly env?: Record<string, string>;
  readonly isRoot?: boolean;
  readonly files?: readonly string[];
  /** Where links lead. */
  readonly links?: Readonly<Record<string, string>>;
  /** Files that do not start when run. */
  readonly broken?: readonly string[];
}

export function fakeMachine({
  platform = "linux",
  env = {},
  isRoot = false,
  files = [],
  links = {},
  broken = [],
}: FakeMachine): Machine {
  return {
    platform,
    env,
    isRoot,
    homeDirectory: "/home/me",
    isFile: (path) => files.includes(path),
    listFolder: (path) => {
      const inside = files.filter((file) => file.startsWith(`${path}/`));
      return [...new Set(inside.map((file) => posix.relative(path, file).split("/")[0]!))];
    },
    realPath: (path) => links[path] ?? path,
    canRun: (path) => files.includes(path) && !broken.includes(path),
  };
}
