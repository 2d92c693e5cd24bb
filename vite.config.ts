import { defineConfig } from "vitest/config";

/** One configuration for the library build, the command line run from a checkout, the page and the tests. */
export default defineConfig({
  // wgsl_reflect's Node entry exports nothing under ESM: it has to pass through Vite instead of Node's resolver.
  ssr: { noExternal: ["wgsl_reflect"], resolve: { mainFields: ["module", "main"] } },
});
