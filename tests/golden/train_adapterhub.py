#!/usr/bin/env python3
"""Trains a text classifier with AdapterHub on PyTorch: the accuracy that `graftwork train` is compared with.

    python train_adapterhub.py --backbone /tmp/minilm/model --data ../data/sms-spam --epochs 3 --lr 5e-4 \\
        --batch-size 32 --reduction-factor 16 --method double_seq_bn --seed 1

Prints one JSON line at the end. --data is a folder with {train,dev,test}.tsv.gz. The head is AdapterHub's default
(2 layers, tanh, [CLS]). AdamW, decay on matrices only; linear schedule to zero with warm-up; batches of a seeded shuffle.
"""

import argparse
import json
import logging
import os
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from adapters import AutoAdapterModel
from transformers import AutoTokenizer, get_linear_schedule_with_warmup

from adapterhub import METHODS, NAME, trainable
from common import pad, read_tsv, seed_everything


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--method", choices=sorted(METHODS), default="double_seq_bn")
    parser.add_argument("--reduction-factor", type=float, default=16)
    parser.add_argument("--rank", type=int, default=8, help="of lora")
    parser.add_argument("--alpha", type=int, default=16, help="of lora")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--warmup-ratio", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--clip", type=float, default=1.0)
    parser.add_argument("--no-dropout", action="store_true", help="train in eval mode: no dropout anywhere")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-steps", type=int, help="stop early (to try the script out)")
    parser.add_argument("--save", type=Path, help="write the trained adapter and head here, as safetensors")
    return parser.parse_args()


def scores(predicted: list[int], labels: list[int], classes: int) -> dict[str, float]:
    """Accuracy and macro-F1 (mean of the per-class F1; a class with no true and no predicted example counts 0)."""
    f1 = []
    for c in range(classes):
        hits = sum(p == c == t for p, t in zip(predicted, labels))
        total = predicted.count(c) + labels.count(c)
        f1.append(2 * hits / total if total else 0.0)
    accuracy = sum(p == t for p, t in zip(predicted, labels)) / len(labels)
    return {"accuracy": round(accuracy, 5), "macro_f1": round(sum(f1) / classes, 5)}


@torch.no_grad()
def evaluate(model, examples, classes: int, batch_size: int = 64) -> dict[str, float]:
    model.eval()
    order = sorted(range(len(examples)), key=lambda i: len(examples[i][0]))
    predicted = [0] * len(examples)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        logits = model(**pad([examples[i][0] for i in rows])).logits
        for i, best in zip(rows, logits.argmax(-1).tolist()):
            predicted[i] = best
    return scores(predicted, [label for _, label in examples], classes)


def main() -> None:
    args = arguments()
    logging.getLogger("adapters").setLevel(logging.ERROR)
    torch.set_num_threads(args.threads)
    seed_everything(args.seed)

    labels = sorted({label for label, _ in read_tsv(args.data / "train.tsv.gz")})
    tokenizer = AutoTokenizer.from_pretrained(args.backbone)
    splits = {}
    for split in ("train", "dev", "test"):
        rows = read_tsv(args.data / f"{split}.tsv.gz")
        ids = tokenizer([text for _, text in rows], truncation=True, max_length=args.max_length)["input_ids"]
        splits[split] = [(tokens, labels.index(label)) for tokens, (label, _) in zip(ids, rows)]

    model = AutoAdapterModel.from_pretrained(args.backbone)
    options = {"r": args.rank, "alpha": args.alpha} if args.method == "lora" else {"reduction_factor": args.reduction_factor}
    model.add_adapter(NAME, config=METHODS[args.method](**options))
    model.add_classification_head(NAME, num_labels=len(labels), id2label=dict(enumerate(labels)))
    model.train_adapter(NAME)
    parameters = trainable(model)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parameters.values() if p.ndim >= 2], "weight_decay": args.weight_decay},
            {"params": [p for p in parameters.values() if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=args.lr,
    )
    train = splits["train"]
    steps = args.epochs * -(-len(train) // args.batch_size)
    schedule = get_linear_schedule_with_warmup(optimizer, round(args.warmup_ratio * steps), steps)

    shuffle = torch.Generator().manual_seed(args.seed)
    done, seconds, per_epoch = 0, 0.0, []
    for epoch in range(args.epochs):
        begin, losses = time.perf_counter(), []
        model.train(not args.no_dropout)
        order = torch.randperm(len(train), generator=shuffle).tolist()
        for start in range(0, len(order), args.batch_size):
            if args.max_steps is not None and done >= args.max_steps:
                break
            batch = [train[i] for i in order[start : start + args.batch_size]]
            optimizer.zero_grad()
            loss = model(**pad([ids for ids, _ in batch]), labels=torch.tensor([label for _, label in batch])).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters.values(), args.clip)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            done += 1
        seconds += time.perf_counter() - begin
        per_epoch.append({"loss": round(sum(losses) / max(1, len(losses)), 5), "dev": evaluate(model, splits["dev"], len(labels))})
        print(json.dumps({"epoch": epoch + 1, "seconds": round(seconds, 1), **per_epoch[-1]}), flush=True)

    if args.save:
        model.save_adapter(str(args.save), NAME, with_head=True, use_safetensors=True)
    print(json.dumps({
        "data": args.data.name, "method": args.method, **options, "seed": args.seed,
        "dropout": not args.no_dropout, "epochs": args.epochs, "lr": args.lr, "batch_size": args.batch_size,
        "warmup_ratio": args.warmup_ratio, "max_length": args.max_length, "steps": done,
        "trainable_parameters": sum(p.numel() for p in parameters.values()),
        "total_parameters": sum(p.numel() for p in model.parameters()),
        "train_seconds": round(seconds, 1), "threads": args.threads, "dev": per_epoch[-1]["dev"],
        "test": evaluate(model, splits["test"], len(labels)),
    }))


if __name__ == "__main__":
    main()
