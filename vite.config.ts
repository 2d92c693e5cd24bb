/** One configuration for the library build, the command line run from a checkout, the page and the tests. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Node 20 and browsers of 2023: `await using` is rewritten, all else stays. */
const target = "es2022";

const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};
/** Left to the package's own dependencies; wgsl_reflect is none of them and goes into the bundle, for the reason below. */
const externalPackages = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });

export default defineConfig({
  // wgsl_reflect's Node entry exports nothing under ESM: it has to pass through Vite instead of Node's resolver.
  ssr: { noExternal: ["wgsl_reflect"], resolve: { mainFields: ["module", "main"] } },
  oxc: { target },
  // Known beforehand: found on the way, it would reload the page in the middle of a test.
  optimizeDeps: { include: ["wgsl_reflect"], entries: ["harness/page/*.html"] },
  build: {
    target,
    minify: false,
    sourcemap: true,
    // What is bundled keeps its licence.
    license: { fileName: "third-party-licences.md" },
    lib: {
      entry: {
        index: "src/index.ts",
        cli: "harness/cli/main.ts",
        "reference-worker": "harness/environment/reference-worker.ts",
      },
      formats: ["es"],
    },
    rolldownOptions: {
      external: (id) =>
        id.startsWith("node:") || externalPackages.some((name) => id === name || id.startsWith(`${name}/`)),
      output: {
        chunkFileNames: "[name]-[hash].js",
        banner: ({ name, isEntry }) => (isEntry && name === "cli" ? "#!/usr/bin/env node" : ""),
      },
    },
  },
  test: {
    reporters: ["default", fileURLToPath(new URL("harness/environment/count-reporter.ts", import.meta.url))],
    pool: "forks",
    maxWorkers: 2,
    // Software adapters share two cores with the tests: slow is not wrong.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/browser/**"],
          server: { deps: { inline: ["wgsl_reflect"] } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
