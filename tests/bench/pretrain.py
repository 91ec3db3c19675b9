#!/usr/bin/env python3
"""Whether phase 1 helps: an adapter that has learned the domain's language, beside new weights, after equally many steps.

    python pretrain.py --graftwork BIN --backbone DIR --data DIR --work DIR [--words] [--steps 200] [--pretrain-steps 400]
    python pretrain.py --work DIR --report

--data is a folder with {train,dev,test}.tsv.gz (label, text); phase 1 learns from the texts of train alone, without labels. Then
for each of --seeds `graftwork train` runs twice with the same settings, `random` from new weights and `phase1` by --init, and
both are measured on test. Each result is a line of WORK/results.jsonl; what is there already is not measured again, and an
interrupted training goes on (--resume), so the script may be stopped and run again.

--words is for backbones whose texts are words of the vocabulary with spaces between, such as rxnfp on reaction SMILES: a copy of
the backbone gets a tokenizer.json that looks each word up as it stands. Weights may be a pytorch_model.bin.
"""

import argparse
import gzip
import json
import subprocess
from pathlib import Path
from statistics import mean, stdev

WEIGHTS = ["model.safetensors", "pytorch_model.bin"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graftwork", type=Path)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--pretrain-steps", type=int, default=400)
    parser.add_argument("--pretrain-lr", default="1e-3")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--lr", default="5e-4")
    parser.add_argument("--method", default="double_seq_bn")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--test-texts", type=int, default=1000)
    parser.add_argument("--report", action="store_true", help="print what was measured")
    return parser.parse_args()


def word_backbone(backbone: Path, folder: Path) -> Path:
    """A copy of a backbone (its weights linked) with a tokenizer over whole words."""
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((backbone / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **config}))
    for name in WEIGHTS:
        if (backbone / name).exists() and not (folder / name).exists():
            (folder / name).symlink_to((backbone / name).resolve())
    vocab = (backbone / "vocab.txt").read_text(encoding="utf-8").split("\n")
    ids = {token: place for place, token in enumerate(vocab) if token}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    added = [{"id": ids[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for token in special]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", ids["[SEP]"]], "cls": ["[CLS]", ids["[CLS]"]]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def head_of(source: Path, rows: int, to: Path) -> Path:
    """The first rows of a table."""
    with gzip.open(source, "rt", encoding="utf-8") as file, open(to, "w", encoding="utf-8") as out:
        out.writelines(line for _, line in zip(range(rows + 1), file))
    return to


def run(options: argparse.Namespace, *command) -> dict:
    words = [str(options.graftwork), *map(str, command), "--json", "--quiet"]
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)


def losses(log: Path) -> tuple[float, float]:
    """The mean loss of the first and of the last ten steps."""
    found = [json.loads(line)["loss"] for line in log.read_text().splitlines()]
    return mean(found[:10]), mean(found[-10:])


def measure(options: argparse.Namespace) -> None:
    work, results = options.work, options.work / "results.jsonl"
    work.mkdir(parents=True, exist_ok=True)
    done = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    backbone = word_backbone(options.backbone, work / "backbone") if options.words else options.backbone
    train, dev = options.data / "train.tsv.gz", head_of(options.data / "dev.tsv.gz", 200, work / "dev.tsv")
    test = head_of(options.data / "test.tsv.gz", options.test_texts, work / "test.tsv")

    def note(result: dict) -> None:
        done.append(result)
        with open(results, "a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        print(json.dumps(result), flush=True)

    phase1, log = work / "phase1", work / "phase1.jsonl"
    if not any(one["start"] == "pretrain" for one in done):
        found = run(options, "pretrain", "--backbone", backbone, "--train", train, "--dev", dev, "--out", phase1, "--log", log,
                    "--max-steps", options.pretrain_steps, "--epochs", 1000, "--max-length", options.max_length, "--method", options.method,
                    "--lr", options.pretrain_lr, "--resume", "--line-by-line")
        first, last = losses(log)
        note({"start": "pretrain", "steps": found["steps"], "loss_first": first, "loss_last": last, "dev": found["dev"], "seconds": found["train_seconds"]})
    for seed in options.seeds.split(","):
        for start in ["random", "phase1"]:
            if any(one["start"] == start and one["seed"] == seed for one in done):
                continue
            begin = ["--init", phase1] if start == "phase1" else ["--method", options.method]
            found = run(options, "train", "--backbone", backbone, "--train", train, "--dev", dev, "--test", test, "--recipe", "standard",
                        "--out", work / f"{start}-{seed}", "--seed", seed, "--max-steps", options.steps, "--epochs", 1000, "--keep-last",
                        "--batch-size", options.batch_size, "--lr", options.lr, "--max-length", options.max_length, "--resume", *begin)
            note({"start": start, "seed": seed, "steps": found["steps"], "accuracy": found["test"]["accuracy"],
                  "macro_f1": found["test"]["macro_f1"], "loss": found["test"]["loss"], "seconds": found["train_seconds"]})


def report(work: Path) -> None:
    found = [json.loads(line) for line in (work / "results.jsonl").read_text().splitlines()]
    for one in found:
        if one["start"] == "pretrain":
            print(f"phase 1: {one['steps']} steps, loss {one['loss_first']:.3f} -> {one['loss_last']:.3f}, "
                  f"dev perplexity {one['dev']['perplexity']:.3f}, masked accuracy {100 * one['dev']['masked_accuracy']:.2f} %")
    print("| start | seeds | accuracy | macro F1 | loss |\n|---|---|---|---|---|")
    for start in ["random", "phase1"]:
        own = [one for one in found if one["start"] == start]
        cell = lambda key, scale: f"{scale * mean(one[key] for one in own):.3f} ± {scale * stdev([one[key] for one in own]) if len(own) > 1 else 0:.3f}"
        if own:
            print(f"| {start} | {len(own)} | {cell('accuracy', 100)} | {cell('macro_f1', 1)} | {cell('loss', 1)} |")


if __name__ == "__main__":
    chosen = arguments()
    if not chosen.report:
        measure(chosen)
    report(chosen.work)
