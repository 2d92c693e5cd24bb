/**
 * Runs a TypeScript entry of the harness from a checkout: `node harness/launch.js harness/cli/main.ts [arguments]`.
 * Vite's module runner compiles what is imported, WGSL text included, so no build step can be forgotten or go stale.
 * The published package runs the bundle made by `npm run build` instead.
 */
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write("launch: an entry file is required, for example harness/cli/main.ts\n");
  process.exit(2);
}
process.argv.splice(1, process.argv.length - 1, entry, ...rest);

const server = await createServer({
  root: fileURLToPath(new URL("..", import.meta.url)),
  appType: "custom",
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  await server.ssrLoadModule(`/${entry}`);
} finally {
  await server.close();
}
