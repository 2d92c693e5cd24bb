/** What a disposed sampler says when it is called again. */
export function throwIfDisposed(name: string, isDisposed: boolean): void {
  if (isDisposed) throw new Error(`${name}: was disposed and cannot run again (create a new one)`);
}
