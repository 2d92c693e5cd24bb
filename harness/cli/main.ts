/** The command `stochastic-attention`: this process in, an exit code out. */
import { processContext } from "./context.ts";
import { run } from "./program.ts";

// A closed pipe (`… | head`) ends the reading of results, not the run.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const code = await run(process.argv.slice(2), processContext());
// Dawn's threads outlive a destroyed device: leave explicitly, once what was printed is out.
await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
process.exit(code);
