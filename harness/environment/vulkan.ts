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

/** Variables that name Vulkan drivers, the loader's first choice first. */
const driverVariables = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"] as const;

/** Whether the user has chosen a Vulkan driver, which is then left alone. */
export function hasChosenDriver(machine: Machine): boolean {
  return chosenDriver(machine) !== undefined;
}

function chosenDriver({ env }: Machine): { readonly variable: string; readonly paths: readonly string[] } | undefined {
  const variable = driverVariables.find((name) => (env[name] ?? "") !== "");
  return variable && { variable, paths: env[variable]!.split(":").filter((path) => path !== "") };
}

/**
 * What to do on this machine, where Node found no adapter; one sentence each, most useful first.
 * @param refusals what WebGPU has against adapters that are there
 */
export function adapterAdvice(
  machine: Machine,
  browserPath: string | undefined,
  refusals: readonly string[],
): readonly string[] {
  if (machine.platform !== "linux") return ["Update the graphics driver"];
  const chosen = chosenDriver(machine);
  if (chosen !== undefined) {
    const { variable, paths } = chosen;
    // A path may be a folder of drivers: only what does not exist at all is known to be wrong.
    const missing = paths.find((path) => !machine.isFile(path) && machine.listFolder(path).length === 0);
    return [
      missing === undefined
        ? `Unset ${variable}, whose driver ${paths.join(":")} gives no adapter`
        : `Correct or unset ${variable}, which names ${missing}, where nothing is`,
    ];
  }
  const software = softwareVulkan(machine, browserPath);
  const loader = hasLoader(machine) ? [] : ["Install the Vulkan loader (Debian: `apt-get install libvulkan1`)"];
  return [
    ...(software === undefined || software["LD_LIBRARY_PATH"] === undefined ? loader : []),
    refusals.length > 0
      ? "If this machine has a GPU, update its Vulkan driver"
      : "If this machine has a GPU, install its Vulkan driver",
    software === undefined
      ? "For a software adapter, fit for checks, install Chromium, which has one (Debian: `apt-get install chromium`)"
      : `For a software adapter, fit for checks, set ${Object.entries(software)
          .map(([name, value]) => `${name}=${value}`)
          .join(" ")}`,
  ];
}

function hasLoader(machine: Machine): boolean {
  const given = (machine.env["LD_LIBRARY_PATH"] ?? "").split(":").filter((path) => path !== "");
  return [...given, ...libraryFolders].some((folder) => machine.isFile(posix.join(folder, loaderLibrary)));
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

  if (hasLoader(machine)) return driver;
  const given = (machine.env["LD_LIBRARY_PATH"] ?? "").split(":").filter((path) => path !== "");
  return has(folder, loaderLibrary) ? { ...driver, LD_LIBRARY_PATH: [...given, folder].join(":") } : undefined;
}
