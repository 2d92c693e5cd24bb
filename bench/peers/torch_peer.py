"""PyTorch on CUDA as a peer: the published ULA step, eager and as a replayed CUDA graph, in fp32 and with TF32 products."""

import sys

import torch

from protocol import best_rate, serve

# Steps recorded in one graph: enough that launching the graph costs nothing beside them.
STEPS_PER_GRAPH = 10


class Problem:
    def __init__(self, memory, start, beta, step_size, uses_tf32, uses_graph):
        self.uses_tf32 = uses_tf32
        device = torch.device("cuda")
        self.rows = torch.tensor(memory, dtype=torch.float32, device=device)
        self.columns = self.rows.T.contiguous()
        self.start = torch.tensor(start, dtype=torch.float32, device=device)
        self.position = self.start.clone()
        self.beta = beta
        self.step_size = step_size
        self.scale = (2 * step_size / beta) ** 0.5
        self.graph = self.record() if uses_graph else None

    def choose_arithmetic(self):
        torch.backends.cuda.matmul.allow_tf32 = self.uses_tf32

    def drift(self, position):
        weights = torch.softmax(self.beta * (position @ self.columns), dim=1)
        return torch.add((1 - self.step_size) * position, weights @ self.rows, alpha=self.step_size)

    def step(self):
        self.position.copy_(torch.add(self.drift(self.position), torch.randn_like(self.position), alpha=self.scale))

    def record(self):
        self.choose_arithmetic()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(STEPS_PER_GRAPH):
                self.step()
        return graph

    @torch.no_grad()
    def noise_free(self, count):
        self.choose_arithmetic()
        return self.drift(self.start[:count]).cpu().numpy()

    @torch.no_grad()
    def run(self, num_steps):
        self.choose_arithmetic()
        whole = num_steps // STEPS_PER_GRAPH if self.graph is not None else 0
        for _ in range(whole):
            self.graph.replay()
        for _ in range(num_steps - whole * STEPS_PER_GRAPH):
            self.step()
        self.position.cpu()


class Peer:
    variants = {
        "torch-eager-fp32": (False, False),
        "torch-graphs-fp32": (False, True),
        "torch-eager-tf32": (True, False),
        "torch-graphs-tf32": (True, True),
    }

    def describe(self):
        return {
            "variants": [
                {
                    "id": name,
                    "label": f"PyTorch, {'CUDA graphs' if uses_graph else 'eager'}",
                    "arithmetic": "TF32" if uses_tf32 else "float32",
                }
                for name, (uses_tf32, uses_graph) in self.variants.items()
            ],
            "versions": {
                "torch": torch.__version__,
                "cuda": torch.version.cuda,
                "gpu": torch.cuda.get_device_name(),
            },
        }

    def peak(self, variant):
        torch.backends.cuda.matmul.allow_tf32 = self.variants[variant][0]
        size = 8192
        a = torch.ones(size, size, device="cuda")

        def run():
            for _ in range(4):
                a @ a
            torch.cuda.synchronize()

        return best_rate(4 * 2 * size**3, run)

    def open(self, variant, memory, start, beta, step_size):
        with torch.no_grad():
            return Problem(memory, start, beta, step_size, *self.variants[variant])


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit("PyTorch has no CUDA device here")
    serve(Peer())
