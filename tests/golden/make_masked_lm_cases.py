"""tiny-words/: heads of masked language models.

NAME/: AdapterHub's `masked_lm` head with an adapter, with logits at the masked places, the mean loss over them and every
gradient. The decoder is the frozen table of words, which AdapterHub writes into the head's file: here it is taken out again,
and AdapterHub reads the file without it to the same logits. AdapterHub freezes the decoder's bias together with the table;
here the bias learns.

curve/: 20 steps of training on given masks, as in make_curves.py.

<model_type>.safetensors: the head of transformers' `...ForMaskedLM` over the tiny backbone of that architecture, by its own
names, with logits at places. fills.json: what transformers' pipeline says there.
"""

import json
import shutil

import torch
from adapters import AutoAdapterModel
from adapters.heads import BertStyleMaskedLMHead
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM, AutoTokenizer, pipeline

from adapterhub import METHODS, NAME, Case, gradients_by_saved_name, max_abs, randomise, save, trainable, write_case_json
from common import HERE, nmse, pack, pad, save_json, save_tensors, seed_everything, tree_size
from make_curves import CLIP, STEPS, WARMUP
from transformers import get_linear_schedule_with_warmup

OUT = HERE / "tiny-words"
IGNORED = -100
ARCHITECTURES = ["bert", "roberta", "distilbert", "electra"]
# The names, in each architecture's `...ForMaskedLM`, of what is not the backbone nor the table of words.
OWN = {"bert": "cls.", "roberta": "lm_head.", "distilbert": "vocab_", "electra": "generator_"}
PER_STEP = 4


def tiny(model_type: str):
    return HERE / f"tiny-{model_type}"


def cases():
    def case(name, what, model_type="bert", method="seq_bn", **head):
        return model_type, Case(name, what, method, {}, {"style": "masked_lm", **head}, labels=[])

    return [
        case("defaults", "AdapterHub's default head: dense, gelu, norm, the table of words with a bias"),
        case("three-layers", "two dense layers with relu and without norms", method="double_seq_bn", layers=3,
             activation_function="relu", layer_norm=False),
        case("electra", "embeddings of another width than the hidden states", "electra"),
    ]


def decoder_of(model):
    return model.heads[NAME].get_output_embeddings()


def build(model_type: str, case: Case):
    model = AutoAdapterModel.from_pretrained(tiny(model_type), attn_implementation="eager", dtype=torch.float32)
    for head in list(model.heads):
        model.delete_head(head)
    model.add_adapter(NAME, config=METHODS[case.method](**case.config))
    head = {key: value for key, value in case.head.items() if key != "style"}
    model.add_prediction_head(BertStyleMaskedLMHead(model, NAME, **head))
    model.tie_weights()
    assert decoder_of(model).weight is model.get_input_embeddings().weight
    model.train_adapter(NAME)
    decoder_of(model).bias.requires_grad_(True)
    return model.eval()


def draw(tokenizer, lengths, generator):
    """Sequences with about a third of their words masked, and the truth at those places."""
    sequences, truths = [], []
    for length in lengths:
        words = torch.randint(10, tokenizer.vocab_size, (length - 2,), generator=generator).tolist()
        hidden = (torch.rand(length - 2, generator=generator) < 0.35).tolist()
        hidden[0] = True
        cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
        sequences.append([cls, *(tokenizer.mask_token_id if one else word for word, one in zip(words, hidden)), sep])
        truths.append([IGNORED, *(word if one else IGNORED for word, one in zip(words, hidden)), IGNORED])
    return sequences, truths


def masked(truths) -> dict:
    flat = [truth for own in truths for truth in own]
    places = [place for place, truth in enumerate(flat) if truth != IGNORED]
    return {"places": torch.tensor(places), "truths": torch.tensor([flat[place] for place in places])}


def forward_backward(model, sequences, truths):
    model.zero_grad()
    logits = torch.cat([model(torch.tensor([ids])).logits[0] for ids in sequences])
    found = masked(truths)
    logits = logits[found["places"]]
    loss = torch.nn.functional.cross_entropy(logits, found["truths"])
    loss.backward()
    return logits, loss, {name: parameter.grad.clone() for name, parameter in trainable(model).items()}


def save_without_table(model, folder, case: Case) -> dict:
    save(model, folder, case)
    head = load_file(folder / "model_head.safetensors")
    [table] = [name for name, tensor in head.items() if tensor.shape == model.get_input_embeddings().weight.shape]
    assert torch.equal(head.pop(table), model.get_input_embeddings().weight)
    save_file(head, str(folder / "model_head.safetensors"))
    (folder / "model_head.safetensors").chmod(0o644)
    return {**load_file(folder / "adapter.safetensors"), **head}


def write(model_type: str, case: Case) -> None:
    model = build(model_type, case)
    generator = torch.Generator().manual_seed(5)
    sequences, truths = draw(AutoTokenizer.from_pretrained(tiny(model_type)), [9, 3, 14], generator)
    randomise(model, case)
    folder = OUT / case.name
    saved = save_without_table(model, folder, case)
    rough = forward_backward(model, sequences, truths)

    again = AutoAdapterModel.from_pretrained(tiny(model_type), attn_implementation="eager")
    again.load_adapter(str(folder), use_safetensors=True, set_active=True)
    with torch.no_grad():
        reloaded = torch.cat([again.eval()(torch.tensor([ids])).logits[0] for ids in sequences])[masked(truths)["places"]]
    assert torch.allclose(reloaded, rough[0], atol=2e-5), case.name

    model.double()
    logits, loss, grads = forward_backward(model, sequences, truths)
    save_tensors(folder / "golden.safetensors", {
        **pack(sequences), **masked(truths), "logits": logits, "loss": loss.reshape(1), **gradients_by_saved_name(model, saved, grads),
    })
    worst = max(nmse(rough[2][name], grads[name]) for name in grads)
    write_case_json(folder, case, saved, {"logits": max_abs(rough[0] - logits)}, worst, backbone=f"tiny-{model_type}")


def train(model, sequences, truths, lr: float) -> list[dict]:
    parameters = trainable(model)
    optimizer = torch.optim.AdamW([
        {"params": [p for p in parameters.values() if p.ndim >= 2], "weight_decay": 0.01},
        {"params": [p for p in parameters.values() if p.ndim < 2], "weight_decay": 0.0},
    ], lr=lr, betas=(0.9, 0.999), eps=1e-8, foreach=False)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    log = []
    for step in range(STEPS):
        rows = slice(step * PER_STEP, (step + 1) * PER_STEP)
        optimizer.zero_grad()
        batch = pad(sequences[rows])
        longest = batch["input_ids"].shape[1]
        labels = torch.tensor([own + [IGNORED] * (longest - len(own)) for own in truths[rows]])
        logits = model(**batch).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=IGNORED)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP)
        log.append({"step": step + 1, "loss": float(loss.detach()), "lr": schedule.get_last_lr()[0], "grad_norm": float(norm)})
        optimizer.step()
        schedule.step()
    return log


def make_curve(lr=1e-2) -> None:
    case = Case("curve", "20 steps of training", "seq_bn", {}, {"style": "masked_lm"}, labels=[])
    model, folder = build("bert", case), OUT / "curve"
    generator = torch.Generator().manual_seed(17)
    lengths = torch.randint(4, 20, (STEPS * PER_STEP,), generator=generator).tolist()
    sequences, truths = draw(AutoTokenizer.from_pretrained(tiny("bert")), lengths, generator)
    # A language to be learned: of all words only some occur.
    fold = lambda own: [10 + id % 12 if id >= 10 else id for id in own]
    sequences, truths = [fold(own) for own in sequences], [fold(own) for own in truths]
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.add_(torch.randn(parameter.shape) * 0.02)
    save_without_table(model, folder, case)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    log = train(model, sequences, truths, lr)
    final = {name: parameter.detach().clone() for name, parameter in trainable(model).items()}
    model.load_state_dict(start)
    exact = train(model.double(), sequences, truths, lr)
    worst = max(abs(a["loss"] - b["loss"]) for a, b in zip(log, exact))
    save_tensors(folder / "batches.safetensors", {**pack(sequences), **masked(truths)})
    save_tensors(folder / "final.safetensors", final)
    (folder / "curve.json").write_text(json.dumps({
        "what": f"step k (from 1) takes {PER_STEP} sequences; AdamW, linear schedule with {WARMUP} warm-up steps, no dropout",
        "per_step": PER_STEP, "lr": lr, "weight_decay": 0.01, "max_norm": CLIP,
        "float32_against_float64": {"worst_loss_difference": worst}, "log": log,
    }, indent=1) + "\n")
    print(f"curve: loss {log[0]['loss']:.4f} -> {log[-1]['loss']:.4f}, f32 - f64: {worst:.1e}")


TEXTS = {
    "bert": ["Have [MASK] been here?", "[MASK] and [MASK], it's a very long day.", "Caf\u00e9 \u4e2d\u6587 [MASK] !"],
    "roberta": ["Have <mask> been here?", "<mask> and<mask>, it's a very long day.", "Caf\u00e9 \u4e2d\u6587<mask> !"],
}


def make_own() -> None:
    fills = {}
    for model_type in ARCHITECTURES:
        model = AutoModelForMaskedLM.from_pretrained(tiny(model_type), attn_implementation="eager", dtype=torch.float32).eval()
        own = {name: tensor for name, tensor in model.state_dict().items() if name.startswith(OWN[model_type])}
        table = model.get_input_embeddings().weight
        with torch.no_grad():
            for name, tensor in own.items():
                if tensor.shape != table.shape:
                    tensor.copy_((1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0) + 0.3 * torch.randn(tensor.shape))
        tokenizer = AutoTokenizer.from_pretrained(tiny(model_type))
        sequences, truths = draw(tokenizer, [7, 5], torch.Generator().manual_seed(3))
        with torch.no_grad():
            logits = torch.cat([model.double()(torch.tensor([ids])).logits[0] for ids in sequences])[masked(truths)["places"]]
        kept = {name: tensor for name, tensor in model.state_dict().items() if name in own and tensor.shape != table.shape}
        save_tensors(OUT / f"{model_type}.safetensors", {
            **pack(sequences), "places": masked(truths)["places"], "logits": logits, **{f"head.{name}": tensor for name, tensor in kept.items()},
        })
        if model_type in TEXTS:
            ask = pipeline("fill-mask", model=model, tokenizer=tokenizer, top_k=3)
            answers = [ask(text) for text in TEXTS[model_type]]
            fills[model_type] = [
                {"text": text, "masks": one if isinstance(one[0], list) else [one]} for text, one in zip(TEXTS[model_type], answers)
            ]
    save_json(OUT / "fills.json", fills)


def make(_minilm) -> None:
    seed_everything(19)
    shutil.rmtree(OUT, ignore_errors=True)
    for model_type, case in cases():
        write(model_type, case)
    make_curve()
    make_own()
    print(f"tiny-words: {tree_size(OUT)} bytes")
