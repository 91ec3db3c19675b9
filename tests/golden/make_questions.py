"""questions.json: what answering questions asks of transformers. Windows of long contexts with the tokens of an answer, the
best spans of random logits, and SQuAD's measures of nasty predictions."""

import json
import random
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer, RobertaTokenizerFast
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1, squad_evaluate
from transformers.data.processors.squad import SquadExample
from transformers.pipelines.question_answering import decode_spans

from common import HERE, seed_everything

PANTHERS = (
    "The Panthers defense gave up just 308 points, ranking sixth in the league. Fellow lineman Mario Addison added 6½ "
    "sacks; “Kony” Ealy had 5 sacks in just 9 starts \N{GRINNING FACE}\N{GRINNING FACE}. Zoë Kuechly led the team in tackles (118), forced two fumbles."
)
CHINESE = "在1990年代,中国 (China) 的 GDP 增长了百分之十。 Second part: naïve cafés, co\N{COMBINING DIAERESIS}operation."
# Question, context, answer, most tokens, tokens that windows have in common.
WINDOWS = [
    ("How many points?", PANTHERS, "308", 24, 6),
    ("How many points?", PANTHERS, "Zoë Kuechly", 24, 6),
    ("How many points?", PANTHERS, "6½ sacks", 30, 10),
    ("How many points?", PANTHERS, "fumbles.", 20, 0),
    ("How many points?", PANTHERS, "The", 16, 5),
    ("How many points?", PANTHERS, "Panthers defense gave up just 308 points, ranking sixth in the league", 18, 4),
    ("How many points?", PANTHERS, "Kony", 512, 128),
    ("Who?", CHINESE, "中国", 12, 3),
    ("Who?", CHINESE, "coöperation", 14, 2),
    ("Who?", CHINESE, "百分之十", 40, 12),
    ("", "a b", "b", 16, 2),
    ("Who?", " ", None, 16, 2),
    ("Who?", PANTHERS, None, 32, 8),
]


def windows(fast, name: str, times: int = 1) -> list[dict]:
    """Windows `times` as long."""
    found = []
    for question, context, answer, max_length, stride in WINDOWS:
        max_length *= times
        batch = fast([question], [context], truncation="only_second", max_length=max_length, stride=stride,
                     return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True)
        begin = -1 if answer is None else context.find(answer)
        # NFC in the list, decomposed in the text.
        if answer == "coöperation":
            answer = "co\N{COMBINING DIAERESIS}operation"
            begin = context.find(answer)
        assert answer is None or begin >= 0, answer
        found.append({
            "tokenizer": name, "question": question, "context": context, "answer": answer, "start": begin,
            "max_length": max_length, "stride": stride,
            "windows": [{
                "ids": batch["input_ids"][i], "type_ids": batch["token_type_ids"][i],
                "span": answer_tokens(batch, i, begin, begin + len(answer or "")),
            } for i in range(len(batch["input_ids"]))],
        })
    return found


def answer_tokens(batch, i: int, start: int, end: int) -> list[int]:
    """As `prepare_train_features` of transformers' examples (run_qa.py): [first, last] token, or [0, 0]. But the search for the
    first one ends with the context: the [SEP] after it has the offset 0, and would be taken for an answer's only token."""
    offsets, sequence = batch["offset_mapping"][i], batch.sequence_ids(i)
    if start < 0 or 1 not in sequence:
        return [0, 0]
    first = sequence.index(1)
    last = len(sequence) - 1
    while sequence[last] != 1:
        last -= 1
    if not (offsets[first][0] <= start and offsets[last][1] >= end):
        return [0, 0]
    end_of_context = last + 1
    while first < end_of_context and offsets[first][0] <= start:
        first += 1
    while offsets[last][1] >= end:
        last -= 1
    return [first - 1, last + 1]


def spans() -> list[dict]:
    """Random logits of a window whose tokens from `context[0]` to `context[1]` are the context's."""
    draws, found = np.random.default_rng(3), []
    for n, context, most in [(12, (4, 11), 30), (30, (9, 29), 5), (60, (3, 59), 15), (8, (5, 7), 1), (6, (4, 5), 30)]:
        logits = draws.normal(size=(n, 2)).astype(np.float32) * 3
        undesired = np.array([int(context[0] <= i < context[1]) for i in range(n)])
        masked = np.where(undesired[:, None] == 1, logits.astype(np.float64), -1e4)
        probabilities = np.exp(masked - masked.max(axis=0))
        probabilities /= probabilities.sum(axis=0)
        starts, ends, scores = decode_spans(probabilities[:, 0], probabilities[:, 1], 10, most, undesired)
        kept = [[int(s), int(e)] for s, e, score in zip(starts, ends, scores) if score > 0]
        found.append({"context": context, "max_answer_length": most, "logits": [float(v) for v in logits.flatten()], "best": kept})
    return found


NASTY = ["", "the", "A", "an apple", "An  Apple!", "the cat's", "cats", "a-b", "U.S.", "US", "U.S.A", "300", "300 points", "$300", "300,000",
         "Zoë", "zoe", "ZOË", "ΑΣ", "ας", "İstanbul", "straße", "STRASSE", "“quoted”", "quoted", "the–cat", "a–b", "the_cat", "中国", "中 国",
         "a 中国", "the中国", "tab\tand\nnewline", "tab and newline", "file\x1cseparator", "file separator", "no\N{NO-BREAK SPACE}break", "no break", "!!!", "the !!!",
         "6½ sacks", "6 sacks", "in the end, the end", "end in", "end end in", "theatre a", "(118)", "118", "a" * 3, "Ⅷ the"]


def squad() -> dict:
    # Every pair of the hand-picked, and of each with itself.
    pairs = [(a, b) for a in NASTY for b in NASTY if a == b or random.random() < 0.25]
    scores = [[gold, said, compute_exact(gold, said), compute_f1(gold, said)] for gold, said in pairs]
    sets = []
    for number in range(6):
        asked, said, doubts = [], {}, {}
        for i in range(40):
            golds = [random.choice(NASTY) for _ in range(random.randint(1, 3))]
            impossible = number % 2 == 1 and random.random() < 0.5
            asked.append((str(i), [] if impossible else golds))
            # As decoding goes: what it would answer, and how much it doubts that there is an answer.
            said[str(i)] = random.choice([*golds, random.choice(NASTY)]) or "x"
            doubts[str(i)] = round(random.gauss(0.5 if impossible else -0.5, 1), 6)
        examples = [SquadExample(qas_id=i, question_text="", context_text="", answer_text=None, start_position_character=None, title="",
                                 answers=[{"text": gold} for gold in golds], is_impossible=not golds) for i, golds in asked]
        at = 0.2
        evaluated = squad_evaluate(examples, said, no_answer_probs=doubts, no_answer_probability_threshold=at)
        without = squad_evaluate(examples, said)
        sets.append({"answers": [golds for _, golds in asked], "said": list(said.values()), "doubts": list(doubts.values()),
                     "threshold": at, "at_threshold": evaluated, "without": without})
    return {"pairs": scores, "sets": sets}


def make(minilm: Path) -> None:
    seed_everything(31)
    bert = AutoTokenizer.from_pretrained(minilm)
    roberta = RobertaTokenizerFast.from_pretrained(HERE / "tiny-roberta")
    value = {"windows": windows(bert, "minilm") + windows(roberta, "tiny-roberta", times=3), "spans": spans(), **squad()}
    lines = [f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(one) for one in many) + "\n]" for key, many in value.items()]
    (HERE / "questions.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")
    print(f"questions.json: {', '.join(f'{len(many)} {key}' for key, many in value.items())}")
