/** The benchmark's parts of other pages are those of the records that are kept. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseRecord } from "../../bench/measure/record.ts";
import { renderEssBlock, renderReadmeBlock, withBlock } from "../../bench/made-blocks.ts";
import { renderMarkdown } from "../../bench/report.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}bench/results`;
const kept = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => name.endsWith(".json"))
  .toSorted()
  .map((name) => ({
    slug: name.replace(/\.json$/, ""),
    record: parseRecord(readFileSync(`${folder}/${name}`, "utf8"), name),
  }));

test.each([
  ["README.md", renderReadmeBlock(kept)],
  ["docs/choosing.md", renderEssBlock(kept)],
])("%s shows what the kept records say", (name, block) => {
  const page = readFileSync(`${root}${name}`, "utf8");
  expect(withBlock(name, page, block)).toBe(page);
});

test("so do their pages", () => {
  for (const { slug, record } of kept) {
    const pictures = readdirSync(folder).filter((name) => name.startsWith(`${slug}-`) && name.endsWith(".svg"));
    const page = readFileSync(`${folder}/${slug}.md`, "utf8");
    for (const picture of pictures) expect(page).toContain(`(${picture})`);
    expect(
      renderMarkdown(
        record,
        Array.from(page.matchAll(/^!\[.*\]\((.*)\)$/gm), ([, name]) => name!),
      ),
    ).toBe(page);
    expect(record.isQuick).toBe(false);
  }
});

test("a page without the two comments is refused", () => {
  expect(() => withBlock("README.md", "no place", "block")).toThrow("README.md: there must be");
});
