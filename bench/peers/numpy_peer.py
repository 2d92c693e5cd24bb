"""NumPy as a peer: the published ULA step in float32, its products by whatever BLAS this NumPy is linked with."""

import re

import numpy as np

from protocol import best_rate, serve


def blas_name():
    """The libraries that are loaded, where the system says so; products through a plain BLAS are several times slower."""
    np.ones((2, 2), np.float32) @ np.ones((2, 2), np.float32)
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if re.search("blas|mkl|accelerate", line, re.IGNORECASE)}
    except OSError:
        return "unknown BLAS"
    text = " ".join(sorted(paths)).lower()
    for key, name in (("openblas", "OpenBLAS"), ("mkl", "MKL"), ("blis", "BLIS"), ("blas", "reference BLAS")):
        if key in text:
            return name
    return "unknown BLAS"


class Problem:
    def __init__(self, memory, start, beta, step_size):
        self.rows = memory.astype(np.float32)
        self.columns = np.ascontiguousarray(self.rows.T)
        self.start = start.astype(np.float32)
        self.position = self.start.copy()
        self.beta = np.float32(beta)
        self.step_size = np.float32(step_size)
        self.scale = np.float32(np.sqrt(2 * step_size / beta))
        self.generator = np.random.Generator(np.random.SFC64(1))
        self.noise = np.empty_like(self.start)

    def drift(self, position):
        logits = self.beta * (position @ self.columns)
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits)
        weights /= weights.sum(axis=1, keepdims=True)
        return (1 - self.step_size) * position + self.step_size * (weights @ self.rows)

    def noise_free(self, count):
        return self.drift(self.start[:count])

    def run(self, num_steps):
        for _ in range(num_steps):
            self.generator.standard_normal(dtype=np.float32, out=self.noise)
            self.position = self.drift(self.position)
            self.noise *= self.scale
            self.position += self.noise


class Peer:
    def describe(self):
        label = f"NumPy, {blas_name()}"
        return {
            "variants": [{"id": "numpy", "label": label, "arithmetic": "float32"}],
            "versions": {"numpy": np.__version__},
        }

    def peak(self, _variant):
        size = 1024
        a = np.ones((size, size), np.float32)
        return best_rate(2 * size**3, lambda: a @ a)

    def open(self, _variant, memory, start, beta, step_size):
        return Problem(memory, start, beta, step_size)


if __name__ == "__main__":
    serve(Peer())
