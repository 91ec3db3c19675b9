"""Cuts the published adapter down to what lies beside this script.

    pip install torch==2.0.1 'numpy<2' safetensors
    python cut.py ORIGINAL      # the folder `adapter` of the repository that README.md names

PyTorch 2.0.1 writes archives as the original's PyTorch did: entries in the order of their names, no `byteorder`. Tensors are
cut and nothing else: each number is the original's, and every tensor keeps its name, its format and its device in the pickle.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

HIDDEN, BOTTLENECK = 32, 2
ORIGINALS = {
    "pytorch_adapter.bin": "71b52764b4c83bb69aab615bc7d94b33edb23da5ec8965e950b9556a4fcc9d42",
    "pytorch_model_head.bin": "8509a5733fc465a15c8f6f65ff57f5c3b0c836149ab5916fe035c29ac1a72f9c",
}
EXPECTED = {"pytorch_adapter.bin": "adapter.safetensors", "pytorch_model_head.bin": "model_head.safetensors"}
HERE = Path(__file__).resolve().parent

# What the original says of every storage: it was saved on a GPU. Tensors here are on the CPU, whose own tag comes later.
torch.serialization.register_package(0, lambda storage: "cuda:0", lambda storage, location: None)


def cut(tensor: torch.Tensor) -> torch.Tensor:
    """The first values along every dimension; labels and other small extents stay."""
    narrowed = {768: HIDDEN, 48: BOTTLENECK}
    for dimension, extent in enumerate(tensor.shape):
        tensor = tensor.narrow(dimension, 0, narrowed.get(extent, extent))
    return tensor.contiguous().clone()


def main() -> None:
    original = Path(sys.argv[1])
    (HERE / "expected").mkdir(exist_ok=True)
    for file, digest in ORIGINALS.items():
        assert hashlib.sha256((original / file).read_bytes()).hexdigest() == digest, file
        tensors = torch.load(original / file, map_location="cpu")
        torch.save({name: cut(tensor) for name, tensor in tensors.items()}, HERE / file)
        # Read from the new file: what is expected is what PyTorch finds there.
        save_file(torch.load(HERE / file, map_location="cpu"), HERE / "expected" / EXPECTED[file])
    for file in ("adapter_config.json", "head_config.json"):
        text = (original / file).read_text()
        assert json.loads(text)["hidden_size"] == 768
        (HERE / file).write_text(text.replace('"hidden_size": 768', f'"hidden_size": {HIDDEN}'))


if __name__ == "__main__":
    main()
