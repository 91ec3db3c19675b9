#!/usr/bin/env python3
"""Trains with AdapterHub on PyTorch: the score that `graftwork train` is compared with.

    python train_adapterhub.py --backbone /tmp/minilm/model --data ../data/sms-spam --epochs 3 --lr 5e-4 \\
        --batch-size 32 --reduction-factor 16 --method double_seq_bn --seed 1
    python train_adapterhub.py --backbone /tmp/minilm/model --data DIR --task token-classification --seed 1

Prints one JSON line at the end. --data is a folder with {train,dev,test}.tsv.gz or .jsonl.gz, as adapterhub_tasks.py reads them.
The head is AdapterHub's default (of texts: 2 layers, tanh, [CLS]; of tokens: 1 layer on every one, tags at the
first token of each word). AdamW, decay on matrices only; linear schedule to zero with warm-up; batches of a seeded
shuffle.
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
from adapterhub_tasks import TASKS
from common import pad, seed_everything


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--task", choices=sorted(TASKS), default="text-classification")
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


def inputs(examples: list[dict]) -> dict[str, torch.Tensor]:
    types = pad([example["types"] for example in examples])["input_ids"]
    return {**pad([example["ids"] for example in examples]), "token_type_ids": types}


@torch.no_grad()
def evaluate(model, task, examples, labels: list[str], batch_size: int = 64) -> dict[str, float]:
    model.eval()
    order = sorted(range(len(examples)), key=lambda i: len(examples[i]["ids"]))
    outputs = [None] * len(examples)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        for i, row in zip(chosen, task.predict(model, inputs([examples[i] for i in chosen]))):
            outputs[i] = row
    return {name: round(float(value), 5) for name, value in task.scores(outputs, examples, labels).items()}


def main() -> None:
    args = arguments()
    logging.getLogger("adapters").setLevel(logging.ERROR)
    torch.set_num_threads(args.threads)
    seed_everything(args.seed)

    task, labels, splits = TASKS[args.task], None, {}
    tokenizer = AutoTokenizer.from_pretrained(args.backbone)
    for split in ("train", "dev", "test"):
        splits[split], labels = task.read(args.data / split, tokenizer, args.max_length, labels)

    model = AutoAdapterModel.from_pretrained(args.backbone)
    options = {"r": args.rank, "alpha": args.alpha} if args.method == "lora" else {"reduction_factor": args.reduction_factor}
    model.add_adapter(NAME, config=METHODS[args.method](**options))
    task.add_head(model, labels)
    model.train_adapter(NAME)
    # Several heads: train_adapter leaves those that are not called as the adapter to the user.
    for head in model.heads.values():
        head.requires_grad_(True)
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
            loss = task.loss(model, inputs(batch), batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters.values(), args.clip)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            done += 1
        seconds += time.perf_counter() - begin
        per_epoch.append({"loss": round(sum(losses) / max(1, len(losses)), 5), "dev": evaluate(model, task, splits["dev"], labels)})
        print(json.dumps({"epoch": epoch + 1, "seconds": round(seconds, 1), **per_epoch[-1]}), flush=True)

    if args.save:
        model.save_adapter(str(args.save), NAME, with_head=True, use_safetensors=True)
    print(json.dumps({
        "data": args.data.name, "task": args.task, "method": args.method, **options, "seed": args.seed,
        "dropout": not args.no_dropout, "epochs": args.epochs, "lr": args.lr, "batch_size": args.batch_size,
        "warmup_ratio": args.warmup_ratio, "max_length": args.max_length, "steps": done,
        "trainable_parameters": sum(p.numel() for p in parameters.values()),
        "total_parameters": sum(p.numel() for p in model.parameters()),
        "train_seconds": round(seconds, 1), "threads": args.threads, "dev": per_epoch[-1]["dev"],
        "test": evaluate(model, task, splits["test"], labels),
    }))


if __name__ == "__main__":
    main()
