"""How the benchmark talks to a peer in Python: a line of JSON in, a line of JSON out, arrays as .npy files.

A peer is a class with `describe()`, returning its variants, and `open(variant, memory, start, beta, step_size)`, returning
an object with `noise_free(count)`, `run(num_steps)` (which returns when the last result is there) and, if it can, `peak()`.
"""

import json
import sys
import time
import traceback

import numpy as np


def serve(peer):
    problems = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = handle(peer, problems, request)
        except Exception as error:  # one sentence to the benchmark, the trace to the person
            traceback.print_exc(file=sys.stderr)
            answer = {"failure": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


def handle(peer, problems, request):
    op = request["op"]
    if op == "describe":
        return peer.describe()
    if op == "peak":
        return {"flopsPerSecond": peer.peak(request["variant"])}
    if op == "open":
        memory = np.load(request["memory"])
        start = np.load(request["start"])
        problems[request["id"]] = peer.open(request["variant"], memory, start, request["beta"], request["stepSize"])
        return {}
    problem = problems[request["id"]]
    if op == "noiseFree":
        np.save(request["out"], np.ascontiguousarray(problem.noise_free(request["count"]), dtype=np.float32))
        return {}
    if op == "run":
        started = time.perf_counter()
        problem.run(request["steps"])
        return {"seconds": time.perf_counter() - started}
    if op == "close":
        del problems[request["id"]]
        return {}
    raise ValueError(f"unknown request {op}")


def best_rate(flops, run, rounds=5):
    """Operations a second of the fastest of a few rounds."""
    run()
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return flops / best
