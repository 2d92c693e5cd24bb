/** The part of papaparse that the CSV reader uses: its published types bring Node's globals into a library that has none. */
declare module "papaparse" {
  interface StepResult {
    /** The fields of one row. */
    readonly data: readonly string[];
    readonly errors: readonly { readonly type: "Quotes" | "Delimiter" | "FieldMismatch"; readonly message: string }[];
  }
  interface StepConfig {
    readonly delimitersToGuess: readonly string[];
    /** Leaves out lines without a character. */
    readonly skipEmptyLines: boolean;
    /** Called row by row, before `parse` returns; what it throws, `parse` throws. */
    readonly step: (result: StepResult) => void;
  }
  const Papa: { parse(text: string, config: StepConfig): void };
  export default Papa;
}
