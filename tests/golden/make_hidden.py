"""minilm-hidden.safetensors/.json: what plain MiniLM makes of the golden texts."""

from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

from common import HERE, pack, save_json, save_tensors
from texts import TEXTS, expand

# All scripts, the edges, one text of 512 tokens. At 1,536 bytes a row the file stays below 2.5 MB.
HIDDEN_TEXTS = [
    "empty", "one_char", "plain", "mixed_case", "long_sentence", "sms", "tabs_newlines", "nul", "control", "zero_width",
    "bidi_marks", "private_use", "emoji", "emoji_zwj", "flags", "chinese", "chinese_mixed", "japanese", "korean",
    "arabic", "hebrew", "thai", "devanagari", "cyrillic", "greek", "vietnamese", "accents_composed",
    "accents_decomposed", "turkish", "math_letters", "long_word", "word_101", "url", "code", "numbers", "punctuation",
    "special_tokens", "words_10000",
]
POOLER_TEXTS = ["empty", "one_char", "plain", "sms", "chinese", "arabic", "punctuation", "words_10000"]
LONG_ROWS = [*range(0, 8), *range(100, 104), *range(252, 260), *range(400, 404), *range(504, 512)]


def make(minilm: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm)
    single = AutoModel.from_pretrained(minilm, attn_implementation="eager").eval()
    double = AutoModel.from_pretrained(minilm, attn_implementation="eager").double().eval()

    tensors, entries, sequences, pooled, worst = {}, [], [], [], 0.0
    for name in HIDDEN_TEXTS:
        ids = tokenizer(expand(TEXTS[name]), truncation=True, max_length=512)["input_ids"]
        sequences.append(ids)
        with torch.no_grad():
            reference = double(torch.tensor([ids]))
            plain = single(torch.tensor([ids]))
        worst = max(worst, float((plain.last_hidden_state - reference.last_hidden_state).abs().max()))
        rows = LONG_ROWS if len(ids) > 256 else list(range(len(ids)))
        tensors[f"hidden.{name}"] = reference.last_hidden_state[0, rows]
        entry = {"name": name, "tokens": len(ids)}
        if len(rows) != len(ids):
            entry["rows"] = rows
        entries.append(entry)
        if name in POOLER_TEXTS:
            pooled.append(reference.pooler_output[0])

    tensors.update(pack(sequences))
    tensors["pooler_output"] = torch.stack(pooled)
    save_tensors(HERE / "minilm-hidden.safetensors", tensors)
    save_json(
        HERE / "minilm-hidden.json",
        {
            "what": "last_hidden_state and pooler_output of all-MiniLM-L6-v2, eager attention, no dropout, each text alone",
            "computed_in": "float64 from the f32 weights, stored as f32",
            "max_abs_difference_of_a_float32_run": worst,
            "tensors": {
                "ids, cu_seqlens": "all texts packed, in the order of `texts` (max_length=512)",
                "hidden.<name>": "[rows, 384]: the rows listed in `rows`, or all tokens of the text",
                "pooler_output": "[len(pooler_texts), 384]",
            },
            "pooler_texts": POOLER_TEXTS,
            "texts": entries,
        },
    )
    size = (HERE / "minilm-hidden.safetensors").stat().st_size
    print(f"minilm-hidden: {len(entries)} texts, {size} bytes, float32 run differs by at most {worst:.2e}")
    assert size <= 2_500_000
