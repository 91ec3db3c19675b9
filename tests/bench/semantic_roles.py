#!/usr/bin/env python3
"""Semantic role labelling as sequence labelling: data for `graftwork train --task token-classification`, one row a predicate.

    python semantic_roles.py --treebank DIR --propbank DIR --out DIR

Who did what to whom depends on the verb that is asked about, so a sentence has a row for each of its predicates, which stands
between « and » (as in Shi and Lin, 2019, who repeat it behind the sentence):

    {"tokens": ["Troops", "«", "killed", "»", "the", "preacher"], "tags": ["B-ARG0", "O", "B-V", "O", "B-ARG1", "I-ARG1"]}

--treebank has {train,dev,test}.jsonl.gz of UD English EWT: a line a sentence, with `tokens` and `xpos` (CC BY-SA 4.0).
--propbank is https://github.com/propbank/propbank-release, whose files have the roles, but not the words (CC BY-SA 4.0). Sentences
of both are matched by their parts of speech; what matches none or differing ones is left out, and counted.
"""

import argparse
import gzip
import json
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

BEFORE, AFTER = "«", "»"
#: The columns of a `.gold_skel` line before those of the predicates' roles.
POS, SENSE, FIRST_ROLES = 4, 7, 8


def skeletons(propbank: Path) -> dict[tuple, list]:
    """By its parts of speech: the roles of each sentence, a column a predicate."""
    found = defaultdict(list)
    for path in sorted((propbank / "data/google/ewt").rglob("*.gold_skel")):
        for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()):
            rows = [line.split() for line in block.splitlines()]
            found[tuple(row[POS] for row in rows)].append([list(column) for column in zip(*(row[FIRST_ROLES:] for row in rows))])
    return found


def tags(column: list[str]) -> list[str]:
    """BIO tags of one predicate's roles: `(ARG0*`, `*`, `*)` are the words of ARG0."""
    found, role, begins = [], None, False
    for cell in column:
        opened = re.search(r"\(([^()*]+)", cell)
        if opened:
            role, begins = opened.group(1), True
        found.append("O" if role is None else f"{'B' if begins else 'I'}-{role}")
        begins = False
        if ")" in cell:
            role = None
    return found


def marked(words: list[str], roles: list[str]) -> dict | None:
    """The sentence with its predicate between marks; none where it has no role beside it."""
    places = [place for place, role in enumerate(roles) if role in ("B-V", "I-V")]
    if not places or set(roles) <= {"O", "B-V", "I-V"}:
        return None
    first, last = places[0], places[-1] + 1
    if places != list(range(first, last)):
        return None
    return {
        "tokens": [*words[:first], BEFORE, *words[first:last], AFTER, *words[last:]],
        "tags": [*roles[:first], "O", *roles[first:last], "O", *roles[last:]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--treebank", type=Path, required=True)
    parser.add_argument("--propbank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fewest", type=int, default=100, help="roles that are rarer in train, and tags that it lacks, become O (default: 100)")
    parser.add_argument("--rows", type=int, help="at most so many rows of train, drawn with seed 0")
    args = parser.parse_args()
    known = skeletons(args.propbank)
    args.out.mkdir(parents=True, exist_ok=True)
    kept = None
    for part in ("train", "dev", "test"):
        with gzip.open(args.treebank / f"{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            sentences = [json.loads(line) for line in file]
        rows, left_out = [], 0
        for sentence in sentences:
            candidates = known.get(tuple(sentence["xpos"]), [])
            if not candidates or any(other != candidates[0] for other in candidates):
                left_out += 1
                continue
            rows += [row for column in candidates[0] if (row := marked(sentence["tokens"], tags(column)))]
        if kept is None:
            if args.rows is not None and args.rows < len(rows):
                rows = random.Random(0).sample(rows, args.rows)
            counts = Counter(tag for row in rows for tag in row["tags"])
            kept = {tag for tag in counts if counts[f"B-{tag[2:]}"] >= args.fewest}
        for row in rows:
            row["tags"] = [tag if tag in kept else "O" for tag in row["tags"]]
        with open(args.out / f"{part}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        print(f"{part}: {len(rows)} predicates of {len(sentences) - left_out} sentences; {left_out} sentences are left out")
    print("roles:", ", ".join(sorted({tag[2:] for tag in kept})))


if __name__ == "__main__":
    main()
