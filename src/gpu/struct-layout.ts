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

/** The bytes of an array of structs of vec4f fields, from lanes laid end to end; lanes without a value hold 0. */
export function writeVectors(
  layout: StructLayout,
  count: number,
  lanes: Readonly<Record<string, readonly number[]>>,
): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(count * layout.stride));
  for (const [name, values] of Object.entries(lanes)) {
    const { offset } = requireField(layout, name);
    for (const [i, value] of values.entries()) view.setFloat32(laneOffset(layout, offset, i), value, true);
  }
  return view.buffer;
}

/**
 * Reads one vec4 field out of an array of structs: lanes 4e … 4e + 3 of the result are those of element e.
 * @param from where the array starts in `bytes`
 * @throws Error for an unknown field
 */
export function readVectors(
  layout: StructLayout,
  name: string,
  bytes: ArrayBuffer,
  count: number,
  from = 0,
): Float64Array {
  const { offset, type } = requireField(layout, name);
  const view = new DataView(bytes, from);
  const isFloat = type.includes("f32") || type === "vec4f";
  return Float64Array.from({ length: 4 * count }, (_, i) => {
    const at = laneOffset(layout, offset, i);
    return isFloat ? view.getFloat32(at, true) : view.getUint32(at, true);
  });
}

function laneOffset(layout: StructLayout, offset: number, lane: number): number {
  return (lane >> 2) * layout.stride + offset + (lane & 3) * 4;
}

function requireField(layout: StructLayout, name: string): FieldLayout {
  const field = layout.fields.get(name);
  if (field === undefined)
    throw new Error(
      `${layout.name}.${name}: the shader has no such field (it has ${[...layout.fields.keys()].join(", ")})`,
    );
  return field;
}
