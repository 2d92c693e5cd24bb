#!/usr/bin/env python3
"""Convergence diagnostics of made-up chains, by ArviZ: the figures that convergence.json holds.

    python3 test/golden/convergence.py > test/golden/convergence.json
"""
import json
import arviz
import numpy as np

COMMAND = "python3 test/golden/convergence.py > test/golden/convergence.json"


def chains(num_chains, num_draws, decay, shift, is_heavy):
    """Autoregressions driven by a scrambled lattice; chain c is shifted by shift * c. Rounded, so that text holds them."""
    c, t = np.arange(num_chains)[:, None], np.arange(num_draws)[None, :]
    u = ((c * 0.7548776662 + t * 0.5698402910 + np.sin(12.9898 * (t + 1) + 78.233 * (c + 1)) * 43758.5453) % 1 + 1) % 1
    e = np.tan(np.pi * (u - 0.5) * 0.98) if is_heavy else 2 * u - 1
    x = np.zeros((num_chains, num_draws))
    for n in range(num_draws):
        x[:, n] = (decay * x[:, n - 1] if n else 0) + e[:, n]
    return np.round(x + shift * c, 3)


def case(name, **shape):
    x = chains(**shape)
    ess = lambda method: float(arviz.ess(x, method=method))
    # ArviZ has no R-hat of one chain, though its halves have one.
    rhat = float(arviz.rhat(x, method="rank")) if len(x) > 1 else None
    figures = {"splitRhat": rhat, "essBulk": ess("bulk"), "essTail": ess("tail")}
    return {"name": name, "numChains": shape["num_chains"], **figures, "draws": x.ravel().tolist()}


print(json.dumps({
    "madeBy": "convergence.py",
    "version": f"ArviZ {arviz.__version__}, NumPy {np.__version__}",
    "command": COMMAND,
    "values": [
        case("independent", num_chains=4, num_draws=60, decay=0.0, shift=0.0, is_heavy=False),
        case("slow", num_chains=3, num_draws=101, decay=0.9, shift=0.0, is_heavy=False),
        case("alternating", num_chains=2, num_draws=50, decay=-0.6, shift=0.0, is_heavy=False),
        case("chains that disagree", num_chains=4, num_draws=41, decay=0.3, shift=0.8, is_heavy=False),
        case("heavy tails", num_chains=4, num_draws=80, decay=0.2, shift=0.0, is_heavy=True),
        case("one chain", num_chains=1, num_draws=64, decay=0.5, shift=0.0, is_heavy=False),
        case("few draws", num_chains=2, num_draws=9, decay=0.0, shift=0.0, is_heavy=False),
    ],
}, indent=None, separators=(",", ":")))
