/**
 * Turns the files of shaders/ into complete WGSL modules: `// #include "common/philox.wgsl"` is replaced by that file,
 * once each, depth first, and every line of the result knows which file it came from.
 *
 * `// #unroll` before `for (var i = 0u; i < 8u; i++) {` writes the loop out, with i in numbers: arrays that are indexed by
 * constants alone stay in registers. Files are valid WGSL without it.
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

interface Line {
  readonly text: string;
  readonly place: string;
}

/**
 * The complete module of an entry file.
 * @param path for example "propose.wgsl"
 * @param source another set of files, for tests
 * @throws Error for a file that does not exist, naming the line that asked for it
 */
export function expandSource(path: string, source: ReadonlyMap<string, string> = shaderFiles): ExpandedSource {
  const lines: Line[] = [];
  const included = new Set<string>();

  function append(file: string, askedFrom: string): void {
    const text = source.get(file);
    if (text === undefined)
      throw new Error(`${askedFrom}: there is no shaders/${file} (the files are ${[...source.keys()].join(", ")})`);
    included.add(file);
    for (const [index, line] of text.trimEnd().split("\n").entries()) {
      const place = `${file}:${index + 1}`;
      const wanted = includeLine.exec(line)?.[1];
      if (wanted === undefined) lines.push({ text: line, place });
      else if (!included.has(wanted)) append(wanted, place);
    }
  }

  append(path, "expandSource");
  const unrolled = unroll(lines);
  return {
    text: unrolled.map(({ text }) => text).join("\n"),
    locate: (line) => unrolled[line - 1]?.place ?? `${path}:?`,
  };
}

const loopLine = /^(\s*)for \(var (\w+) = 0u; \2 < (\d+)u; \2\+\+\) \{$/;

/** @throws Error for an `#unroll` without a loop of the one form that it knows */
function unroll(lines: readonly Line[]): readonly Line[] {
  const out: Line[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.text.trim() !== "// #unroll") {
      out.push(line);
      continue;
    }
    const [, indent, name, count] = loopLine.exec(lines[at + 1]?.text ?? "") ?? [];
    const end = lines.findIndex(({ text }, i) => i > at && text === `${indent}}`);
    if (name === undefined || end < 0)
      throw new Error(`${line.place}: #unroll needs a loop "for (var i = 0u; i < 8u; i++) {" on the next line`);
    const body = unroll(lines.slice(at + 2, end));
    const word = new RegExp(`\\b${name}\\b`, "g");
    for (let i = 0; i < Number(count); i++) {
      out.push({ text: `${indent}{`, place: line.place });
      out.push(...body.map(({ text, place }) => ({ text: text.replace(word, `${i}u`), place })));
      out.push({ text: `${indent}}`, place: line.place });
    }
    at = end;
  }
  return out;
}
