#!/usr/bin/env python3
"""Which learning rate and width suit each task family: `graftwork sweep` over the same grid on one data set of each.

    python defaults.py --graftwork BIN --backbone DIR --data DIR --work DIR [--sets a,b] [--seeds 1,2] [--rates 5e-4,1e-3,2e-3] [--factors 16,8]
    python defaults.py --work DIR --report

--data has a folder a set with {train,dev}.tsv.gz or .jsonl.gz. What is compared is the score of the best weights on the dev data; the
test data stays unseen. `graftwork sweep` does no finished run again, so the script may be stopped and run again.
"""

import argparse
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from statistics import mean

from tasks import SETS, limited

# A set of each family, and how much of it is learned: as often as the program goes through so many examples, but for the slowest.
FAMILIES = {
    "sib200-eng_Latn": {"epochs": None},
    "sentence-polarity": {"epochs": None, "train_rows": 2000},
    "goemotions": {"epochs": None, "train_rows": 4000},
    "stsb-captions-open": {"epochs": None},
    "wnut17": {"epochs": None},
    "xquad-en": {"train_rows": 400, "epochs": 5, "max_length": 192},
}
RATES = ["5e-4", "1e-3", "2e-3"]
FACTORS = ["16", "8"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graftwork", type=Path)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(FAMILIES))
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--rates", default=",".join(RATES))
    parser.add_argument("--factors", default=",".join(FACTORS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="print the table of what was measured")
    return parser.parse_args()


def sweep(args: argparse.Namespace, name: str) -> None:
    kind = replace(SETS[name], **FAMILIES[name])
    folder = args.work / name / "data"
    if not folder.exists():
        folder.mkdir(parents=True)
        limited(args.data / name, kind, folder)
    files = {split: next(folder.glob(f"{split}.*")) for split in ("train", "dev")}
    command = [args.graftwork, "sweep", "--vary", f"lr={args.rates}", "--vary", f"reduction-factor={args.factors}",
               "--seeds", args.seeds, "--out", args.work / name / "sweep", "--quiet", "--", "--backbone", args.backbone,
               "--task", kind.task, "--recipe", "standard", "--max-length", kind.max_length,
               *(["--epochs", kind.epochs] if kind.epochs else []),
               *(word for split, file in files.items() for word in (f"--{split}", file))]
    environment = os.environ | {"GRAFTWORK_THREADS": str(args.threads)}
    subprocess.run([str(word) for word in command], check=True, env=environment)


def report(work: Path) -> None:
    heads = [f"{rate}, {factor}" for factor in FACTORS for rate in RATES]
    print(f"| set | task | metric | {' | '.join(heads)} |\n|---|---|---|{'--:|' * len(heads)}")
    for name in FAMILIES:
        results = work / name / "sweep" / "results.jsonl"
        if not results.exists():
            continue
        lines = [json.loads(line) for line in results.read_text().splitlines()]
        scores: dict[str, list[float]] = {}
        for line in lines:
            values = line["values"]
            scores.setdefault(f"{values['lr']}, {values['reduction-factor']}", []).append(line["score"])
        cells = [f"{100 * mean(scores[head]):.1f}" if head in scores else "" for head in heads]
        print(f"| {name} | {SETS[name].task} | {SETS[name].metric} | {' | '.join(cells)} |")


def main() -> None:
    args = arguments()
    if not args.report:
        for name in args.sets.split(","):
            sweep(args, name)
            report(args.work)
    report(args.work)


if __name__ == "__main__":
    main()
