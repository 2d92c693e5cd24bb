/** Telling the operating system's refusals (no such file, no permission) from our own bugs, and errors in a few words. */

/** An error of a system call, with its name, for example `ENOENT`. */
export interface SystemError extends Error {
  readonly code: string;
  /** What was asked of it, for example `open`, or `spawn hmmsearch`. */
  readonly syscall: string;
}

export function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    "syscall" in error &&
    typeof error.syscall === "string"
  );
}

/** An error in one line: libraries add traces of their own below it. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!.trim();
}
