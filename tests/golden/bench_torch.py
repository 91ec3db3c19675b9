#!/usr/bin/env python3
"""How fast PyTorch is on this CPU: the figures graftwork's native CPU path is compared with.

    python bench_torch.py --backbone /tmp/minilm/model [--threads 1 2] [--repeat 15]

Prints one JSON object; times are milliseconds, median and minimum over the repeats. Needs an idle machine.
* forward_8x64, forward_4x128, forward_1x512: MiniLM, 512 tokens, no gradient (PyTorch's sdpa and eager attention)
* train_8x64: one AdapterHub step (forward, backward, clip, AdamW) with double_seq_bn, bottleneck 64 (reduction 6), 2-layer head,
  no dropout
"""

import argparse
import json
import logging
import os
import platform
import statistics
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from adapters import AutoAdapterModel, DoubleSeqBnConfig
from transformers import AutoModel

from adapterhub import NAME, trainable
from common import seed_everything

SHAPES = [(8, 64), (4, 128), (1, 512)]


def timed(run, repeat: int) -> dict[str, float]:
    for _ in range(3):
        run()
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1e3)
    return {"median_ms": round(statistics.median(times), 2), "min_ms": round(min(times), 2)}


def tokens(shape) -> dict[str, torch.Tensor]:
    ids = torch.randint(1000, 30000, shape)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def forward(backbone: Path, attention: str, shape, repeat: int) -> dict[str, float]:
    model = AutoModel.from_pretrained(backbone, attn_implementation=attention).eval()
    batch = tokens(shape)

    @torch.inference_mode()
    def run():
        model(**batch)

    return timed(run, repeat)


def train_step(backbone: Path, repeat: int, attention: str, shape=(8, 64)) -> dict[str, float]:
    model = AutoAdapterModel.from_pretrained(backbone, attn_implementation=attention)
    model.add_adapter(NAME, config=DoubleSeqBnConfig(reduction_factor=6))
    model.add_classification_head(NAME, num_labels=2)
    model.train_adapter(NAME)
    model.eval()
    parameters = list(trainable(model).values())
    optimizer = torch.optim.AdamW(parameters, lr=5e-4, weight_decay=0.01)
    batch, labels = tokens(shape), torch.randint(0, 2, (shape[0],))

    def run():
        optimizer.zero_grad()
        model(**batch, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return timed(run, repeat)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=15)
    args = parser.parse_args()
    logging.getLogger("adapters").setLevel(logging.ERROR)

    out = {"torch": torch.__version__, "cpu": cpu_name(), "load_average": os.getloadavg()[0], "threads": {}}
    for threads in args.threads:
        torch.set_num_threads(threads)
        seed_everything(1)
        figures = {}
        for shape in SHAPES:
            for attention in ("sdpa", "eager"):
                figures[f"forward_{shape[0]}x{shape[1]}_{attention}"] = forward(args.backbone, attention, shape, args.repeat)
        for attention in ("sdpa", "eager"):
            figures[f"train_8x64_{attention}"] = train_step(args.backbone, args.repeat, attention)
        out["threads"][threads] = figures
    print(json.dumps(out, indent=1))


def cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
