/** Records with typed arrays as JSON and back, bit for bit: arrays as base64 of their bytes, numbers that JSON lacks by name. */

const arrayTypes = { Float32Array, Float64Array, Uint8Array, Int32Array, Uint32Array } as const;
type ArrayName = keyof typeof arrayTypes;
const strange: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, "-Infinity": -Infinity };

/** A value that JSON.stringify keeps in full. */
export function encodeArrays(value: unknown): unknown {
  if (ArrayBuffer.isView(value) && value.constructor.name in arrayTypes)
    return {
      $array: value.constructor.name,
      data: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"),
    };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map(encodeArrays);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encodeArrays(each)]));
}

/** What `encodeArrays` took. */
export function decodeArrays(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeArrays);
  if (typeof value !== "object" || value === null) return value;
  if ("$number" in value) return strange[value.$number as string];
  if ("$array" in value && "data" in value) {
    const bytes = Uint8Array.from(Buffer.from(value.data as string, "base64"));
    return new arrayTypes[value.$array as ArrayName](bytes.buffer);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decodeArrays(each)]));
}
