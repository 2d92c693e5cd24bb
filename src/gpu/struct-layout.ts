/** Writing and reading WGSL structs by field name, with offsets from the shader itself: no second copy of a struct. */
import type { FieldLayout, StructLayout } from "./reflection.ts";

/**
 * The bytes of a struct of u32 and f32 scalars.
 * @throws Error for a field that is missing, unknown or no scalar
 */
export function writeStruct(layout: StructLayout, values: Readonly<Record<string, number>>): ArrayBuffer {
  const names = new Set([...layout.fields.keys(), ...Object.keys(values)]);
  const view = new DataView(new ArrayBuffer(layout.stride));
  for (const name of names) {
    const value = values[name];
    if (value === undefined) throw new Error(`${layout.name}.${name}: the shader has this field, and no value came`);
    const { offset, type } = requireField(layout, name);
    if (type === "u32") view.setUint32(offset, value, true);
    else if (type === "f32") view.setFloat32(offset, value, true);
    else throw new Error(`${layout.name}.${name}: only u32 and f32 are written, got ${type}`);
  }
  return view.buffer;
}

/** The bytes of an array of structs. */
export function writeStructs(layout: StructLayout, elements: readonly Readonly<Record<string, number>>[]): ArrayBuffer {
  const bytes = new Uint8Array(elements.length * layout.stride);
  for (const [i, values] of elements.entries())
    bytes.set(new Uint8Array(writeStruct(layout, values)), i * layout.stride);
  return bytes.buffer;
}

/**
 * Reads one vec4 field out of an array of structs: element e lies at floats or integers 4e … 4e + 3 of the result.
 * @throws Error for an unknown field
 */
export function readVectors(layout: StructLayout, name: string, bytes: ArrayBuffer, count: number): Float64Array {
  const { offset, type } = requireField(layout, name);
  const view = new DataView(bytes);
  const isFloat = type.includes("f32") || type === "vec4f";
  return Float64Array.from({ length: 4 * count }, (_, i) => {
    const at = (i >> 2) * layout.stride + offset + (i & 3) * 4;
    return isFloat ? view.getFloat32(at, true) : view.getUint32(at, true);
  });
}

function requireField(layout: StructLayout, name: string): FieldLayout {
  const field = layout.fields.get(name);
  if (field === undefined)
    throw new Error(
      `${layout.name}.${name}: the shader has no such field (it has ${[...layout.fields.keys()].join(", ")})`,
    );
  return field;
}
