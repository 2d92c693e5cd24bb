/**
 * Where Dawn in Node finds a Vulkan driver on a computer without a GPU: every Chrome and Chromium ships SwiftShader,
 * a driver that runs on the CPU, and a Vulkan loader beside it. Only Linux needs this: Dawn uses Metal on macOS, and
 * on Windows the system's own software adapter. Choosing between adapters is not done here.
 */
import { posix } from "node:path";
import type { Machine } from "./machine.ts";

/** Environment variables to add to a process before it starts. */
export type ExtraEnvironment = Readonly<Record<string, string>>;

const driverFile = "vk_swiftshader_icd.json";
const driverLibrary = "libvk_swiftshader.so";
const loaderLibrary = "libvulkan.so.1";

/** Browsers' own folders on distributions where the executable in the path is a script and no link. */
const browserFolders = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/usr/lib64/chromium", "/opt/google/chrome"];

const libraryFolders = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
];

/** Whether the user has chosen a Vulkan driver, which is then left alone. */
export function hasChosenDriver({ env }: Machine): boolean {
  return ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"].some((name) => (env[name] ?? "") !== "");
}

/**
 * Variables that make a process started with them use SwiftShader; undefined if no browser folder has it. They must be
 * set before the process starts: the dynamic linker reads LD_LIBRARY_PATH once.
 */
export function softwareVulkan(machine: Machine, browserPath: string | undefined): ExtraEnvironment | undefined {
  if (machine.platform !== "linux") return undefined;
  const own = browserPath === undefined ? [] : [posix.dirname(machine.realPath(browserPath))];
  const has = (folder: string, name: string) => machine.isFile(posix.join(folder, name));
  const folder = [...own, ...browserFolders].find(
    (candidate) => has(candidate, driverFile) && has(candidate, driverLibrary),
  );
  if (folder === undefined) return undefined;
  const driver = { VK_ICD_FILENAMES: posix.join(folder, driverFile) };

  const given = (machine.env["LD_LIBRARY_PATH"] ?? "").split(":").filter((path) => path !== "");
  if ([...given, ...libraryFolders].some((candidate) => has(candidate, loaderLibrary))) return driver;
  return has(folder, loaderLibrary) ? { ...driver, LD_LIBRARY_PATH: [...given, folder].join(":") } : undefined;
}
