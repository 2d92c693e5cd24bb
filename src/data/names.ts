/** Names that have to tell things apart. */

/** The first name that has stood before, if there is one. */
export function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
