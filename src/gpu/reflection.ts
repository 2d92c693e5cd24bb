/** What the shaders say about themselves. The only file that knows wgsl_reflect. */
import { ResourceType, WgslReflect, type TypeInfo } from "wgsl_reflect";

export interface FieldLayout {
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** WGSL type, for example "u32" or "vec4<f32>". */
  readonly type: string;
}

export interface StructLayout {
  readonly name: string;
  /** Bytes from one array element to the next. */
  readonly stride: number;
  readonly fields: ReadonlyMap<string, FieldLayout>;
}

export interface BindingLayout {
  readonly index: number;
  readonly type: GPUBufferBindingType;
}

export interface ShaderInterface {
  /** Bindings of group 0 by variable name. */
  readonly bindings: ReadonlyMap<string, BindingLayout>;
  readonly structs: ReadonlyMap<string, StructLayout>;
  /** Names of the module's `override` constants. */
  readonly overrides: ReadonlySet<string>;
}

/**
 * @param text a complete module
 * @throws Error when a resource is no buffer of group 0, the only kind this project uses
 */
export function reflectShader(text: string): ShaderInterface {
  const reflect = new WgslReflect(text);
  const bindings = new Map<string, BindingLayout>();
  for (const variable of reflect.getBindGroups().flat()) {
    if (variable.group !== 0) throw new Error(`${variable.name}: bindings must be in group 0, got ${variable.group}`);
    bindings.set(variable.name, { index: variable.binding, type: bufferType(variable) });
  }
  const structs = new Map(
    reflect.structs.map((struct) => [
      struct.name,
      {
        name: struct.name,
        stride: Math.ceil(struct.size / struct.align) * struct.align,
        fields: new Map(
          struct.members.map((member) => [member.name, { offset: member.offset, type: typeName(member.type) }]),
        ),
      },
    ]),
  );
  return { bindings, structs, overrides: new Set(reflect.overrides.map((override) => override.name)) };
}

function bufferType(variable: { name: string; resourceType: ResourceType; access: string }): GPUBufferBindingType {
  if (variable.resourceType === ResourceType.Uniform) return "uniform";
  if (variable.resourceType === ResourceType.Storage)
    return variable.access === "read_write" ? "storage" : "read-only-storage";
  throw new Error(`${variable.name}: must be a uniform or storage buffer`);
}

function typeName(type: TypeInfo): string {
  return type.getTypeName();
}
