/** The report where the repository keeps it: Markdown, results, figures and small pictures, and nothing of the machine but its size. */
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Experiment } from "../../src/index.ts";
import { writeFileAtomic } from "../files/atomic-write.ts";
import { toPalette } from "../pictures/grid.ts";
import { pictureRights } from "./data-files.ts";
import { toMarkdown } from "./document.ts";
import { reportBlocks, type Reported } from "./report.ts";
import type { ResultStore } from "./store.ts";

const parts = ["results", "figures", "pictures"] as const;

/**
 * Replaces what is in the folder by the results that there are.
 * @param engine in words
 */
export async function publish(
  store: ResultStore,
  reported: readonly Reported[],
  folder: string,
  engine: string,
): Promise<void> {
  for (const part of parts) {
    await rm(join(folder, part), { recursive: true, force: true });
    await mkdir(join(folder, part), { recursive: true });
  }
  const pictures = new Map<string, Buffer>();
  for (const { experiment, result } of reported) {
    if (result === undefined) continue;
    const copy = async (path: string): Promise<void> => cp(join(store.folder, path), join(folder, path));
    await copy(`results/${experiment.name}.json`);
    for (const { name } of result.figures) await copy(`figures/${name}.svg`);
    if (withheldPictures(experiment) !== undefined) continue;
    for (const { name } of result.pictures) {
      const bytes = await toPalette(await readFile(store.picturePath(name)));
      pictures.set(name, bytes);
      await writeFileAtomic(join(folder, "pictures", `${name}.png`), bytes);
    }
  }
  const blocks = reportBlocks(reported, {
    isQuick: false,
    picture: (name) => pictures.get(name)!,
    withheldPictures,
    place: [
      `${coresText(availableParallelism())}, ${process.platform} ${process.arch}, Node ${process.versions.node}; ${engine}. Times are of this machine, which may have had other work.`,
      "Made by npm run reproduce, with STOCHASTIC_ATTENTION_DATA naming the folder of the data sets.",
    ],
  });
  await writeFileAtomic(join(folder, "README.md"), toMarkdown(blocks));
}

/** Why the pictures of an experiment may be made but not handed on. */
function withheldPictures({ needs }: Experiment): string | undefined {
  return needs.map((kind) => pictureRights(kind)).find((reason) => reason !== undefined);
}

function coresText(count: number): string {
  return count === 1 ? "One core" : count === 2 ? "Two cores" : `${count} cores`;
}
