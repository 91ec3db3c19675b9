"""Every architecture beside BERT: tiny-NAME/ (a random backbone with its tokenizer), tokens-NAME.json (the nasty texts under
it) and NAME-cases/ (adapters and heads on it, laid out as tiny-cases/).

The weights are numbers that f32 and f16 both hold. Where files are f16, they are those of a task model: with its prefix and
foreign tensors.
"""

import shutil
import struct
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Callable

import torch
from adapters import AutoAdapterModel
from safetensors.torch import load_file
from transformers import (
    AutoModel, AutoTokenizer, DistilBertConfig, DistilBertForMaskedLM, DistilBertTokenizerFast, ElectraConfig,
    ElectraForPreTraining, ElectraTokenizerFast, RobertaConfig, RobertaModel,
)

from adapterhub import Case, build, randomise, randomise_alive, run_each, save, write_golden
from common import HERE, pack, save_json, save_tensors, seed_everything, tree_size
from make_tiny_bert import STD, STD_QUERY_KEY, exact_in_all
from make_tiny_cases import FULL_LENGTHS, ONE_LAYER, SHORT_LENGTHS, STATIC
from make_tokens import write as write_tokens

LENGTH = 64  # of the longest sequence
EVERYWHERE = dict(attn_matrices=["q", "k", "v"], intermediate_lora=True, output_lora=True)


@dataclass
class Architecture:
    """What is not the same for all. `first` is the first id that is a word's."""

    name: str
    model: Callable[[int], torch.nn.Module]
    tokenizer: Callable[[Path], None] | None
    first: int
    pooler: bool = False
    half: bool = True


def distilbert_tokenizer(folder: Path) -> None:
    """Cased, with tiny-bert's word pieces: capital letters instead of the last of them."""
    vocab = (HERE / "tiny-bert/vocab.txt").read_text(encoding="utf-8").split()
    capitals = [mark + chr(ord("A") + i) for mark in ("", "##") for i in range(26)]
    write_word_pieces(folder, vocab[: -len(capitals)] + capitals, DistilBertTokenizerFast, do_lower_case=False)


def electra_tokenizer(folder: Path) -> None:
    """Tiny-bert's word pieces, uncased as ELECTRA's are."""
    vocab = (HERE / "tiny-bert/vocab.txt").read_text(encoding="utf-8").split()
    write_word_pieces(folder, vocab, ElectraTokenizerFast, do_lower_case=True)


def write_word_pieces(folder: Path, vocab: list[str], tokenizer, **options) -> None:
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    fast = tokenizer(str(folder / "vocab.txt"), model_max_length=LENGTH, **options)
    fast.save_pretrained(folder)
    (folder / "special_tokens_map.json").unlink()
    (folder / "vocab.txt").unlink()


ARCHITECTURES = [
    Architecture(
        "roberta",
        lambda vocab: RobertaModel(RobertaConfig(
            vocab_size=vocab, hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=96,
            max_position_embeddings=LENGTH + 2, type_vocab_size=1, layer_norm_eps=1e-5)),
        None,  # make_tokens.py trained it
        first=4, pooler=True, half=False),
    Architecture(
        "distilbert",
        lambda vocab: DistilBertForMaskedLM(DistilBertConfig(
            vocab_size=vocab, dim=32, n_layers=3, n_heads=2, hidden_dim=72, max_position_embeddings=LENGTH,
            activation="gelu_new")),
        distilbert_tokenizer, first=5),
    Architecture(
        "electra",
        lambda vocab: ElectraForPreTraining(ElectraConfig(
            vocab_size=vocab, embedding_size=24, hidden_size=48, num_hidden_layers=2, num_attention_heads=3,
            intermediate_size=80, max_position_embeddings=LENGTH, layer_norm_eps=1e-6)),
        electra_tokenizer, first=5),
]


def write_backbone(one: Architecture, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    if one.tokenizer:
        one.tokenizer(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = one.model(len(tokenizer)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            sharp = any(part in name for part in (".query.", ".key.", ".q_lin.", ".k_lin."))
            value = torch.randn(parameter.shape) * (STD_QUERY_KEY if sharp else STD)
            if "norm" in name.lower() and name.endswith("weight"):
                value = 1 + 0.2 * torch.randn(parameter.shape)
            parameter.copy_(exact_in_all(value))
    (model.half() if one.half else model).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def cases(one: Architecture) -> list[Case]:
    flex, out = {"style": "flex"}, []

    def add(name, what, method, head=ONE_LAYER, full=False, **config):
        out.append(Case(name, what, method, config, head, full=full))

    add("double_seq_bn-flex", "double_seq_bn, AdapterHub's 2-layer tanh head", "double_seq_bn", flex, True, reduction_factor=8)
    add("seq_bn-static", "seq_bn, the head of ...ForSequenceClassification", "seq_bn", STATIC, True, reduction_factor=8)
    add("seq_bn-bare", "saved from a bare model: no prefix, no head", "seq_bn", None, reduction_factor=8)
    add("par_bn-leave_out-0", "parallel at both sites, nothing in layer 0", "par_bn", mh_adapter=True, leave_out=[0],
        reduction_factor=8)
    add("lora-flex", "rank 8, alpha 8, on query and value", "lora", flex, True)
    add("lora-static", "the same with the head of ...ForSequenceClassification", "lora", STATIC)
    add("lora-everywhere", "every projection that AdapterHub reaches", "lora", **EVERYWHERE, r=4, alpha=4)
    if one.pooler:
        add("head-pooler", "2-layer head on the pooler's output", "seq_bn", {"style": "flex", "use_pooler": True},
            reduction_factor=8)
    return out


def batch(one: Architecture, tokenizer, case: Case):
    generator = torch.Generator().manual_seed(7)
    lengths = FULL_LENGTHS if case.full else SHORT_LENGTHS
    words = lambda length: torch.randint(one.first, len(tokenizer), (length - 2,), generator=generator).tolist()
    sequences = [[tokenizer.cls_token_id, *words(length), tokenizer.sep_token_id] for length in lengths]
    return sequences, torch.randint(0, len(case.labels), (len(lengths),), generator=generator)


def make_plain(one: Architecture, backbone: Path, out: Path, tokenizer) -> None:
    """No adapter: hidden states, of padding that a text spells out too, and the pooler's output."""
    sequences, _ = batch(one, tokenizer, Case("plain", "", "none", full=True))
    sequences.append([*sequences[0][:4], tokenizer.pad_token_id, *sequences[0][4:]])
    model = AutoModel.from_pretrained(backbone, attn_implementation="eager", dtype=torch.float32).double().eval()
    with torch.no_grad():
        outs = [model(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids))) for ids in sequences]
    tensors = {**pack(sequences), "last_hidden_state": torch.cat([found.last_hidden_state[0] for found in outs])}
    if one.pooler:
        tensors["pooler_output"] = torch.cat([found.pooler_output for found in outs])
    save_tensors(out / "plain" / "golden.safetensors", tensors)
    save_json(out / "plain" / "case.json", {
        "name": "plain", "what": f"tiny-{one.name} without any adapter", "fingerprint": fingerprint(model.float()),
    })


def fingerprint(model) -> str:
    """Of a bare model, by the definition in crates/formats/src/fingerprint.rs."""

    def digest(name: str, tensor: torch.Tensor) -> bytes:
        numbers = [len(name), tensor.ndim, *tensor.shape]
        first, *rest = (struct.pack("<Q", number) for number in numbers)
        return sha256(first + name.encode() + b"".join(rest) + tensor.numpy().astype("<f4").tobytes()).digest()

    parameters = {name: value.detach() for name, value in model.named_parameters()}
    return sha256(b"graftwork weights 1\n" + b"".join(digest(name, parameters[name]) for name in sorted(parameters))).hexdigest()


def verify_reload(backbone: Path, folder: Path, case: Case, sequences) -> None:
    """What was written loads again in AdapterHub and gives the golden logits (static heads convert to flex ones)."""
    model = AutoAdapterModel.from_pretrained(backbone, attn_implementation="eager", dtype=torch.float32)
    model.load_adapter(str(folder), use_safetensors=True, set_active=True)
    with torch.no_grad():
        _, logits = run_each(model.eval(), sequences)
    golden = load_file(folder / "golden.safetensors")["logits"]
    assert torch.allclose(logits, golden, atol=2e-5), (case.name, (logits - golden).abs().max())


def make_architecture(one: Architecture) -> None:
    seed_everything(29)
    backbone, out = HERE / f"tiny-{one.name}", HERE / f"{one.name}-cases"
    write_backbone(one, backbone)
    tokenizer = AutoTokenizer.from_pretrained(backbone)
    if one.tokenizer:
        write_tokens(f"tokens-{one.name}.json", f"tokenizer of tiny-{one.name}", tokenizer, tokenizer)
    shutil.rmtree(out, ignore_errors=True)
    make_plain(one, backbone, out, tokenizer)
    for case in cases(one):
        model = build(backbone, case)
        sequences, labels = batch(one, tokenizer, case)
        if case.head:
            randomise_alive(model, case, sequences, labels)
        else:
            randomise(model, case)
        saved = save(model, out / case.name, case)
        write_golden(model, out / case.name, case, saved, sequences, labels)
        if case.head:
            verify_reload(backbone, out / case.name, case, sequences)
    print(f"{one.name}: {tree_size(backbone)} bytes, {len(cases(one))} cases of {tree_size(out)} bytes")


def make(_minilm: Path) -> None:
    for one in ARCHITECTURES:
        make_architecture(one)
