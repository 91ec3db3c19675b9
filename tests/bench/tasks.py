#!/usr/bin/env python3
"""Every task trained to the end, by graftwork and by AdapterHub on PyTorch: the table of `tasks.md` beside it.

    python tasks.py --graftwork BIN --backbone DIR --data DIR --out tasks.jsonl [--sets a,b] [--seeds 1,2] [--threads 2]
    python tasks.py --out tasks.jsonl --report

--data has a folder a set with {train,dev,test} as ../golden/adapterhub_tasks.py reads them. Both sides get the same rows (at most as many
as SETS says, drawn once), epochs, rate, batches of 32 and a warm-up over a tenth: `double_seq_bn` of reduction factor 16 with the
default head of the task. Each keeps its own defaults otherwise: AdapterHub trains with dropout and keeps the last weights, graftwork
without and keeps the best of the dev data.

Each run is a line of --out; what is there already is not run again, so the script may be stopped and run again. AdapterHub needs what
../golden/requirements.txt lists.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@dataclass
class Set:
    task: str
    metric: str
    epochs: int = 3
    max_length: int = 64
    rate: float = 5e-4
    train_rows: int | None = None
    test_rows: int | None = None
    second: str | None = None  # another metric, of a task with two heads


SETS = {
    "sentence-polarity": Set("text-classification", "accuracy", train_rows=4000),
    "clinc150": Set("text-classification", "accuracy", train_rows=7500, test_rows=3000),
    "sib200-eng_Latn": Set("text-classification", "accuracy", epochs=10),
    "sib200-deu_Latn": Set("text-classification", "accuracy", epochs=10),
    "sib200-zho_Hans": Set("text-classification", "accuracy", epochs=10),
    "snli-small": Set("text-classification", "accuracy", train_rows=5000, test_rows=3000),
    "goemotions": Set("multi-label-classification", "f1_micro", train_rows=8000),
    "stsb-captions-open": Set("regression", "pearson", epochs=10),
    "wnut17": Set("token-classification", "f1", epochs=5),
    "ud-en-ewt": Set("token-classification", "accuracy", train_rows=4000),
    "snips": Set("intent-slot-classification", "intent_accuracy", train_rows=4000, second="slots_f1"),
    "xquad-en": Set("question-answering", "f1", epochs=5, max_length=256, rate=2e-3),
}
BATCH = 32


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graftwork", type=Path)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--sides", default="graftwork,adapterhub")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="print the table of what was measured")
    return parser.parse_args()


def limited(source: Path, kind: Set, folder: Path) -> None:
    """Writes the rows that both sides get. What is measured has no label that none of them learns."""
    known: set[str] | None = None
    for split in ("train", "dev", "test"):
        path = next(path for path in source.glob(f"{split}.*.gz"))
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            lines = file.read().splitlines(keepends=True)
        header = [lines.pop(0)] if ".tsv" in path.name else []
        most = kind.train_rows if split == "train" else kind.test_rows
        if most is not None and most < len(lines):
            chosen = sorted(random.Random(0).sample(range(len(lines)), most))
            lines = [lines[place] for place in chosen]
        if not header:
            own = [labels(json.loads(line)) for line in lines]
            known = known or set().union(*own)
            lines = [line for line, names in zip(lines, own) if names <= known]
        with gzip.open(folder / path.name, "wt", encoding="utf-8", newline="\n") as file:
            file.write("".join(header + lines))


def labels(row: dict) -> set[str]:
    """What a row of a .jsonl file has to be told."""
    return {*row.get("tags", []), *row.get("labels", []), *([row["intent"]] if "intent" in row else [])}


def run(command: list, threads: int) -> dict:
    environment = os.environ | {"GRAFTWORK_THREADS": str(threads)}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def graftwork(args: argparse.Namespace, kind: Set, folder: Path, seed: int) -> dict:
    files = {split: next(folder.glob(f"{split}.*")) for split in ("train", "dev", "test")}
    with tempfile.TemporaryDirectory() as out:
        found = run([args.graftwork, "train", "--backbone", args.backbone, "--task", kind.task, "--recipe", "standard",
                     *(word for split, file in files.items() for word in (f"--{split}", file)), "--epochs", kind.epochs,
                     "--lr", kind.rate, "--batch-size", BATCH, "--max-length", kind.max_length, "--seed", seed,
                     "--out", Path(out) / "adapter", "--json", "--quiet"], args.threads)
    test = found["test"]
    by_head = {f"{head}_{name}": value for head, own in test.items() if isinstance(own, dict) and head in ("intent", "slots")
               for name, value in own.items()}
    return test | by_head


def adapterhub(args: argparse.Namespace, kind: Set, folder: Path, seed: int) -> dict:
    return run([sys.executable, GOLDEN / "train_adapterhub.py", "--backbone", args.backbone, "--data", folder, "--task", kind.task,
                "--epochs", kind.epochs, "--lr", kind.rate, "--batch-size", BATCH, "--max-length", kind.max_length,
                "--threads", args.threads, "--seed", seed], args.threads)["test"]


SIDES = {"graftwork": graftwork, "adapterhub": adapterhub}


def results(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def measure(args: argparse.Namespace) -> None:
    key = lambda line: (line["set"], line["seed"], line["side"])
    done = {key(line) for line in results(args.out)}
    for seed in map(int, args.seeds.split(",")):
        for name in args.sets.split(","):
            kind = SETS[name]
            with tempfile.TemporaryDirectory() as folder:
                limited(args.data / name, kind, Path(folder))
                for side in args.sides.split(","):
                    line = {"set": name, "seed": seed, "side": side}
                    if key(line) in done:
                        continue
                    started = time.time()
                    test = SIDES[side](args, kind, Path(folder), seed)
                    line |= {"metric": kind.metric, "value": test[kind.metric], "seconds": round(time.time() - started, 1)}
                    if kind.second:
                        line |= {kind.second: test[kind.second]}
                    with args.out.open("a") as out:
                        out.write(json.dumps(line) + "\n")
                    print(json.dumps(line), flush=True)


def report(path: Path) -> None:
    lines = results(path)
    print("| set | task | metric | rows, epochs | seeds | graftwork | AdapterHub | difference | seconds |")
    print("|---|---|---|---|--:|--:|--:|--:|--:|")
    for name, kind in SETS.items():
        own = {(line["side"], line["seed"]): line for line in lines if line["set"] == name}
        seeds = [seed for seed in sorted({seed for _, seed in own}) if all((side, seed) in own for side in SIDES)]
        if not seeds:
            continue
        of = lambda side, what: sum(own[side, seed][what] for seed in seeds) / len(seeds)
        times = " / ".join(f"{of(side, 'seconds'):.0f}" for side in SIDES)
        rows = f"{kind.train_rows or 'all'}, {kind.epochs}"
        for metric, key in ((kind.metric, "value"), (kind.second, kind.second)):
            if metric:
                ours, theirs = (100 * of(side, key) for side in SIDES)
                print(f"| {name} | {kind.task} | {metric} | {rows} | {len(seeds)} | {ours:.1f} | {theirs:.1f} | {ours - theirs:+.1f} | {times} |")


def main() -> None:
    args = arguments()
    if not args.report:
        measure(args)
    report(args.out)


if __name__ == "__main__":
    main()
