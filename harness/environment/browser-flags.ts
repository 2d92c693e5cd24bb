/** How a headless Chrome is started for tests and benchmarks, so that it has WebGPU and talks to nobody. */

const baseFlags = [
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-sync",
  "--metrics-recording-only",
  "--no-first-run",
  // The browser sees nothing but our own files on the loopback address; in containers and as root its sandbox fails.
  ...(process.platform === "linux" ? ["--no-sandbox", "--disable-dev-shm-usage"] : []),
];

/** To be tried in order: with a GPU Chrome needs no more; without one it has to be told to use its software adapter. */
export const browserFlagSets = [baseFlags, [...baseFlags, "--use-webgpu-adapter=swiftshader"]];
