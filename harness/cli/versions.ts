/** Versions of this package and of those that it stands on, as installed here. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { release } from "node:os";
import { join } from "node:path";
import { version as packageVersion } from "../../package.json";

export { packageVersion };

/** The installed version of a package; null if it is not there. */
export function installedVersion(name: string): string | null {
  // Not require.resolve: a package may hide its package.json from it.
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    let text: string;
    try {
      text = readFileSync(join(folder, name, "package.json"), "utf8");
    } catch {
      continue;
    }
    return (JSON.parse(text) as { version: string }).version;
  }
  return null;
}

export function platformName(): string {
  return `${process.platform} ${process.arch} ${release()}`;
}
