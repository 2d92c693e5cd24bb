/**
 * Turns the files of shaders/ into complete WGSL modules: `// #include "common/philox.wgsl"` is replaced by that file,
 * once each, depth first, and every line of the result knows which file it came from.
 */

/** All of shaders/, path (from that folder) to text; inlined by the bundler, so that no file is read at run time. */
export const shaderFiles: ReadonlyMap<string, string> = new Map(
  Object.entries(
    import.meta.glob<string>("../../shaders/**/*.wgsl", { query: "?raw", import: "default", eager: true }),
  ).map(([path, text]) => [path.replace("../../shaders/", ""), text]),
);

/** Names of the entry files, each a compute stage with an entry point of the same name. */
export const stageNames: readonly string[] = [...shaderFiles.keys()]
  .filter((path) => !path.includes("/"))
  .map((path) => path.replace(/\.wgsl$/, ""))
  .toSorted();

export interface ExpandedSource {
  readonly text: string;
  /** Where a line of `text` stands in shaders/: "common/philox.wgsl:12". Lines count from 1. */
  locate(line: number): string;
}

const includeLine = /^\/\/ #include "([^"]+)"$/;

/**
 * The complete module of an entry file.
 * @param path for example "propose.wgsl"
 * @param source another set of files, for tests
 * @throws Error for a file that does not exist, naming the line that asked for it
 */
export function expandSource(path: string, source: ReadonlyMap<string, string> = shaderFiles): ExpandedSource {
  const lines: string[] = [];
  const places: string[] = [];
  const included = new Set<string>();

  function append(file: string, askedFrom: string): void {
    const text = source.get(file);
    if (text === undefined)
      throw new Error(`${askedFrom}: there is no shaders/${file} (the files are ${[...source.keys()].join(", ")})`);
    included.add(file);
    for (const [index, line] of text.trimEnd().split("\n").entries()) {
      const place = `${file}:${index + 1}`;
      const wanted = includeLine.exec(line)?.[1];
      if (wanted === undefined) {
        lines.push(line);
        places.push(place);
      } else if (!included.has(wanted)) append(wanted, place);
    }
  }

  append(path, "expandSource");
  return { text: lines.join("\n"), locate: (line) => places[line - 1] ?? `${path}:?` };
}
