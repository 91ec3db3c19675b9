"""tokens.json: ids of the nasty texts under MiniLM's tokenizer, and tests of the reference against itself."""

from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertTokenizer

from common import HERE, save_json
from texts import TEXTS, expand


def make(minilm: Path) -> None:
    fast = AutoTokenizer.from_pretrained(minilm)
    slow = BertTokenizer(str(minilm / "vocab.txt"), do_lower_case=True)
    assert fast.is_fast and not slow.is_fast
    raw = Tokenizer.from_file(str(minilm / "tokenizer.json"))
    raw.no_truncation()
    raw.no_padding()

    entries, slow_differs = [], []
    for name, value in TEXTS.items():
        text = expand(value)
        ids = fast(text, truncation=True, max_length=512)["input_ids"]
        ids16 = fast(text, truncation=True, max_length=16)["input_ids"]
        slow_ids = slow(text, truncation=True, max_length=512)["input_ids"]

        # The `tokenizers` library without truncation must say the same: its result cut by hand.
        full = raw.encode(text, add_special_tokens=True).ids
        for cut, expected in ((512, ids), (16, ids16)):
            by_hand = full if len(full) <= cut else full[: cut - 1] + [full[-1]]
            assert by_hand == expected, f"{name}: tokenizers and transformers differ at max_length {cut}"

        source = {"text": value} if isinstance(value, str) else value
        entry = {"name": name, **source, "tokens_untruncated": len(full), "ids": ids}
        if ids16 != ids:
            entry["ids16"] = ids16
        if slow_ids != ids:
            entry["slow_ids"] = slow_ids
            slow_differs.append(name)
        entries.append(entry)

    save_json(
        HERE / "tokens.json",
        {
            "what": "token ids of nasty texts, all-MiniLM-L6-v2 tokenizer (BERT uncased WordPiece)",
            "fields": {
                "text": "the text; or repeat + times + join: the list `repeat`, `times` times over, joined by `join` (absent: space)",
                "ids": "AutoTokenizer (fast), add_special_tokens, truncation=True, max_length=512",
                "ids16": "the same with max_length=16; absent where equal to ids",
                "slow_ids": "the slow BertTokenizer of vocab.txt, max_length=512; absent where equal to ids. For "
                "information: graftwork follows `ids`",
                "tokens_untruncated": "length without truncation, special tokens included",
            },
            "slow_differs": slow_differs,
            "texts": entries,
        },
    )
    print(f"tokens.json: {len(entries)} texts, slow tokenizer differs on {slow_differs}")
