/** The sentence that a caller's mistake gets. */
import { ArgumentError } from "../../src/index.ts";

/** Runs what must be refused, and returns the message. */
export function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ArgumentError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The same for what is refused later. */
export async function refusalOfPromise(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  return refusalOf(() => {
    if (outcome !== undefined) throw outcome;
  });
}
