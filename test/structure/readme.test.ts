/** What the README shows works: its npm scripts exist, and its TypeScript runs. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";

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

test("every TypeScript snippet of the README runs, with the library under its published name", async () => {
  const snippets = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, body]) => body!);
  expect(snippets.length).toBeGreaterThan(0);
  // Beside this file, where the test runner compiles what is imported.
  const folder = await mkdtemp(fileURLToPath(new URL(".readme-", import.meta.url)));
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    for (const [i, snippet] of snippets.entries()) {
      const file = `${folder}/snippet-${i}.ts`;
      await writeFile(file, `${snippet.replaceAll('"stochastic-attention"', '"../../../src/index.ts"')}\nexport {};\n`);
      await import(/* @vite-ignore */ file);
    }
    expect(printed).toHaveBeenCalledWith(expect.objectContaining({ floor: expect.closeTo(0.158, 3) }));
  } finally {
    printed.mockRestore();
    await rm(folder, { recursive: true });
  }
});
