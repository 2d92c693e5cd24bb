"""JAX as a peer: the published ULA step under jit in a `lax.scan`, in its default arithmetic (TF32 on recent GPUs) and in fp32."""

import functools

import jax
import jax.numpy as jnp

from protocol import best_rate, serve


def drift(position, rows, beta, step_size, precision):
    logits = beta * jnp.matmul(position, rows.T, precision=precision)
    retrieved = jnp.matmul(jax.nn.softmax(logits, axis=1), rows, precision=precision)
    return (1 - step_size) * position + step_size * retrieved


@functools.partial(jax.jit, static_argnames=("num_steps", "precision"))
def advance(position, rows, beta, step_size, key, num_steps, precision):
    scale = jnp.sqrt(2 * step_size / beta)

    def step(state, step_key):
        noise = jax.random.normal(step_key, state.shape, state.dtype)
        return drift(state, rows, beta, step_size, precision) + scale * noise, None

    next_key, run_key = jax.random.split(key)
    return jax.lax.scan(step, position, jax.random.split(run_key, num_steps))[0], next_key


class Problem:
    def __init__(self, memory, start, beta, step_size, precision):
        self.rows = jnp.asarray(memory, jnp.float32)
        self.start = jnp.asarray(start, jnp.float32)
        self.position = self.start
        self.beta = jnp.float32(beta)
        self.step_size = jnp.float32(step_size)
        self.precision = precision
        self.key = jax.random.PRNGKey(1)

    def noise_free(self, count):
        return jax.device_get(drift(self.start[:count], self.rows, self.beta, self.step_size, self.precision))

    def run(self, num_steps):
        self.position, self.key = advance(
            self.position, self.rows, self.beta, self.step_size, self.key, num_steps, self.precision
        )
        jax.device_get(self.position)


class Peer:
    variants = {"jax-default": None, "jax-fp32": "highest"}

    def describe(self):
        platform = jax.devices()[0].platform
        default = "TF32" if platform == "gpu" else "float32"
        return {
            "variants": [
                {"id": "jax-default", "label": f"JAX scan, {platform}, default precision", "arithmetic": default},
                {"id": "jax-fp32", "label": f"JAX scan, {platform}, highest precision", "arithmetic": "float32"},
            ],
            "versions": {"jax": jax.__version__},
        }

    def peak(self, variant):
        size = 8192 if jax.devices()[0].platform == "gpu" else 1024
        a = jnp.ones((size, size), jnp.float32)
        product = jax.jit(lambda x: jnp.matmul(x, x, precision=self.variants[variant]))
        return best_rate(2 * size**3, lambda: product(a).block_until_ready())

    def open(self, variant, memory, start, beta, step_size):
        return Problem(memory, start, beta, step_size, self.variants[variant])


if __name__ == "__main__":
    serve(Peer())
