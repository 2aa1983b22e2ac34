"""Prints the tensors of a PyTorch file, read with Python's own pickle: JSON with shapes, and base64 of float32.

usage: python3 read_torch.py FILE

Needs no PyTorch. Storages are [type, key]; a tensor is taken as contiguous, which those of the files that are compared are.
"""

import base64
import collections
import io
import json
import pickle
import struct
import sys
import zipfile

STORAGES = {"FloatStorage": ("f", 4), "LongStorage": ("q", 8)}


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.storage, self.offset, self.shape = storage, offset, shape
        expected = 1
        for size, stride in reversed(list(zip(shape, strides))):
            assert size == 1 or stride == expected, "a tensor that is not contiguous"
            expected *= size


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: Tensor(storage, offset, shape, strides)
        if (module, name) == ("torch.nn.parameter", "Parameter") or name == "_rebuild_parameter":
            return lambda data, *rest: data
        if module == "torch" and name in STORAGES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid):
        return (pid[1], str(pid[2]))


def read(path):
    """The root object, and the bytes of a storage by its type and key."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"PK":
        archive = zipfile.ZipFile(io.BytesIO(data))
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        folder = name[: -len("data.pkl")]
        root = Reader(io.BytesIO(archive.read(name))).load()
        return root, lambda storage: archive.read(f"{folder}data/{storage[1]}")
    stream = io.BytesIO(data)
    for _ in range(3):  # magic number, version, system
        pickle.load(stream)
    root = Reader(stream).load()
    keys = pickle.load(stream)
    bytes_of = {}
    types = {}

    def collect(value):
        if isinstance(value, Tensor):
            types[value.storage[1]] = value.storage[0]
        elif isinstance(value, dict):
            for inner in value.values():
                collect(inner)

    collect(root)
    for key in keys:
        (count,) = struct.unpack("<q", stream.read(8))
        bytes_of[str(key)] = stream.read(count * STORAGES[types[str(key)]][1])
    return root, lambda storage: bytes_of[storage[1]]


def main(path):
    root, bytes_of = read(path)
    root = root.get("state_dict", root)
    tensors = {}
    for name, tensor in root.items():
        letter, size = STORAGES[tensor.storage[0]]
        count = 1
        for length in tensor.shape:
            count *= length
        raw = bytes_of(tensor.storage)[tensor.offset * size : (tensor.offset + count) * size]
        numbers = struct.unpack(f"<{count}{letter}", raw)
        data = base64.b64encode(struct.pack(f"<{count}f", *numbers)).decode()
        tensors[name] = {"shape": list(tensor.shape), "data": data}
    json.dump(tensors, sys.stdout)


main(sys.argv[1])
