"""tokens.json, tokens-bpe.json: ids, origins and types of the nasty texts under MiniLM's WordPiece and under the byte-level
BPE of tiny-roberta/, which is trained here; and tests of the reference itself."""

import json
from pathlib import Path

from tokenizers import ByteLevelBPETokenizer, Tokenizer
from transformers import AutoTokenizer, BertTokenizer, RobertaTokenizerFast

from common import HERE, save_json
from texts import PAIRS, TEXTS, WORDS, expand

# Origins of so many tokens a text are in the files: enough to be wrong in, and short.
ORIGINS = 64
# 16 windows of 14 tokens, of which 3 are in common with the window before, and two special tokens.
MOST_FOR_WINDOWS = 14 + 15 * 11 + 2


def make(minilm: Path) -> None:
    fast = AutoTokenizer.from_pretrained(minilm)
    slow = BertTokenizer(str(minilm / "vocab.txt"), do_lower_case=True)
    assert fast.is_fast and not slow.is_fast
    raw = Tokenizer.from_file(str(minilm / "tokenizer.json"))
    raw.no_truncation()
    raw.no_padding()

    def check(name: str, text: str, entry: dict) -> None:
        # The `tokenizers` library without truncation must say the same: its result cut by hand.
        full = raw.encode(text, add_special_tokens=True).ids
        for cut, expected in ((512, entry["ids"]), (16, entry.get("ids16", entry["ids"]))):
            by_hand = full if len(full) <= cut else full[: cut - 1] + [full[-1]]
            assert by_hand == expected, f"{name}: tokenizers and transformers differ at max_length {cut}"
        slow_ids = slow(text, truncation=True, max_length=512)["input_ids"]
        if slow_ids != entry["ids"]:
            entry["slow_ids"] = slow_ids

    write("tokens.json", "all-MiniLM-L6-v2 tokenizer (BERT uncased WordPiece)", fast, fast, check)

    roberta = write_bpe(HERE / "tiny-roberta")
    # Pre-split words need the space: transformers asserts it.
    for_words = RobertaTokenizerFast.from_pretrained(roberta, add_prefix_space=True)
    plain = RobertaTokenizerFast.from_pretrained(roberta)
    write("tokens-bpe.json", "tokenizer of tiny-roberta (byte-level BPE)", plain, for_words)
    # With the space every text begins as one of the words.
    write("tokens-bpe-space.json", "tokenizer of tiny-roberta with add_prefix_space", for_words, for_words, texts_of=SPACED)


# The texts that differ in more than their first token when they get a space in front.
SPACED = ["empty", "one_char", "plain", "sms", "only_spaces", "tabs_newlines", "unicode_spaces", "surrounding_space",
          "emoji_glued", "chinese_mixed", "special_tokens", "roberta_tokens", "gpt2_spaces",
          "roberta_tokens_glued", "greek", "accents_decomposed"]


def write_bpe(folder: Path) -> Path:
    """A byte-level BPE tokenizer of 600 tokens, numbered as RoBERTa's: specials first, <mask> last."""
    # Trained once: the texts have become more since, and the README other words.
    if (folder / "vocab.json").exists():
        return folder
    folder.mkdir(exist_ok=True)
    corpus = [text for text in TEXTS.values() if isinstance(text, str)] + (HERE / "README.md").read_text().split("\n")
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(corpus, vocab_size=599, min_frequency=2, show_progress=False,
                                special_tokens=["<s>", "<pad>", "</s>", "<unk>"])
    trained.save_model(str(folder))
    vocab = json.loads((folder / "vocab.json").read_text())
    vocab["<mask>"] = len(vocab)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=True) + "\n")
    fast = RobertaTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=64)
    fast.save_pretrained(folder)
    (folder / "special_tokens_map.json").unlink()
    return folder


def write(file: str, what: str, fast, fast_for_words, check=None, texts_of=tuple(TEXTS)) -> None:
    """The entries of all texts, pairs and lists of words under a fast tokenizer."""
    entries = []
    for name, value in ((name, TEXTS[name]) for name in texts_of):
        text = expand(value)
        source = {"text": value} if isinstance(value, str) else value
        whole = fast(text)["input_ids"]
        encoded = fast([text], truncation=True, max_length=512, return_offsets_mapping=True)
        entry = {"name": name, **source, "tokens_untruncated": len(whole), "ids": encoded["input_ids"][0]}
        ids16 = fast(text, truncation=True, max_length=16)["input_ids"]
        if ids16 != entry["ids"]:
            entry["ids16"] = ids16
        if 16 < len(whole) <= MOST_FOR_WINDOWS:
            entry["windows16"] = fast(text, truncation=True, max_length=16, stride=3, return_overflowing_tokens=True)["input_ids"]
            # 14 tokens of the text: a quarter of them, rounded up, and the rest.
            entry["ends16"] = whole[:1 + 4] + whole[-1 - 10:]
        entry["origins"] = origins(encoded, [[text]])
        if check:
            check(name, text, entry)
        entries.append(entry)

    pairs = []
    for first, second, max_length in (pair for pair in PAIRS if {*pair[:2]} <= {*texts_of}):
        texts = [expand(TEXTS[first]), expand(TEXTS[second])]
        # As a batch of one: alone, transformers takes an empty second text for none.
        batch = fast(texts[:1], texts[1:], truncation="longest_first", max_length=max_length,
                     return_offsets_mapping=True, return_token_type_ids=True)
        pairs.append({
            "first": first, "second": second, "max_length": max_length,
            "ids": batch["input_ids"][0], "type_ids": batch["token_type_ids"][0],
            "origins": origins(batch, [[text] for text in texts]),
        })

    words = []
    for name, (list_of_words, max_length) in WORDS.items():
        encoded = fast_for_words([list_of_words], is_split_into_words=True, truncation=True, max_length=max_length,
                                 return_offsets_mapping=True)
        words.append({
            "name": name, "words": list_of_words, "max_length": max_length, "ids": encoded["input_ids"][0],
            "origins": origins(encoded, [list_of_words]),
        })

    save_json(
        HERE / file,
        {
            "what": f"the nasty texts under the {what}",
            "fields": {
                "text": "the text; or repeat + times + join: the list `repeat`, `times` times over, joined by `join` (absent: space)",
                "ids": "fast tokenizer, add_special_tokens, truncation=True, max_length=512; of pairs and words the max_length beside",
                "ids16": "the same with max_length=16; absent where equal to ids",
                "windows16": "the same with stride=3, return_overflowing_tokens=True: a list a window; of texts of 17 to 181 tokens",
                "ends16": "of the same texts the first 4 and the last 10 tokens, between the special tokens",
                "origins": f"of the first {ORIGINS} tokens four numbers each: sequence, word, start and end in bytes of the "
                "text (of pre-split words, of the word); for a special token all -1",
                "slow_ids": "the slow BertTokenizer of vocab.txt, max_length=512; absent where equal to ids. For "
                "information: graftwork follows `ids`",
                "tokens_untruncated": "length without truncation, special tokens included",
            },
            "texts": entries,
            "pairs": pairs,
            "words": words,
        },
    )
    print(f"{file}: {len(entries)} texts, {len(pairs)} pairs, {len(words)} lists of words")


def origins(encoded, texts: list[list[str]]) -> list[int]:
    """Of a batch of one. `texts[sequence]` is a text, or a list of words, in which the library counts characters and we count bytes."""
    found = []
    tokens = zip(encoded["offset_mapping"][0], encoded.word_ids(), encoded.sequence_ids())
    for (start, end), word, sequence in list(tokens)[:ORIGINS]:
        if word is None:
            found += [-1] * 4
            continue
        text = texts[sequence][word if len(texts[sequence]) > 1 else 0]
        found += [sequence, word, len(text[:start].encode()), len(text[:end].encode())]
    return found
