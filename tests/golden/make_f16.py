"""tiny-bert-f16/, bert-f16-cases/, f16-curve/: a backbone whose file is f16, and what adapters compute on it.

Unlike the other tiny backbones' its numbers are rounded to f16, and its feed-forward size is odd. PyTorch computes in float32
and float64 with the same rounded numbers.
"""

import shutil

import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from adapterhub import Case, build, randomise_alive, save, write_golden
from common import HERE, seed_everything, tree_size
from make_architectures import LENGTH, Architecture, batch, cases, make_plain, verify_reload
from make_curves import LABELS, Curve, make_curve
from make_tiny_bert import CONFIG, STD, STD_QUERY_KEY, TINY

BACKBONE, CASES, CURVE = HERE / "tiny-bert-f16", HERE / "bert-f16-cases", HERE / "f16-curve"
CHOSEN = ("double_seq_bn-flex", "lora-everywhere")
SIZES = {**CONFIG, "intermediate_size": 127, "max_position_embeddings": LENGTH}
F16 = Architecture("bert-f16", lambda vocab: BertModel(BertConfig(vocab_size=vocab, **SIZES)), None, first=5, pooler=True)


def write_backbone() -> None:
    shutil.rmtree(BACKBONE, ignore_errors=True)
    BACKBONE.mkdir()
    for file in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy(TINY / file, BACKBONE)
    model = F16.model(len(AutoTokenizer.from_pretrained(TINY))).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            value = torch.randn(parameter.shape) * (STD_QUERY_KEY if ".query." in name or ".key." in name else STD)
            parameter.copy_(1 + value if name.endswith("LayerNorm.weight") else value)
    exact = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.half().save_pretrained(BACKBONE)
    (BACKBONE / "model.safetensors").chmod(0o644)
    loaded = AutoModel.from_pretrained(BACKBONE, dtype=torch.float32).state_dict()
    assert not any(torch.equal(loaded[name], exact[name]) for name in exact), "a tensor that needs no rounding"


def make(_minilm) -> None:
    seed_everything(16)
    write_backbone()
    tokenizer = AutoTokenizer.from_pretrained(BACKBONE)
    shutil.rmtree(CASES, ignore_errors=True)
    make_plain(F16, BACKBONE, CASES, tokenizer)
    for case in (case for case in cases(F16) if case.name in CHOSEN):
        model = build(BACKBONE, case)
        sequences, labels = batch(F16, tokenizer, case)
        randomise_alive(model, case, sequences, labels)
        saved = save(model, CASES / case.name, case)
        write_golden(model, CASES / case.name, case, saved, sequences, labels)
        verify_reload(BACKBONE, CASES / case.name, case, sequences)
    make_curve(Curve(CURVE, BACKBONE, Case("", "", "double_seq_bn", labels=LABELS), lr=5e-3))
    print(f"tiny-bert-f16: {tree_size(BACKBONE)} bytes; bert-f16-cases: {tree_size(CASES)} bytes")
