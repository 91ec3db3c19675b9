"""tiny-questions/NAME/: heads that answer questions and that choose, on tiny-bert, with logits, loss and every gradient.

`segments` says along which rows of the logits a softmax goes, `labels` which row of each is right, column by column."""

import shutil
from pathlib import Path

import adapters
import torch
from adapters import AutoAdapterModel
from adapters.heads import MultipleChoiceHead, QuestionAnsweringHead
from transformers import AutoConfig, BertForMultipleChoice, BertForQuestionAnswering

from adapterhub import METHODS, NAME, Case, gradients_by_saved_name, max_abs, randomise, save, trainable, write_case_json
from common import HERE, nmse, pack, save_tensors, seed_everything, tree_size
from make_tiny_cases import CLS, FIRST_WORD, SEP, TINY, VOCAB

OUT = HERE / "tiny-questions"
# Tokens of each question's windows, with the first and last token of its answer: [0, 0] is none.
WINDOWS = [(9, (4, 6)), (2, (0, 0)), (16, (3, 3)), (12, (0, 0))]
# Of each prompt the tokens of its choices, all of one length, so that there is no padding, and the right one.
PROMPTS = [(7, 2), (5, 0), (11, 1)]
CHOICES = 3


def cases() -> list[Case]:
    def case(name, what, method, **head):
        return Case(name, what, method, {}, head)

    return [
        case("answers", "AdapterHub's default question answering head", "seq_bn", kind=QuestionAnsweringHead),
        case("answers-two-layers", "two layers with relu between", "double_seq_bn", kind=QuestionAnsweringHead, layers=2, activation_function="relu"),
        case("answers-plain", "qa_outputs of BertForQuestionAnswering", "par_bn", kind=BertForQuestionAnswering, style="static"),
        case("choices", "AdapterHub's default multiple choice head", "seq_bn", kind=MultipleChoiceHead),
        case("choices-pooler", "one layer on the pooler", "double_seq_bn", kind=MultipleChoiceHead, layers=1, use_pooler=True),
        case("choices-plain", "classifier of BertForMultipleChoice", "par_bn", kind=BertForMultipleChoice, style="static"),
    ]


def build(case: Case):
    head = {key: value for key, value in case.head.items() if key not in ("kind", "style")}
    kind, options = case.head["kind"], dict(attn_implementation="eager", dtype=torch.float32)
    if case.head.get("style") == "static":
        model = kind.from_pretrained(TINY, config=AutoConfig.from_pretrained(TINY), **options)
        adapters.init(model)
    else:
        model = AutoAdapterModel.from_pretrained(TINY, **options)
    model.add_adapter(NAME, config=METHODS[case.method]())
    if case.head.get("style") != "static":
        count = {"num_choices": CHOICES} if kind is MultipleChoiceHead else {}
        model.add_prediction_head(kind(model, NAME, **count, **head))
    model.train_adapter(NAME)
    return model.eval()


def chooses(case: Case) -> bool:
    return case.name.startswith("choices")


def words(generator, length: int) -> list[int]:
    return [CLS, *torch.randint(FIRST_WORD, VOCAB, (length - 2,), generator=generator).tolist(), SEP]


def answers(model, generator):
    """Each window alone: (sequences, hidden states, logits [T, 2], loss, segments, labels)."""
    sequences, spans = [words(generator, length) for length, _ in WINDOWS], [span for _, span in WINDOWS]
    hidden, logits, losses = [], [], []
    for ids, (start, end) in zip(sequences, spans):
        out = model(torch.tensor([ids]), start_positions=torch.tensor([start]), end_positions=torch.tensor([end]), output_hidden_states=True)
        hidden.append(out.hidden_states[-1][0])
        logits.append(torch.stack([out.start_logits[0], out.end_logits[0]], dim=1))
        losses.append(out.loss)
    return sequences, torch.cat(hidden), torch.cat(logits), torch.stack(losses).mean(), pack(sequences)["cu_seqlens"], torch.tensor(spans)


def choices(model, generator):
    """Each prompt alone: the same with logits [S, 1]; texts are the prompts."""
    prompts = [[words(generator, length) for _ in range(CHOICES)] for length, _ in PROMPTS]
    hidden, logits, losses = [], [], []
    for choices, (_, label) in zip(prompts, PROMPTS):
        out = model(torch.tensor([choices]), labels=torch.tensor([label]), output_hidden_states=True)
        hidden.append(out.hidden_states[-1].reshape(-1, out.hidden_states[-1].shape[-1]))
        logits.append(out.logits.reshape(-1, 1))
        losses.append(out.loss)
    segments = torch.arange(len(PROMPTS) + 1) * CHOICES
    return sum(prompts, []), torch.cat(hidden), torch.cat(logits), torch.stack(losses).mean(), segments, torch.tensor([label for _, label in PROMPTS])


def run(model, case: Case):
    model.zero_grad()
    generator = torch.Generator().manual_seed(17)
    found = (choices if chooses(case) else answers)(model, generator)
    found[3].backward()
    return found, {name: parameter.grad.clone() for name, parameter in trainable(model).items()}


def write(case: Case) -> None:
    model = build(case)
    randomise(model, case)
    saved = save(model, OUT / case.name, case)
    rough, rough_grads = run(model, case)
    model.double()
    (sequences, hidden, logits, loss, segments, labels), grads = run(model, case)
    tensors = {**pack(sequences), "segments": segments, "labels": labels, "logits": logits, "last_hidden_state": hidden, "loss": loss.reshape(1)}
    if chooses(case):
        # Sequences of one example, which must not be averaged as windows of a text are.
        tensors["texts"] = segments
    save_tensors(OUT / case.name / "golden.safetensors", {**tensors, **gradients_by_saved_name(model, saved, grads)})
    worst = max(nmse(rough_grads[name], grads[name]) for name in grads)
    case.head["kind"] = case.head["kind"].__name__
    write_case_json(OUT / case.name, case, saved, {"logits": max_abs(rough[2] - logits)}, worst)


def make(_minilm: Path) -> None:
    seed_everything(37)
    shutil.rmtree(OUT, ignore_errors=True)
    for case in cases():
        write(case)
    print(f"tiny-questions: {len(cases())} cases, {tree_size(OUT)} bytes")
