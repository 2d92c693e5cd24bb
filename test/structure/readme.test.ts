/** The commands that the README shows exist: a reader who copies one does not meet "missing script". */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  scripts: Record<string, string>;
};

/** Names of the scripts that the fenced blocks of a Markdown text run through npm. */
function scriptsUsed(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```[^\n]*\n(.*?)^```/gms)].map(([, body]) => body!);
  return blocks.flatMap((body) => [
    ...[...body.matchAll(/\bnpm run (?:(?:-s|--silent) )?([\w:-]+)/g)].map(([, name]) => name!),
    ...[...body.matchAll(/\bnpm (test|start)\b/g)].map(([, name]) => name!),
  ]);
}

test("scripts are found in fenced blocks only, flags or not", () => {
  const text = "npm run outside\n```sh\nnpm ci && npm run faces\nnpm run -s cli -- doctor\nnpm test\n```\n";
  expect(scriptsUsed(text)).toEqual(["faces", "cli", "test"]);
});

test("every npm script of the README's commands exists", () => {
  const used = scriptsUsed(readme);
  expect(used).toContain("test");
  expect(used).toContain("faces");
  expect(used.filter((name) => !(name in scripts))).toEqual([]);
});
