/**
 * An empty page for the browser tests: it calls a function of a module that the development server compiles, so that
 * what a test runs in the browser is ordinary typed code and no text.
 */

/** What goes in and comes out must survive JSON: arrays instead of typed arrays. */
export type CallInPage = (modulePath: string, functionName: string, parameters: readonly unknown[]) => Promise<unknown>;

declare global {
  interface Window {
    callInPage: CallInPage;
  }
}

window.callInPage = async (modulePath, functionName, parameters) => {
  const loaded = (await import(/* @vite-ignore */ modulePath)) as Record<string, unknown>;
  const called = loaded[functionName];
  if (typeof called !== "function") throw new Error(`${modulePath} exports no function ${functionName}`);
  const result = await (called as (...values: readonly unknown[]) => unknown)(...parameters);
  JSON.stringify(result, requireJson);
  return result;
};

/** NaN and the infinities would cross as null, which compares as 0 and passes where it must not. */
function requireJson(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`${name} is ${value}, which has no form in JSON`);
  return value;
}
