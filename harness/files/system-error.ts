/** Telling the operating system's refusals (no such file, no permission) from our own bugs. */

/** An error of a system call, with its name, for example `ENOENT`. */
export interface SystemError extends Error {
  readonly code: string;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
