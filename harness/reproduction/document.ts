/** A report as a list of blocks, and the two forms that it is written in: Markdown, and a page that needs nothing beside it. */
import { escapeText } from "../pictures/axes.ts";

export type Block =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string; readonly id?: string }
  | { readonly kind: "paragraph"; readonly text: string; readonly tone?: "small" }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | {
      readonly kind: "table";
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
      /** Of each row: how it came out. */
      readonly tones?: readonly ("good" | "bad" | "plain")[];
    }
  | {
      readonly kind: "image";
      readonly alt: string;
      /** Below the report's folder. */
      readonly path: string;
      /** SVG text, or the bytes of a PNG. */
      readonly content: string | Uint8Array;
    };

export function toMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(markdownOf).join("\n\n")}\n`;
}

function markdownOf(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escapeMarkdown(block.text)}`;
    case "paragraph":
      return escapeMarkdown(block.text);
    case "list":
      return block.items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
    case "table":
      return [block.head, block.head.map((_, i) => (i === 0 ? "---" : ":--")), ...block.rows]
        .map((cells, i) => `| ${cells.map((cell) => (i === 1 ? cell : escapeCell(cell))).join(" | ")} |`)
        .join("\n");
    default:
      return `![${escapeMarkdown(block.alt)}](${block.path})`;
  }
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_`<>[\]]/g, (character) => `\\${character}`);
}

function escapeCell(text: string): string {
  return escapeMarkdown(text).replaceAll("|", "\\|");
}

const style = `
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 1180px; padding: 28px 24px 80px; background: #fafaf8; color: #1b1b1a;
  font: 15px/1.55 system-ui, sans-serif; }
h1 { font-size: 28px; } h2 { font-size: 21px; margin-top: 2.4em; border-top: 1px solid #dcdcd6; padding-top: 1em; }
h3 { font-size: 17px; margin-top: 2.2em; }
p { max-width: 82ch; } .small { color: #63635e; font-size: 13.5px; }
table { border-collapse: collapse; font-size: 13.5px; margin: 1em 0; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-bottom: 1px solid #e6e6e0; }
td { font-variant-numeric: tabular-nums; } th { border-bottom-color: #9a9a93; }
tr.good td:last-child { color: #1e6b3c; } tr.bad td:last-child { color: #a5341b; }
img, svg { max-width: 100%; height: auto; display: block; margin: 1em 0; }
`;

export function toHtml(title: string, blocks: readonly Block[]): string {
  return (
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${escapeText(title)}</title>\n` +
    `<style>${style}</style>\n</head>\n<body>\n${blocks.map(htmlOf).join("\n")}\n</body>\n</html>\n`
  );
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case "heading": {
      const id = block.id === undefined ? "" : ` id="${escapeText(block.id)}"`;
      return `<h${block.level}${id}>${escapeText(block.text)}</h${block.level}>`;
    }
    case "paragraph":
      return `<p${block.tone === undefined ? "" : ` class="${block.tone}"`}>${escapeText(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${escapeText(item)}</li>`).join("")}</ul>`;
    case "table": {
      const cells = (row: readonly string[], tag: "td" | "th"): string =>
        row.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join("");
      const rows = block.rows.map((row, i) => `<tr class="${block.tones?.[i] ?? "plain"}">${cells(row, "td")}</tr>`);
      return `<table><thead><tr>${cells(block.head, "th")}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
    }
    default:
      return typeof block.content === "string"
        ? block.content
        : `<img alt="${escapeText(block.alt).replaceAll('"', "&quot;")}" src="data:image/png;base64,${Buffer.from(block.content).toString("base64")}">`;
  }
}
