/** The command `stochastic-attention`: this process in, an exit code out. */
import { onOutputError, processContext } from "./context.ts";
import { run } from "./program.ts";

const context = processContext();
process.stdout.on("error", (error: NodeJS.ErrnoException) => onOutputError(error, context));

const code = await run(process.argv.slice(2), context);
// Dawn's threads outlive a destroyed device: leave explicitly, once what was printed is out.
await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
process.exit(code);
