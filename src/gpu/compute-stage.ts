/** One compute stage: an entry file of shaders/ as a pipeline, with buffers bound by the names the shader uses. */
import { GpuError } from "../core/errors.ts";
import { withErrorScopes } from "./error-scopes.ts";
import { reflectShader, type ShaderInterface } from "./reflection.ts";
import { expandSource, type ExpandedSource } from "./wgsl-source.ts";

export interface ComputeStage {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly shader: ShaderInterface;
}

/** Pipelines depend on nothing but the device and what is in their key, so all samplers of a device share them. */
const stagesOf = new WeakMap<GPUDevice, Map<string, Promise<ComputeStage>>>();

/**
 * The stage of shaders/<name>.wgsl with the constants that it declares: made once for a device, so that kernels share what
 * does not differ between them. A failure is not kept.
 * @throws GpuError when the shader does not compile
 */
export async function computeStage(
  device: GPUDevice,
  name: string,
  constants: Readonly<Record<string, number>>,
): Promise<ComputeStage> {
  let stages = stagesOf.get(device);
  if (stages === undefined) stagesOf.set(device, (stages = new Map<string, Promise<ComputeStage>>()));
  const key = stageKey(name, constants);
  let stage = stages.get(key);
  if (stage === undefined) stages.set(key, (stage = createComputeStage(device, name, constants)));
  try {
    return await stage;
  } catch (error) {
    stages.delete(key);
    throw error;
  }
}

/** The text and the values of the constants in it. */
function stageKey(name: string, constants: Readonly<Record<string, number>>): string {
  const { text } = expandSource(`${name}.wgsl`);
  const declared = new Set(Array.from(text.matchAll(/^override (\w+)/gm), ([, word]) => word));
  const values = Object.entries(constants).filter(([word]) => declared.has(word));
  return `${JSON.stringify(values)} ${text}`;
}

/**
 * Compiles shaders/<name>.wgsl, whose entry point is the name in snake_case. Constants that the shader does not declare are left out, so that one set serves all.
 * @throws GpuError with file and line when the shader does not compile
 */
async function createComputeStage(
  device: GPUDevice,
  name: string,
  constants: Readonly<Record<string, number>>,
): Promise<ComputeStage> {
  const source = expandSource(`${name}.wgsl`);
  const shader = reflect(name, source);
  const { result, checked } = withErrorScopes(device, "shader", name, () => {
    const module = device.createShaderModule({ label: name, code: source.text });
    const layout = device.createBindGroupLayout({
      label: name,
      entries: [...shader.bindings.values()].map(({ index, type }) => ({
        binding: index,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    });
    return { module, layout };
  });
  const compilation = await result.module.getCompilationInfo();
  const failure = compilation.messages.find(({ type }) => type === "error");
  if (failure)
    throw new GpuError(
      "shader",
      name,
      `shaders/${source.locate(failure.lineNum)}, column ${failure.linePos}: ${failure.message}`,
    );
  await checked;
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: name,
      layout: device.createPipelineLayout({ label: name, bindGroupLayouts: [result.layout] }),
      compute: {
        module: result.module,
        entryPoint: name.replaceAll("-", "_"),
        constants: Object.fromEntries(Object.entries(constants).filter(([key]) => shader.overrides.has(key))),
      },
    });
    return { name, pipeline, layout: result.layout, shader };
  } catch (cause) {
    throw new GpuError("pipeline", name, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function reflect(name: string, source: ExpandedSource): ShaderInterface {
  try {
    return reflectShader(source.text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const line = /Line: (\d+)/.exec(message)?.[1];
    const place = line === undefined ? `${name}.wgsl` : source.locate(Number(line));
    throw new GpuError("shader", name, `shaders/${place} could not be parsed: ${message}`, { cause });
  }
}

/**
 * Binds buffers to a stage by variable name.
 * @param buffers every buffer of the job; a stage takes those it names
 * @throws Error when the stage names a buffer that is not there
 */
export function bindBuffers(
  device: GPUDevice,
  stage: ComputeStage,
  buffers: Readonly<Record<string, GPUBuffer>>,
): GPUBindGroup {
  return device.createBindGroup({
    label: stage.name,
    layout: stage.layout,
    entries: [...stage.shader.bindings].map(([name, { index }]) => {
      const buffer = buffers[name];
      if (buffer === undefined)
        throw new Error(`${stage.name}: the shader binds ${name}, and there is no buffer of that name`);
      return { binding: index, resource: { buffer } };
    }),
  });
}
