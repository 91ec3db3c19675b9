"""tiny-bert/ and its variants: a random BERT of 2 layers x 64, for tests that must be quick.

Every weight is a number that f32, f16 and bf16 all hold exactly (bf16-rounded, nothing below 2^-14), so all variants hold
*the same numbers* and the goldens of tiny-bert are theirs, too:

* tiny-bert/          f32, one file, plain names, vocab.txt + tokenizer.json
* tiny-bert-legacy/   f16, one file, `bert.` prefix, LayerNorm.gamma/beta, foreign tensors of a pre-training head (`cls.*`) and
                      `embeddings.position_ids`; vocab.txt only
* tiny-bert-sharded/  bf16, three files and model.safetensors.index.json; tokenizer.json only
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizerFast

from common import HERE, seed_everything, tree_size

TINY = HERE / "tiny-bert"
VOCAB_SIZE = 1000
CONFIG = dict(
    hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=128,
    type_vocab_size=2, hidden_act="gelu", layer_norm_eps=1e-12, pad_token_id=0,
)
STD = 0.08
STD_QUERY_KEY = 0.2  # so that attention is far from uniform


def small_vocab(minilm: Path) -> list[str]:
    """~1,000 of MiniLM's word pieces: specials, characters, ##characters, then the most frequent words and pieces."""
    full = (minilm / "vocab.txt").read_text(encoding="utf-8").split("\n")
    full = [piece for piece in full if piece and not piece.startswith("[unused")]
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    ascii_single = [p for p in full if len(p) == 1 and p.isascii()]
    ascii_tail = [p for p in full if len(p) == 3 and p.startswith("##") and p.isascii()]
    others = [p for p in full if len(p) == 1 and p in "\u00a3\u20ac\u00b0\u6211\u4e00\u4eba\u0639\u0645\u043e\u0430\u03b1\u2026\u2019"]
    chosen = specials + ascii_single + ascii_tail + others
    for piece in full:  # MiniLM's vocabulary is ordered by frequency
        if len(chosen) == VOCAB_SIZE:
            break
        if piece not in chosen and piece.isascii():
            chosen.append(piece)
    return chosen


def exact_in_all(tensor: torch.Tensor) -> torch.Tensor:
    """The nearest numbers that f32, f16 and bf16 all hold."""
    tensor = tensor.to(torch.bfloat16).float()
    tensor = torch.where(tensor.abs() < 2**-14, torch.full_like(tensor, 2**-14), tensor)
    assert torch.equal(tensor, tensor.half().float()) and torch.equal(tensor, tensor.bfloat16().float())
    return tensor


def randomise(model: BertModel) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            std = STD_QUERY_KEY if ".query." in name or ".key." in name else STD
            value = torch.randn(parameter.shape) * std
            if name.endswith("LayerNorm.weight"):
                value = 1 + 0.2 * torch.randn(parameter.shape)
            parameter.copy_(exact_in_all(value))


def write_tokenizer(minilm: Path, vocab: list[str]) -> None:
    (TINY / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    # A throw-away tokenizer.json of the same shape as MiniLM's, with this vocabulary in it.
    spec = json.loads((minilm / "tokenizer.json").read_text(encoding="utf-8"))
    spec["truncation"] = spec["padding"] = None
    spec["model"]["vocab"] = {piece: i for i, piece in enumerate(vocab)}
    for token in spec["added_tokens"]:
        token["id"] = vocab.index(token["content"])
    for token in spec["post_processor"].get("special_tokens", {}).values():
        token["ids"] = [vocab.index(t) for t in token["tokens"]]
    for key in ("sep", "cls"):
        if key in spec["post_processor"]:
            spec["post_processor"][key][1] = vocab.index(spec["post_processor"][key][0])
    (TINY / "tokenizer.json").write_text(json.dumps(spec, ensure_ascii=True) + "\n", encoding="ascii")
    (TINY / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": True, "model_max_length": 128, "tokenizer_class": "BertTokenizer"}, indent=1) + "\n"
    )
    fast = AutoTokenizer.from_pretrained(TINY)
    by_vocab = BertTokenizerFast(str(TINY / "vocab.txt"), do_lower_case=True)
    for text in ("Hello caf\u00e9 world, don't! \u6211\u4eba [MASK] xyzzy", "", "GPU 2026 \u20ac5"):
        assert fast(text)["input_ids"] == by_vocab(text)["input_ids"]
    assert Tokenizer.from_file(str(TINY / "tokenizer.json")).get_vocab_size() == len(vocab)


def write_legacy(model: BertModel) -> Path:
    folder = HERE / "tiny-bert-legacy"
    folder.mkdir(exist_ok=True)
    tensors = {}
    for name, tensor in model.state_dict().items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        tensors["bert." + name] = tensor.half().contiguous()
    tensors["bert.embeddings.position_ids"] = torch.arange(CONFIG["max_position_embeddings"])[None]
    tensors["cls.seq_relationship.weight"] = exact_in_all(torch.randn(2, CONFIG["hidden_size"]) * STD).half()
    tensors["cls.seq_relationship.bias"] = exact_in_all(torch.randn(2) * STD).half()
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    shutil.copy(TINY / "config.json", folder)
    shutil.copy(TINY / "vocab.txt", folder)
    return folder


def write_sharded(model: BertModel) -> Path:
    folder = HERE / "tiny-bert-sharded"
    shutil.rmtree(folder, ignore_errors=True)
    copy = BertModel(model.config)
    copy.load_state_dict(model.state_dict())
    copy.bfloat16().save_pretrained(folder, max_shard_size="130KB")
    shutil.copy(TINY / "config.json", folder)
    shutil.copy(TINY / "tokenizer.json", folder)
    return folder


def make(minilm: Path) -> None:
    seed_everything(20261123)
    TINY.mkdir(exist_ok=True)
    vocab = small_vocab(minilm)
    assert len(vocab) == VOCAB_SIZE == len(set(vocab))
    model = BertModel(BertConfig(vocab_size=VOCAB_SIZE, **CONFIG)).eval()
    randomise(model)
    model.save_pretrained(TINY)
    write_tokenizer(minilm, vocab)
    for folder in (write_legacy(model), write_sharded(model)):
        loaded = AutoModel.from_pretrained(folder, dtype=torch.float32).state_dict()
        for name, tensor in model.state_dict().items():
            assert torch.equal(loaded[name], tensor), f"{folder.name}: {name}"
    for folder in (TINY, HERE / "tiny-bert-legacy", HERE / "tiny-bert-sharded"):
        print(f"{folder.name}: {tree_size(folder)} bytes", sorted(f.name for f in folder.iterdir()))
