"""What `train_adapterhub.py` trains for: how files are read, which head AdapterHub has, what answers are worth.

An example is a dict: `ids` and `types` of its tokens, and what its task needs. Metrics are scikit-learn's, seqeval's, scipy's and SQuAD's.
"""

import gzip
import json
from pathlib import Path

import torch

from adapterhub import NAME

STRIDE = 64  # tokens that two windows of a context share
MAX_ANSWER = 30  # tokens


def rows(path: Path) -> list[dict]:
    """The rows of `path`.tsv.gz or `path`.jsonl.gz."""
    table = path.with_suffix(".tsv.gz")
    if table.exists():
        with gzip.open(table, "rt", encoding="utf-8", newline="\n") as file:
            header, *lines = file.read().split("\n")
        return [dict(zip(header.split("\t"), line.split("\t"))) for line in lines if line]
    with gzip.open(path.with_suffix(".jsonl.gz"), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Texts:
    """Tasks of a text or a pair of texts."""

    def encode(self, data: list[dict], tokenizer, max_length: int) -> list[dict]:
        first = [row["text_a"] if "text_a" in row else row["text"] for row in data]
        second = [row["text_b"] for row in data] if "text_b" in data[0] else None
        encoded = tokenizer(first, second, truncation=True, max_length=max_length, return_token_type_ids=True)
        return [{"ids": ids, "types": types} for ids, types in zip(encoded["input_ids"], encoded["token_type_ids"])]

    def outputs(self, found) -> list[torch.Tensor]:
        return list(found.logits)

    def loss(self, model, inputs: dict, examples) -> torch.Tensor:
        return model(**inputs, **self.targets(examples)).loss

    def predict(self, model, inputs: dict) -> list:
        return self.outputs(model(**inputs))


class TextClassification(Texts):
    def read(self, path: Path, tokenizer, max_length: int, labels: list[str] | None = None):
        data = rows(path)
        labels = labels or sorted({row["label"] for row in data})
        examples = self.encode(data, tokenizer, max_length)
        return [{**example, "label": labels.index(row["label"])} for example, row in zip(examples, data)], labels

    def add_head(self, model, labels: list[str]) -> None:
        model.add_classification_head(NAME, num_labels=len(labels), id2label=dict(enumerate(labels)))

    def targets(self, examples) -> dict:
        return {"labels": torch.tensor([example["label"] for example in examples])}

    def scores(self, outputs, examples, labels: list[str]) -> dict[str, float]:
        from sklearn.metrics import accuracy_score, f1_score

        truth, found = [example["label"] for example in examples], [int(row.argmax(-1)) for row in outputs]
        macro = f1_score(truth, found, average="macro", labels=range(len(labels)), zero_division=0)
        return {"accuracy": accuracy_score(truth, found), "macro_f1": macro}


class MultiLabelClassification(Texts):
    """Thresholds of 0.5."""

    def read(self, path: Path, tokenizer, max_length: int, labels: list[str] | None = None):
        data = rows(path)
        labels = labels or sorted({label for row in data for label in row["labels"]})
        examples = self.encode(data, tokenizer, max_length)
        truth = [[float(label in row["labels"]) for label in labels] for row in data]
        return [{**example, "labels": own} for example, own in zip(examples, truth)], labels

    def add_head(self, model, labels: list[str]) -> None:
        head = {"multilabel": True, "id2label": dict(enumerate(labels))}
        model.add_classification_head(NAME, num_labels=len(labels), **head)

    def targets(self, examples) -> dict:
        return {"labels": torch.tensor([example["labels"] for example in examples])}

    def scores(self, outputs, examples, labels: list[str]) -> dict[str, float]:
        from sklearn.metrics import accuracy_score, f1_score

        truth = torch.tensor([example["labels"] for example in examples]).numpy()
        found = (torch.stack(outputs) > 0).float().numpy()
        f1 = {f"f1_{average}": f1_score(truth, found, average=average, zero_division=0) for average in ("micro", "macro")}
        return {**f1, "subset_accuracy": accuracy_score(truth, found)}


class Regression(Texts):
    def read(self, path: Path, tokenizer, max_length: int, labels: list[str] | None = None):
        data = rows(path)
        examples = self.encode(data, tokenizer, max_length)
        return [{**example, "score": float(row["score"])} for example, row in zip(examples, data)], ["score"]

    def add_head(self, model, labels: list[str]) -> None:
        model.add_classification_head(NAME, num_labels=1)

    def targets(self, examples) -> dict:
        return {"labels": torch.tensor([example["score"] for example in examples])}

    def scores(self, outputs, examples, labels: list[str]) -> dict[str, float]:
        from scipy.stats import pearsonr, spearmanr

        truth, found = [example["score"] for example in examples], [float(row) for row in outputs]
        mse = sum((a - b) ** 2 for a, b in zip(truth, found)) / len(truth)
        return {"pearson": pearsonr(truth, found)[0], "spearmanr": spearmanr(truth, found)[0], "mse": mse}


class TokenClassification(Texts):
    """Labels are of tokens, -100 but for the first token of each word."""

    def read(self, path: Path, tokenizer, max_length: int, labels: list[str] | None = None):
        data = rows(path)
        labels = labels or sorted({tag for row in data for tag in row["tags"]})
        examples = []
        for row in data:
            encoded = tokenizer(row["tokens"], is_split_into_words=True, truncation=True, max_length=max_length)
            words = encoded.word_ids()
            first = [word is not None and word != before for word, before in zip(words, [None, *words])]
            own = [labels.index(row["tags"][word]) if is_first else -100 for word, is_first in zip(words, first)]
            examples.append({"ids": encoded["input_ids"], "types": [0] * len(words), "labels": own})
        return examples, labels

    def add_head(self, model, labels: list[str]) -> None:
        model.add_tagging_head(NAME, num_labels=len(labels), id2label=dict(enumerate(labels)))

    def targets(self, examples) -> dict:
        longest = max(len(example["ids"]) for example in examples)
        return {"labels": torch.tensor([example["labels"] + [-100] * (longest - len(example["labels"])) for example in examples])}

    def scores(self, outputs, examples, labels: list[str]) -> dict[str, float]:
        from seqeval.metrics import accuracy_score, f1_score

        truth, found = [], []
        for row, example in zip(outputs, examples):
            places = [place for place, label in enumerate(example["labels"]) if label != -100]
            truth.append([labels[example["labels"][place]] for place in places])
            found.append([labels[int(row[place].argmax(-1))] for place in places])
        accuracy = {"accuracy": accuracy_score(truth, found)}
        if not any(label.startswith("B-") for label in labels):
            return accuracy
        return {"f1": f1_score(truth, found), **accuracy}


class IntentSlotClassification:
    """Two heads on one adapter: AdapterHub computes them one after the other, so the backbone runs twice a step. The loss is the sum."""

    heads = {"intent": TextClassification(), "slots": TokenClassification()}

    def read(self, path: Path, tokenizer, max_length: int, labels: list[list[str]] | None = None):
        data = rows(path)
        examples, tags = self.heads["slots"].read(path, tokenizer, max_length, labels and labels[1])
        intents = labels[0] if labels else sorted({row["intent"] for row in data})
        return [{**example, "label": intents.index(row["intent"])} for example, row in zip(examples, data)], [intents, tags]

    def add_head(self, model, labels: list[list[str]]) -> None:
        add = {"intent": model.add_classification_head, "slots": model.add_tagging_head}
        for (name, add), names in zip(add.items(), labels):
            add(name, num_labels=len(names), id2label=dict(enumerate(names)))

    def loss(self, model, inputs: dict, examples) -> torch.Tensor:
        total = 0
        for name, task in self.heads.items():
            model.active_head = name
            total = total + model(**inputs, **task.targets(examples)).loss
        return total

    def predict(self, model, inputs: dict) -> list[tuple]:
        found = []
        for name in self.heads:
            model.active_head = name
            found.append(list(model(**inputs).logits))
        return list(zip(*found))

    def scores(self, outputs, examples, labels: list[list[str]]) -> dict[str, float]:
        parts = [task.scores(list(own), examples, names) for task, own, names in zip(self.heads.values(), zip(*outputs), labels)]
        return {f"{head}_{name}": value for head, part in zip(self.heads, parts) for name, value in part.items()}


class QuestionAnswering(Texts):
    """An example is a window of a context; it points at [CLS] where the answer is not whole in it."""

    def read(self, path: Path, tokenizer, max_length: int, labels: list[str] | None = None):
        examples = []
        for number, row in enumerate(rows(path)):
            encoded = tokenizer(row["question"], row["context"], truncation="only_second", max_length=max_length, stride=STRIDE,
                                return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True)
            answer = row["answers"][0] if row["answers"] else None
            for window, ids in enumerate(encoded["input_ids"]):
                inside = [part == 1 for part in encoded.sequence_ids(window)]
                offsets = encoded["offset_mapping"][window]
                examples.append({"ids": ids, "types": encoded["token_type_ids"][window], "row": number, "context": row["context"],
                                 "answers": [answer["text"] for answer in row["answers"]], "inside": inside, "offsets": offsets,
                                 "span": self.span(answer, inside, offsets)})
        return examples, ["start", "end"]

    @staticmethod
    def span(answer, inside, offsets) -> tuple[int, int]:
        if answer is None:
            return 0, 0
        begin, end = answer["start"], answer["start"] + len(answer["text"])
        places = [place for place, is_inside in enumerate(inside) if is_inside]
        if offsets[places[0]][0] > begin or offsets[places[-1]][1] < end:
            return 0, 0
        return (max(place for place in places if offsets[place][0] <= begin),
                min(place for place in places if offsets[place][1] >= end))

    def add_head(self, model, labels: list[str]) -> None:
        model.add_qa_head(NAME)

    def targets(self, examples) -> dict:
        start, end = zip(*(example["span"] for example in examples))
        return {"start_positions": torch.tensor(start), "end_positions": torch.tensor(end)}

    def outputs(self, found) -> list[torch.Tensor]:
        return list(torch.stack([found.start_logits, found.end_logits], dim=-1))

    def scores(self, outputs, examples, labels: list[str]) -> dict[str, float]:
        from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

        best: dict[int, tuple[float, str]] = {}
        answers = {}
        for logits, example in zip(outputs, examples):
            answers[example["row"]] = example["answers"]
            top = [torch.topk(logits[:, side], min(20, len(logits))).indices.tolist() for side in (0, 1)]
            for start in top[0]:
                for end in top[1]:
                    if max(start, end) >= len(example["ids"]) or not (example["inside"][start] and example["inside"][end]):
                        continue
                    if start <= end < start + MAX_ANSWER:
                        score = float(logits[start, 0] + logits[end, 1])
                        text = example["context"][example["offsets"][start][0]:example["offsets"][end][1]]
                        best[example["row"]] = max(best.get(example["row"], (score, text)), (score, text))
        total = {"exact_match": 0.0, "f1": 0.0}
        for row, truths in answers.items():
            found = best.get(row, (0.0, ""))[1]
            for name, compute in (("exact_match", compute_exact), ("f1", compute_f1)):
                total[name] += max(compute(truth, found) for truth in truths or [""])
        return {name: value / len(answers) for name, value in total.items()}


TASKS = {
    "text-classification": TextClassification(),
    "multi-label-classification": MultiLabelClassification(),
    "regression": Regression(),
    "token-classification": TokenClassification(),
    "question-answering": QuestionAnswering(),
    "intent-slot-classification": IntentSlotClassification(),
}
