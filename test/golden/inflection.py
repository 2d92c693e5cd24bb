#!/usr/bin/env python3
"""Entropy inflection of three made-up memories, by NumPy in float64: the figures that inflection.json holds.

    python3 test/golden/inflection.py > test/golden/inflection.json
"""
import json
import numpy as np

COMMAND = "python3 test/golden/inflection.py > test/golden/inflection.json"


def memory(num_patterns, dim, num_clusters, common, spread):
    """Waves of incommensurable frequencies: a part that all share, one per cluster, one per pattern; rows of unit norm."""
    k, i = np.arange(num_patterns)[:, None], np.arange(dim)[None, :]
    wave = lambda a, b: np.cos((a + 1) * 1.37 * (b + 1) + (a + 1) ** 2)
    rows = common * wave(-3, i) + wave(k % num_clusters + 40, i) + spread * wave(k, i)
    rows = rows.astype(np.float32).astype(float)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32).astype(float)


def attention(overlaps, beta):
    weights = np.exp(beta * (overlaps - overlaps.max(1, keepdims=True)))
    return weights / weights.sum(1, keepdims=True)


def entropy(overlaps, beta):
    p = attention(overlaps, beta)
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(1).mean()


def concavity(overlaps, beta):
    p = attention(overlaps, beta)
    centred = overlaps - (p * overlaps).sum(1, keepdims=True)
    return ((p * centred**2).sum(1) + beta * (p * centred**3).sum(1)).mean()


def figures(rows):
    overlaps = rows[:20] @ rows.T
    scan = np.logspace(-1, 4, 20_000)
    values = np.array([concavity(overlaps, beta) for beta in scan])
    roots = []
    for low, high, before, after in zip(scan, scan[1:], values, values[1:]):
        if before > 0 >= after:
            for _ in range(100):
                middle = (low + high) / 2
                low, high = (middle, high) if concavity(overlaps, middle) > 0 else (low, middle)
            roots.append(low)
    grid = np.logspace(-1, np.log10(500), 50)
    x, h = np.log(grid), np.array([entropy(overlaps, beta) for beta in grid])
    second = np.diff(np.diff(h) / np.diff(x)) / np.diff(x[:-1])
    return {"roots": roots, "gridRule": grid[np.argmin(second) + 1], "entropyAt10": entropy(overlaps, 10.0)}


shapes = {
    "far apart": dict(numPatterns=24, dim=40, numClusters=24, common=0, spread=1),
    "a large common part": dict(numPatterns=30, dim=64, numClusters=30, common=4, spread=1),
    "nested clusters": dict(numPatterns=36, dim=50, numClusters=6, common=0, spread=0.1),
}
values = [
    {"name": name, **shape, **figures(memory(*shape.values()))} for name, shape in shapes.items()
]
header = {"madeBy": "inflection.py", "version": f"NumPy {np.__version__}", "command": COMMAND}
print(json.dumps({**header, "values": values}, indent=2))
