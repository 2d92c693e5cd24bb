/** jax-js names an array type that is newer than the language version here; nothing uses it. */
interface Float16Array<Buffer extends ArrayBufferLike = ArrayBufferLike> extends Float32Array<Buffer> {
  readonly float16?: never;
}
