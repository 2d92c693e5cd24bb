/** Every experiment end to end, in seconds, on made data: what the law foretells must come out. */
import { describe, expect, it } from "vitest";
import { createReferenceSampler, experiments, type ExperimentContext, type ExperimentResult } from "../../src/index.ts";
import { madeData, madeImages } from "./made-data.ts";

function quickContext(overrides: Partial<ExperimentContext> = {}): ExperimentContext {
  return {
    createSampler: (target) => Promise.resolve(createReferenceSampler(target)),
    seed: 1n,
    isQuick: true,
    keep: (_, make) => make(),
    ...overrides,
  };
}

/** Rows that depart from the law by design: what they show is the departure. */
const foreseen: Readonly<Record<string, RegExp>> = {
  "step-size": /α = 0\.2, mala, published start/,
};

describe("quick runs", () => {
  it.each(experiments.map((experiment) => [experiment.name, experiment] as const))(
    "%s comes to what it says",
    async (name, experiment) => {
      const kept = new Set<string>();
      const result = await experiment.run(
        madeData,
        quickContext({
          keep: (part, make) => {
            expect(kept.has(part), `part "${part}" is kept once`).toBe(false);
            kept.add(part);
            return make();
          },
        }),
      );
      expect(result.rows.length).toBeGreaterThan(0);
      const withLaw = result.rows.filter(({ verdict }) => verdict.agreesWithLaw !== null);
      expect(withLaw.length, "rows that are held against the law").toBeGreaterThan(0);
      const departing = withLaw
        .filter(({ verdict }) => verdict.agreesWithLaw === false)
        .map(
          ({ subject, quantity, mean, se, expected }) =>
            `${subject}: ${quantity} ${mean} ± ${se}, law ${expected?.value}`,
        );
      const allowed = foreseen[name];
      expect(departing.filter((text) => allowed?.test(text) !== true)).toEqual([]);
      expectWholeness(result);
      for (const { subject, quantity } of (experiment.disputes ?? []).flatMap(({ shownBy }) => shownBy))
        expect(
          result.rows.some((row) => row.subject === subject && row.quantity === quantity),
          `a row "${subject}: ${quantity}" that a dispute is decided by`,
        ).toBe(true);
    },
  );

  it("a second run of one seed is equal to the byte, trained networks and all", async () => {
    const table = experiments.find(({ name }) => name === "digit-3")!;
    const [first, second] = [await table.run(madeData, quickContext()), await table.run(madeData, quickContext())];
    expect(first.rows.map(({ subject }) => subject)).toContain("DDPM, T = 200");
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    const other = await table.run(madeData, quickContext({ seed: 2n }));
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(first));
  });

  it("the published start of mala freezes at large steps, and the exact start does not", async () => {
    const sweep = experiments.find(({ name }) => name === "step-size")!;
    // Of as many dimensions as the published memory: the freeze is one of them.
    const train = madeImages(4, 30, 28, 500);
    const { rows } = await sweep.run({ ...madeData, digits: { train, heldOut: train } }, quickContext());
    const acceptance = (subject: string): number =>
      rows.find((row) => row.subject === subject && row.quantity === "acceptance rate")!.mean;
    expect(acceptance("α = 0.2, mala, exact start")).toBeGreaterThan(0.3);
    expect(acceptance("α = 0.2, mala, published start")).toBeLessThan(0.1);
  });

  it("counts the sequences that hmmsearch finds, and says so where there is none", async () => {
    const proteins = experiments.find(({ name }) => name === "proteins")!;
    const data = { ...madeData, proteins: { ...madeData.proteins, hmm: "HMMER3/f" } };
    const asked: string[] = [];
    const found = await proteins.run(
      data,
      quickContext({
        runProgram: (_, inputs, argumentsOf) => {
          asked.push(inputs["samples.fasta"]!);
          expect(argumentsOf({ "family.hmm": "h", "samples.fasta": "f" }, "o").slice(-3)).toEqual(["o", "h", "f"]);
          // One hit of the family, one beside it.
          return Promise.resolve("# target\ns0 - x - 1e-5 10 0\ns1 - x - 0.5 1 0\n");
        },
      }),
    );
    expect(asked[0]).toMatch(/^>s0\n[A-Z]+\n>s1\n/);
    const shares = found.rows.filter(({ quantity }) => quantity.includes("hmmsearch")).map(({ mean }) => mean);
    expect(shares[0]).toBeCloseTo(1 / 30, 12);
    const absent = await proteins.run(data, quickContext({ runProgram: () => Promise.resolve(undefined) }));
    expect(absent.notes.join(" ")).toContain("hmmsearch is not on this machine");
    expect(absent.rows.some(({ quantity }) => quantity.includes("hmmsearch"))).toBe(false);
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(experiments[0]!.run(madeData, quickContext({ signal: controller.signal }))).rejects.toThrow("enough");
  });
});

describe("what experiments say about themselves", () => {
  it("names, figures and pictures are unique file names", () => {
    const names = experiments.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});

/** Every row is filled, and every picture says what it shows. */
function expectWholeness({ rows, pictures, figures }: ExperimentResult): void {
  for (const { subject, quantity, mean, published } of rows) {
    expect(mean, `${subject}: ${quantity}`).not.toBeNaN();
    expect(published?.text).not.toBe("");
  }
  for (const { sections, imageShape } of pictures)
    for (const { heading, cells } of sections) {
      expect(heading).toMatch(/stored patterns|ξ|samples/);
      expect(cells.length).toBeGreaterThan(0);
      for (const cell of cells) expect(cell.length).toBe(imageShape.height * imageShape.width);
    }
  for (const figure of figures)
    expect(figure.kind === "heat" || figure.panels.every(({ series }) => series.length > 0)).toBe(true);
}
