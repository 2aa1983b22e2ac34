#!/usr/bin/env python3
"""Times the article's simulated annealing over the masks of LeNet-5 in PyTorch, on CUDA if there is a GPU.

    python3 torch_schedule.py [--speculate 4,16] [--images 10000] [--iterations 200] [--json]

Two ways: "plain", one candidate after the other; and "vmap", K candidates that stand on the same state at once, taken in
order up to the first that is accepted. The algorithm is that of src/search/article/simulated-annealing.ts. Every step draws from a
stream of its own, so both ways propose the same; the streams are not those of masksearch.
"""

import argparse
import json
import math
import random
import sys
import time
from pathlib import Path

import numpy as np

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ["conv1", "conv2", "fc1", "fc2", "out"]
POSITIONS = {"conv1": 0, "conv2": 2, "fc1": 5, "fc2": 6, "out": 7}  # among the 8 layers of the article's network
DEPTH = 8
MUTATION_RATE = 0.15
INITIAL_TEMPERATURE = 1.0
LOSS_TO_WARMUP = 1.0  # nats
MAX_LOSS_PENALTY = 1e8


def read_safetensors(path):
    """Tensors by name, F32 and U8 alone, and the metadata."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    types = {"F32": np.dtype("<f4"), "U8": np.dtype("u1")}
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def read_digits(path, count, metadata):
    """`count` images, normalised as the model expects them, [image, 1, row, column], and their classes."""
    tensors, _ = read_safetensors(path)
    # The file is ordered by class: a fixed shuffle makes the first of them a fair sample.
    order = np.random.RandomState(0).permutation(len(tensors["labels"]))[:count]
    mean, std = float(metadata.get("mean", 0)), float(metadata.get("std", 1))
    pixels = (tensors["images"][order].astype(np.float32) / 255 - mean) / std
    return pixels[:, None].astype(np.float32), tensors["labels"][order].astype(np.int64)


def cost_of(loss, sparsity, baseline_loss, max_loss):
    """The article's objective: lower is better."""
    over = (baseline_loss - loss) ** 2 if loss < max_loss else MAX_LOSS_PENALTY
    return over + 1 / (sparsity + 1e-8)


class Lenet5:
    """The network on the device, its current masks, and candidates that differ from them in one layer."""

    def __init__(self, tensors, activation, digits, device, chunk):
        def on_device(array):
            return torch.from_numpy(array.copy()).to(device)

        pixels, labels = digits
        self.device = device
        self.parameters = {name: on_device(tensor) for name, tensor in tensors.items()}
        self.masks = {layer: torch.ones_like(self.parameters[f"{layer}.weight"]) for layer in LAYERS}
        self.chunks = list(zip(on_device(pixels).split(chunk), on_device(labels).split(chunk)))
        self.images = len(labels)
        self.activation = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[activation]

    def forward(self, parameters, x):
        """Class scores, [image, class]."""
        p, act = parameters, self.activation
        x = F.avg_pool2d(act(F.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=2)), 2)
        x = F.avg_pool2d(act(F.conv2d(x, p["conv2.weight"], p["conv2.bias"])), 2).flatten(1)
        x = act(F.linear(x, p["fc1.weight"], p["fc1.bias"]))
        x = act(F.linear(x, p["fc2.weight"], p["fc2.bias"]))
        return F.linear(x, p["out.weight"], p["out.bias"])

    def masked(self, layer=None, mask=None):
        masks = {**self.masks, layer: mask} if layer else self.masks
        weights = {f"{name}.weight": self.parameters[f"{name}.weight"] * masks[name] for name in LAYERS}
        return {**self.parameters, **weights}

    def propose(self, layer, seed, rate):
        """The layer's mask with each kept weight dropped with probability `rate`."""
        generator = torch.Generator(self.device).manual_seed(seed)
        kept = self.masks[layer]
        return kept * (torch.rand(kept.shape, generator=generator, device=self.device) >= rate)

    def judge(self, layer=None, mask=None):
        """Mean loss in nats, accuracy, and the share of zeros in the layer's mask: one readback."""
        return self._read(self._sums(self.masked(layer, mask)), mask, ())

    def judge_all(self, layer, masks):
        """The same of several masks of a layer, each at once by vmap, which runs the layers before it only once."""
        parameters = {**self.masked(), f"{layer}.weight": self.parameters[f"{layer}.weight"] * masks}
        dims = {name: 0 if name == f"{layer}.weight" else None for name in parameters}
        sums = torch.func.vmap(self._sums, in_dims=(dims,))(parameters)
        return self._read(sums, masks, (len(masks),))

    def _sums(self, parameters):
        """Over all images: sum of losses, number classified right."""
        losses, rights = [], []
        for pixels, labels in self.chunks:
            scores = self.forward(parameters, pixels)
            losses.append(F.cross_entropy(scores, labels, reduction="sum").double())
            rights.append((scores.argmax(1) == labels).sum())
        return torch.stack(losses).sum(), torch.stack(rights).sum()

    def _read(self, sums, mask, batch):
        loss, right = sums
        mask = torch.ones(1, device=self.device) if mask is None else mask
        kept = mask.double().flatten(len(batch)).mean(-1)
        return torch.stack([loss / self.images, right.double() / self.images, 1 - kept], -1).tolist()


def anneal(network, iterations, seed, width, sizes):
    """The article's search, `width` candidates at a time. Returns what it found; the masks are left in `network`."""
    sparsities = {layer: 0.0 for layer in LAYERS}
    baseline_loss, accuracy, _ = network.judge()
    loss = baseline_loss
    best = loss, accuracy, dict(sparsities)
    accepted = judged = 0

    def mean_sparsity(layer=None, sparsity=0.0):
        return sum({**sparsities, **({layer: sparsity} if layer else {})}.values()) / len(LAYERS)

    for layer in LAYERS:
        max_loss = LOSS_TO_WARMUP * (POSITIONS[layer] + 1) / DEPTH
        if loss >= max_loss:
            sys.exit(f"the loss is {loss} before {layer}, but must be below {max_loss}; use more images")
        cost = layer_best = cost_of(loss, mean_sparsity(), baseline_loss, max_loss)
        step = 0
        while step < iterations:
            steps = range(step, min(step + width, iterations))
            streams = [random.Random(f"{seed}/{layer}/{t}") for t in steps]
            rates = [MUTATION_RATE * (1 - t / iterations) for t in steps]
            masks = [network.propose(layer, s.getrandbits(63), r) for s, r in zip(streams, rates)]
            if width == 1:
                results = [network.judge(layer, masks[0])]
            else:
                results = network.judge_all(layer, torch.stack(masks))
            judged += len(results)
            for t, stream, mask, (new_loss, new_accuracy, zeros) in zip(steps, streams, masks, results):
                step = t + 1
                temperature = INITIAL_TEMPERATURE / (1 + math.log(1 + t))
                threshold = cost - temperature * math.log(1 - stream.random())
                new_cost = cost_of(new_loss, mean_sparsity(layer, zeros), baseline_loss, max_loss)
                if new_cost <= threshold:
                    accepted += 1
                    network.masks[layer], sparsities[layer] = mask, zeros
                    cost, loss, accuracy = new_cost, new_loss, new_accuracy
                    if cost < layer_best:
                        layer_best, best = cost, (loss, accuracy, dict(sparsities))
                    break  # The later ones stand on a state that is no more.
    loss, accuracy, by_layer = best
    zeros = sum(by_layer[layer] * sizes[layer] for layer in LAYERS)
    sparsity = {"meanLayer": sum(by_layer.values()) / len(LAYERS), "global": zeros / sum(sizes.values())}
    found = {"loss": loss, "accuracy": accuracy, "sparsity": sparsity}
    return {"proposals": iterations * len(LAYERS), "accepted": accepted, "judged": judged, **found}


def parse_arguments():
    def count(text):
        value = int(text)
        if value < 1:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1")
        return value

    parser = argparse.ArgumentParser(description="Times the article's simulated annealing in PyTorch.")
    parser.add_argument("--images", type=count, default=10_000)
    parser.add_argument("--iterations", type=count, default=200, help="proposals per layer")
    parser.add_argument("--speculate", default="4,16", help="candidates at a time, one run for each (4,16)")
    parser.add_argument("--chunk", type=count, default=10_000, help="images of one forward pass; fewer need less memory")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--tf32", action="store_true", help="let the GPU round products to 10 bits; default: float32")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    try:
        arguments.widths = [1, *(count(text) for text in arguments.speculate.split(",") if text)]
    except (ValueError, argparse.ArgumentTypeError):
        parser.error(f"--speculate is {arguments.speculate} but must be whole numbers such as 4,16")
    return arguments


def main():
    arguments = parse_arguments()
    if torch is None:
        sys.exit("PyTorch is not installed, but is needed; run `pip install torch` in an environment of its own.")
    tensors, metadata = read_safetensors(ROOT / "models/lenet5-mnist.safetensors")
    digits = read_digits(ROOT / "dist/data/mnist.safetensors", arguments.images, metadata)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = arguments.tf32
    sizes = {layer: tensors[f"{layer}.weight"].size for layer in LAYERS}

    def run(width, iterations):
        network = Lenet5(tensors, metadata["activation"], digits, device, arguments.chunk)
        if device.type == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        found = anneal(network, iterations, arguments.seed, width, sizes)  # ends in a readback, so nothing is under way
        return time.perf_counter() - start, found

    ways = []
    with torch.no_grad():
        for width in arguments.widths:
            run(width, min(width, arguments.iterations))  # warm-up: loads libraries and chooses algorithms
            seconds, found = run(width, arguments.iterations)
            rate = found["proposals"] / seconds
            way = {"way": "plain" if width == 1 else "vmap", "candidatesAtOnce": width}
            ways.append({**way, "seconds": seconds, "candidatesPerSecond": rate, **found})
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    report = {"device": name, "torch": torch.__version__, "tf32": arguments.tf32, "images": len(digits[1])}
    report = {**report, "iterations": arguments.iterations, "seed": arguments.seed, "ways": ways}
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{name}, PyTorch {torch.__version__}, {report['images']} images")
    print("way    at once  seconds  cand/s  accepted  judged    loss  mean sparsity")
    for way in ways:
        numbers = f"{way['accepted']:8d}  {way['judged']:6d}  {way['loss']:6.4f}  {100 * way['sparsity']['meanLayer']:11.2f} %"
        print(f"{way['way']:5s}  {way['candidatesAtOnce']:7d}  {way['seconds']:7.2f}  {way['candidatesPerSecond']:6.1f}  {numbers}")


if __name__ == "__main__":
    main()
