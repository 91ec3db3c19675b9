#!/usr/bin/env python3
"""Learning from few examples: what `few-examples.md` beside it shows, measured.

    python few_examples.py --graftwork BIN --backbone DIR --data DIR --out few-examples.jsonl [--sets a,b] [--per-label 5,10,20,all]
    python few_examples.py --out few-examples.jsonl --report

--data has a folder a set with {train,test}.tsv.gz (label, text) or .jsonl.gz (tokens and intent, or text and labels). For each
set, number of examples a label and draw (seeds 0 to 4), with the same texts and the same at most 400 texts to test on (`all`: every
example there is, and every text to test on):

- `probe`: scikit-learn's LogisticRegression (C = 1) on the vectors of `graftwork embed --normalize`;
- `head`: `graftwork train --recipe probe`;
- `few-shot`: `graftwork train --recipe few-shot`;
- `standard`: `graftwork train --recipe standard`, with the settings that the application had before: a rate of 1e-3, about 200
  steps, a fifth held out; of `all` the program's defaults, with the set's own dev data;
- `defaults`: `graftwork train --recipe standard` as it comes, without dev data;
- `auto`: `graftwork train` as it comes, without dev data;
- `adapterhub`: AdapterHub on PyTorch with its defaults: double_seq_bn, its two-layer head, dropout, a rate of 1e-4, batches of
  32, 200 steps; of `all` three epochs.

Each result is a line of --out; what is there already is not measured again, so the script may be stopped and run again.
Needs numpy and scikit-learn, and for `adapterhub` what tests/golden/requirements.txt lists.
"""

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETS = ["sms-spam", "sentence-polarity", "sib200-eng_Latn", "sib200-deu_Latn", "snips", "uspto50k-rxnclass", "goemotions", "clinc150"]
METHODS = ["probe", "head", "few-shot", "defaults", "auto", "standard", "adapterhub"]
BY_DEFAULT = ["probe", "head", "few-shot", "standard", "adapterhub"]
ALL = 0
TEST_TEXTS = 400
MAX_LENGTH = 128
STEPS = 200


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graftwork", type=Path)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--per-label", default="5,10,20")
    parser.add_argument("--draws", default="0,1,2,3,4")
    parser.add_argument("--methods", default=",".join(BY_DEFAULT))
    parser.add_argument("--report", action="store_true", help="print the tables of what was measured")
    return parser.parse_args()


def rows(folder: Path, part: str) -> list[tuple[str, str]]:
    """(label, text) of a part of a data set; rows with several labels are left out."""
    tsv = folder / f"{part}.tsv.gz"
    if tsv.exists():
        with gzip.open(tsv, "rt", encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        label, text = lines[0].index("label"), lines[0].index("text")
        return [(line[label], line[text]) for line in lines[1:] if line[label] != "oos"]
    with gzip.open(folder / f"{part}.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    if "intent" in records[0]:
        return [(record["intent"], " ".join(record["tokens"])) for record in records if "#" not in record["intent"]]
    return [(record["labels"][0], record["text"]) for record in records if len(record["labels"]) == 1]


def drawn(train: list[tuple[str, str]], per_label: int, draw: int) -> list[tuple[str, str]]:
    """So many examples of each label that has as many, in a shuffled order; ALL takes every one."""
    if per_label == ALL:
        return random.Random(draw).sample(train, len(train))
    by_label: dict[str, list[str]] = {}
    for label, text in train:
        by_label.setdefault(label, []).append(text)
    chance = random.Random(1000 * per_label + draw)
    chosen = [(label, text) for label, texts in sorted(by_label.items()) if len(texts) >= 2 * per_label
              for text in chance.sample(sorted(set(texts)), per_label)]
    chance.shuffle(chosen)
    return chosen


def write(path: Path, examples: list[tuple[str, str]]) -> None:
    clean = lambda text: text.replace("\t", " ")
    path.write_text("label\ttext\n" + "".join(f"{label}\t{clean(text)}\n" for label, text in examples), encoding="utf-8")


class Program:
    def __init__(self, args: argparse.Namespace, folder: Path) -> None:
        self.args, self.folder = args, folder

    def run(self, *words: object) -> str:
        command = [self.args.graftwork, *words, "--backbone", self.args.backbone, "--quiet"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
        return done.stdout

    def vectors(self, path: Path):
        import numpy

        out = self.run("embed", "--input", path, "--normalize", "--max-length", MAX_LENGTH)
        return numpy.array([json.loads(line)["embedding"] for line in out.splitlines()])

    def train(self, *words: object) -> dict:
        with tempfile.TemporaryDirectory(dir=self.folder) as out:
            common = ["--test", self.folder / "test.tsv", "--max-length", MAX_LENGTH, "--out", Path(out) / "adapter"]
            found = json.loads(self.run("train", *common, "--json", *words))
        result = {"accuracy": found["test"]["accuracy"]}
        kept = (found.get("cross_validation") or {}).get("kept")
        return {**result, **({"kept": kept} if kept else {})}


def probe(program: Program, examples, test, _draw) -> dict:
    from sklearn.linear_model import LogisticRegression

    train, held = program.vectors(program.folder / "train.tsv"), program.vectors(program.folder / "test.tsv")
    model = LogisticRegression(C=1.0, max_iter=1000).fit(train, [label for label, _ in examples])
    return {"accuracy": float(model.score(held, [label for label, _ in test]))}


def by_recipe(recipe: str):
    def measure(program: Program, _examples, _test, draw) -> dict:
        return program.train("--train", program.folder / "train.tsv", "--recipe", recipe, "--seed", draw)

    return measure


def standard(program: Program, examples, _test, draw) -> dict:
    if (program.folder / "dev.tsv").exists():
        return program.train("--train", program.folder / "train.tsv", "--dev", program.folder / "dev.tsv", "--recipe", "standard",
                             "--seed", draw)
    dev, train = [], []
    seen: dict[str, int] = {}
    for label, text in examples:
        seen[label] = seen.get(label, 0) + 1
        (dev if seen[label] % 5 == 0 else train).append((label, text))
    write(program.folder / "learned.tsv", train)
    write(program.folder / "dev.tsv", dev or train)
    epochs = max(1, round(STEPS / -(-len(train) // 16)))
    return program.train("--train", program.folder / "learned.tsv", "--dev", program.folder / "dev.tsv", "--recipe", "standard",
                         "--lr", 1e-3, "--batch-size", 16, "--epochs", epochs, "--seed", draw)


def adapterhub(program: Program, examples, test, draw) -> dict:
    sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
    import torch
    from adapters import AutoAdapterModel, DoubleSeqBnConfig
    from transformers import AutoTokenizer, get_linear_schedule_with_warmup

    torch.manual_seed(draw)
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(program.args.backbone)
    model = AutoAdapterModel.from_pretrained(program.args.backbone)
    labels = sorted({label for label, _ in examples})
    model.add_adapter("few", config=DoubleSeqBnConfig())
    model.add_classification_head("few", num_labels=len(labels))
    model.train_adapter("few")
    encode = lambda texts: tokenizer(texts, truncation=True, max_length=MAX_LENGTH, padding=True, return_tensors="pt")
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-4)
    steps = max(STEPS, 3 * len(examples) // 32)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, steps)
    chance, order = random.Random(draw), []
    model.train()
    for _ in range(steps):
        if len(order) < min(32, len(examples)):
            order = chance.sample(range(len(examples)), len(examples))
        batch, order = [examples[i] for i in order[:32]], order[32:]
        logits = model(**encode([text for _, text in batch])).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([labels.index(label) for label, _ in batch]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(test), 50):
            part = test[start:start + 50]
            said = model(**encode([text for _, text in part])).logits.argmax(dim=1).tolist()
            right += sum(labels[answer] == label for answer, (label, _) in zip(said, part))
    return {"accuracy": right / len(test)}


MEASURE = {"probe": probe, "head": by_recipe("probe"), "few-shot": by_recipe("few-shot"),
           "defaults": by_recipe("standard"), "auto": by_recipe("auto"), "standard": standard, "adapterhub": adapterhub}


def measure(args: argparse.Namespace) -> None:
    done = {key(line) for line in results(args.out)}
    for draw in map(int, args.draws.split(",")):
        for per_label in (ALL if number == "all" else int(number) for number in args.per_label.split(",")):
            for name in args.sets.split(","):
                train, test = rows(args.data / name, "train"), rows(args.data / name, "test")
                examples = drawn(train, per_label, draw)
                labels = {label for label, _ in examples}
                random.Random(0).shuffle(test)
                test = [(label, text) for label, text in test if label in labels][:TEST_TEXTS if per_label != ALL else None]
                with tempfile.TemporaryDirectory() as folder:
                    program = Program(args, Path(folder))
                    write(program.folder / "train.tsv", examples)
                    write(program.folder / "test.tsv", test)
                    if per_label == ALL:
                        write(program.folder / "dev.tsv", rows(args.data / name, "dev"))
                    for method in args.methods.split(","):
                        what = {"set": name, "per_label": per_label, "draw": draw, "method": method}
                        if key(what) in done:
                            continue
                        started = time.time()
                        found = MEASURE[method](program, examples, test, draw)
                        found["seconds"] = round(time.time() - started, 1)
                        line = {**what, "examples": len(examples), "labels": len(labels), **found}
                        with args.out.open("a") as out:
                            out.write(json.dumps(line) + "\n")
                        print(json.dumps(line), flush=True)


def key(line: dict) -> tuple:
    return line["set"], line["per_label"], line["draw"], line["method"]


def results(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def report(path: Path) -> None:
    lines = results(path)
    few, whole = [line for line in lines if line["per_label"] != ALL], [line for line in lines if line["per_label"] == ALL]
    table("From few examples", few, ["probe", "head", "few-shot"])
    table("Where examples are no longer few", few, ["probe", "head", "few-shot", "defaults"])
    table("Beside what it replaced, and AdapterHub", few, ["probe", "few-shot", "standard", "adapterhub"])
    table("From all examples", whole, ["probe", "auto", "standard", "adapterhub"])
    for method in METHODS:
        seconds = sorted(line["seconds"] for line in few if line["method"] == method)
        if seconds:
            print(f"{method}: {seconds[len(seconds) // 2]} s in the median, measuring included")


def table(title: str, lines: list[dict], methods: list[str]) -> None:
    """Means over the draws that all of these methods have; `kept` counts those whose adapter cross-validation kept."""
    methods = [method for method in methods if any(line["method"] == method for line in lines)]
    print(f"\n{title}\n")
    print("| set (labels) | examples a label | draws | " + " | ".join(methods) + " | kept |")
    print("|---|--:|--:" + "|--:" * len(methods) + "|---|")
    differences = []
    for name, per_label in sorted({(line["set"], line["per_label"]) for line in lines}, key=lambda row: (order(row[0]), row[1])):
        own = {(line["method"], line["draw"]): line for line in lines if (line["set"], line["per_label"]) == (name, per_label)}
        draws = [draw for draw in sorted({draw for _, draw in own}) if all((method, draw) in own for method in methods)]
        if not draws:
            continue
        mean = [100 * sum(own[method, draw]["accuracy"] for draw in draws) / len(draws) for method in methods]
        if "few-shot" in methods:
            differences.append(mean[methods.index("few-shot")] - mean[0])
        kept = sum(own[method, draw].get("kept") == "adapter" for method in methods for draw in draws)
        labels = next(iter(own.values()))["labels"]
        cells = [name + f" ({labels})", per_label or "all", len(draws), *(f"{value:.1f}" for value in mean), kept]
        print("| " + " | ".join(map(str, cells)) + " |")
    if differences:
        print(f"\nfew-shot less probe: {sum(differences) / len(differences):+.1f} on average, {min(differences):+.1f} at worst")


def order(name: str) -> int:
    return SETS.index(name) if name in SETS else len(SETS)


def main() -> None:
    args = arguments()
    if not args.report:
        measure(args)
    report(args.out)


if __name__ == "__main__":
    main()
