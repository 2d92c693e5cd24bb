#!/usr/bin/env python3
"""Annealed patch energies by NumPy in float64: the figures that patches.json holds, with their standard errors.

    python3 test/golden/patches.py train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz \
        t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz > test/golden/patches.json

Window sums by prefix sums over a padded image, one chain at a time: nothing is shared with the package but the formulas.
"""
import gzip, json, sys
import numpy as np

COMMAND = "python3 test/golden/patches.py train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz > test/golden/patches.json"


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def blobs(first, count, side):
    """Images of three round spots each, at places of a low-discrepancy sequence; rows of unit norm."""
    k, j = np.arange(first, first + count)[:, None], np.arange(3)[None, :]
    place = lambda step: side * (0.2 + 0.6 * ((3 * k + j + 1) * step % 1))
    y, x = place(0.7548776662466927), place(0.5698402909980532)
    pixel = np.arange(side)
    squares = (pixel[None, None, :, None] - y[..., None, None]) ** 2 + (pixel[None, None, None, :] - x[..., None, None]) ** 2
    return unit(np.exp(-squares / 4).sum(1).reshape(count, -1))


def idx(path):
    raw = gzip.open(path).read()
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def digits(images, labels, digit):
    chosen = idx(images)[idx(labels) == digit]
    return unit(chosen.reshape(len(chosen), -1).astype(float))


def window_sums(a, w):
    c = np.cumsum(np.cumsum(np.pad(a, [(0, 0)] * (a.ndim - 2) + [(1, 0), (1, 0)]), -1), -2)
    return c[..., w:, w:] - c[..., :-w, w:] - c[..., w:, :-w] + c[..., :-w, :-w]


class PatchEnergy:
    """Every w × w window of the image padded by w − 1 zeros, with power 1/w²."""

    def __init__(self, memory, side, w):
        self.pad, self.w, self.power = w - 1, w, 1 / w**2
        self.memory = np.pad(memory.reshape(-1, side, side), [(0, 0)] + [(self.pad, self.pad)] * 2)

    def retrieval(self, x, beta):
        z = -(beta / 2) * window_sums((np.pad(x, self.pad) - self.memory) ** 2, self.w)
        p = np.exp(z - z.max(0))
        p /= p.sum(0)
        spread = window_sums(np.pad(p, [(0, 0)] + [(self.w - 1, self.w - 1)] * 2), self.w)
        inner = slice(self.pad, self.memory.shape[1] - self.pad)
        return self.power * (self.memory * spread).sum(0)[inner, inner]


def anneal(energy, x, betas, steps, step_size, rng):
    """Steps of ou; T(ξ) at the end."""
    decay = 1 - step_size
    for beta in betas:
        for _ in range(steps):
            noise = np.sqrt((1 - decay**2) / beta) * rng.standard_normal(x.shape)
            x = decay * x + (1 - decay) * energy.retrieval(x, beta) + noise
    return energy.retrieval(x, betas[-1])


def mean_and_error(values, order=1):
    """`order` 2 for the mean of a function of pairs, of which `values` has the part of each member."""
    return {"mean": values.mean(), "standardError": order * values.std(ddof=1) / np.sqrt(len(values))}


def figures(memory, held_out, side, window, settings):
    energy, rng = PatchEnergy(memory, side, window), np.random.default_rng(1)
    betas = np.geomspace(settings["from"], settings["to"], settings["numLevels"])
    start = memory.mean(0).reshape(side, side)
    shape, steps, step_size = start.shape, settings["stepsPerLevel"], settings["stepSize"]
    u = unit(np.array([
        anneal(energy, start + rng.standard_normal(shape) / np.sqrt(betas[0]), betas, steps, step_size, rng).ravel()
        for _ in range(settings["numSamples"])
    ]))
    apart = 1 - u @ u.T
    return {
        "window": window,
        "novelty": mean_and_error(1 - (u @ memory.T).max(1)),
        "nearestHeldOut": mean_and_error(1 - (u @ held_out.T).max(1)),
        "diversity": mean_and_error(apart.sum(1) / (len(u) - 1), 2),
    }


def case(name, memory, held_out, side, windows, settings):
    real = held_out @ held_out.T
    np.fill_diagonal(real, -1)
    return {
        "name": name, "side": side, "numPatterns": len(memory), "numHeldOut": len(held_out), "settings": settings,
        "realToReal": 1 - real.max(1).mean(), "heldOutNovelty": 1 - (held_out @ memory.T).max(1).mean(),
        "windows": [figures(memory, held_out, side, w, settings) for w in windows],
    }


def settings(first, last, num_levels, steps, num_samples):
    return {"from": first, "to": last, "numLevels": num_levels, "stepsPerLevel": steps, "stepSize": 0.4, "numSamples": num_samples}


train_images, train_labels, test_images, test_labels = sys.argv[1:5]
values = [
    case("spots", blobs(0, 24, 14), blobs(24, 40, 14), 14, (9, 5), settings(5, 5e4, 10, 2, 160)),
    case(
        "threes", digits(train_images, train_labels, 3)[:100], digits(test_images, test_labels, 3), 28, (11, 7),
        settings(5, 5e4, 25, 4, 12),
    ),
]
header = {"madeBy": "patches.py", "version": f"NumPy {np.__version__}", "command": COMMAND}
print(json.dumps({**header, "values": values}, indent=2))
