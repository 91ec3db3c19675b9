"""What all golden makers share: paths, packed batches, files.

Conventions of every golden file (README.md has the full list):

* a batch is *packed*: `ids` [T] int64 holds all sequences end to end, `cu_seqlens` [n+1] int64 their bounds;
  sequence i is `ids[cu_seqlens[i]:cu_seqlens[i+1]]`. There is no padding anywhere in a file.
* floats are stored as f32, whatever they were computed in.
"""

import gzip
import json
import random
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"
DEFAULT_MINILM = Path("/tmp/minilm/model")


def read_tsv(path: Path) -> list[tuple[str, str]]:
    """(label, text) rows of a .tsv or .tsv.gz whose header is `label<TAB>text`."""
    opened = gzip.open(path, "rt", encoding="utf-8", newline="\n") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        header, *lines = file.read().split("\n")
    assert header == "label\ttext", header
    return [tuple(line.split("\t")) for line in lines if line]


def seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def pack(sequences: list[list[int]]) -> dict[str, torch.Tensor]:
    """Lists of ids -> {"ids": [T], "cu_seqlens": [n+1]}, both int64."""
    bounds = [0]
    for sequence in sequences:
        bounds.append(bounds[-1] + len(sequence))
    flat = [token for sequence in sequences for token in sequence]
    return {"ids": torch.tensor(flat, dtype=torch.int64), "cu_seqlens": torch.tensor(bounds, dtype=torch.int64)}


def pad(sequences: list[list[int]], pad_id: int = 0) -> dict[str, torch.Tensor]:
    """Lists of ids -> what a PyTorch model wants: padded `input_ids` and `attention_mask`."""
    longest = max(map(len, sequences))
    ids = [sequence + [pad_id] * (longest - len(sequence)) for sequence in sequences]
    mask = [[1] * len(sequence) + [0] * (longest - len(sequence)) for sequence in sequences]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


def save_tensors(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Floats as f32, integers as int64, names sorted, so that the same values give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    out = {}
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        tensor = tensor.to(torch.float32 if tensor.is_floating_point() else torch.int64)
        out[name] = tensor.contiguous().clone()
    save_file(out, str(path))
    path.chmod(0o644)


def save_json(path: Path, value, compact_lists: bool = True) -> None:
    """Readable JSON, ASCII only (so NUL, bidi marks and the like are visible), number lists on one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=1, ensure_ascii=True)
    if compact_lists:
        text = _join_number_lists(text)
    path.write_text(text + "\n", encoding="ascii")


def _join_number_lists(text: str) -> str:
    import re

    def join(match):
        return "[" + ", ".join(part.strip() for part in match.group(1).split(",")) + "]"

    return re.sub(r"\[\s*((?:-?[0-9.e+-]+,\s*)*-?[0-9.e+-]+)\s*\]", join, text)


def nmse(a: torch.Tensor, b: torch.Tensor) -> float:
    """Normalised mean square error of `a` against the reference `b`."""
    a, b = a.double(), b.double()
    return float(((a - b) ** 2).sum() / (b**2).sum().clamp_min(1e-300))


def tree_size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
