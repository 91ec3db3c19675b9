#!/usr/bin/env python3
"""Loads an adapter directory (one that graftwork wrote, say) with AdapterHub and computes with it.

    python check_adapterhub.py DIR --backbone /tmp/minilm/model --data F [--max-length 128] [--limit N]

F is .tsv, .tsv.gz (header label, text), .jsonl (`text`, perhaps `label`) or .txt (one text a line); `-` reads lines from stdin.
DIR holds adapter_config.json + adapter.safetensors and head_config.json + model_head.safetensors (or the .bin forms).
Prints one JSON line a text (`text`, `label`, `scores`, `logits`) and last, where the data has labels, a line with `accuracy` and
`macro_f1`. With a `masked_lm` head, whose table of words graftwork does not write, each text has masks and gets for each
its most probable tokens (`fills`). A key of the files that AdapterHub does not know, or another one it misses, is an error
(exit 1).
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from adapters import AutoAdapterModel
from sklearn.metrics import accuracy_score, f1_score
from transformers import AutoTokenizer

from common import pad, read_tsv


def read_texts(path: str) -> list[tuple[str | None, str]]:
    if path == "-":
        return [(None, line.rstrip("\n")) for line in sys.stdin]
    file = Path(path)
    if ".tsv" in file.suffixes:
        return read_tsv(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    if file.suffix == ".jsonl":
        rows = [json.loads(line) for line in lines]
        return [(row.get("label"), row["text"]) for row in rows]
    return [(None, line) for line in lines]


def load(directory: Path, backbone: Path):
    """The model with the directory's adapter and head active; its labels in order. Exits on any key mismatch."""
    model = AutoAdapterModel.from_pretrained(backbone, attn_implementation="eager")
    info: dict = {}
    name = model.load_adapter(str(directory), use_safetensors=True, set_active=True, loading_info=info)
    table = model.heads[model.active_head].get_output_embeddings() if model.active_head else None
    if table is not None and table.weight is model.get_input_embeddings().weight:
        head = model.heads[model.active_head]
        own = f"heads.{model.active_head}.{len(head) - 1}.weight"
        info["missing_keys"] = [key for key in info.get("missing_keys", []) if key != own]
    problems = {key: value for key, value in info.items() if value}
    if problems:
        sys.exit(f"{directory}: keys do not fit: {json.dumps(problems)}")
    if model.active_head is None:
        sys.exit(f"{directory}: no prediction head")
    # By id: get_labels() gives the order of the keys in head_config.json, which AdapterHub writes alphabetically.
    label2id = model.heads[model.active_head].config.get("label2id") or {}
    labels = sorted(label2id, key=label2id.get)
    print(json.dumps({"adapter": name, "head": model.active_head, "head_config": model.heads[model.active_head].config,
                      "labels": labels}), file=sys.stderr)
    return model.eval(), labels


def fill(model, tokenizer, texts: list[str], max_length: int) -> None:
    """The five most probable tokens for each mask."""
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=max_length)["input_ids"]
        logits = model(torch.tensor([ids])).logits[0]
        best = [logits[place].softmax(-1).topk(5) for place, token in enumerate(ids) if token == tokenizer.mask_token_id]
        fills = [[{"token": token, "score": score} for score, token in zip(*map(torch.Tensor.tolist, one))] for one in best]
        print(json.dumps({"text": text, "fills": fills}))


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=1, help="1: no padding at all, the best to compare with")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--summary-only", action="store_true")
    args = parser.parse_args()
    logging.getLogger("adapters").setLevel(logging.ERROR)
    torch.set_num_threads(args.threads)

    model, labels = load(args.directory, args.backbone)
    tokenizer = AutoTokenizer.from_pretrained(args.backbone)
    rows = read_texts(args.data)[: args.limit]
    if model.heads[model.active_head].get_output_embeddings() is not None:
        return fill(model, tokenizer, [text for _, text in rows], args.max_length)
    predicted, truth = [], []
    for start in range(0, len(rows), args.batch_size):
        batch = rows[start : start + args.batch_size]
        ids = tokenizer([text for _, text in batch], truncation=True, max_length=args.max_length)["input_ids"]
        logits = model(**pad(ids)).logits
        for (label, text), row in zip(batch, logits):
            best = int(row.argmax())
            name = labels[best] if labels else str(best)
            if label is not None:
                predicted.append(name)
                truth.append(label)
            if not args.summary_only:
                scored = row.softmax(-1).tolist()
                named = dict(zip(labels, scored)) if labels else scored
                print(json.dumps({"text": text, "label": name, "scores": named, "logits": row.tolist()}))
    if truth:
        macro = f1_score(truth, predicted, average="macro", zero_division=0)
        print(json.dumps({"n": len(truth), "accuracy": accuracy_score(truth, predicted), "macro_f1": macro}))


if __name__ == "__main__":
    main()
