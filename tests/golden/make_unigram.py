"""unigram/, tokens-unigram.json: a SentencePiece Unigram tokenizer, trained here and written down as transformers writes
XLM-R's down, and ids, origins and types of the nasty texts under it."""

import io
import sys
import tempfile
import unicodedata
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from common import HERE
from make_tokens import SPACED, write
from texts import TEXTS, WORDS, expand


def make() -> None:
    folder = HERE / "unigram"
    # Trained once, as the texts become more.
    if not (folder / "tokenizer.json").exists():
        folder.mkdir(exist_ok=True)
        corpus = [expand(text) for text in TEXTS.values()] + (HERE / "README.md").read_text().split("\n")
        convert(train(corpus, 500, rules(corpus)), split=True).save(str(folder / "tokenizer.json"), pretty=False)
    raw = Tokenizer.from_file(str(folder / "tokenizer.json"))
    fast = load(raw)
    write("tokens-unigram.json", "tokenizer of unigram (SentencePiece's Unigram)", fast, fast)
    # As newer versions of transformers write it: no split at white space before.
    raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    spaces = load(raw)
    write("tokens-unigram-spaces.json", "tokenizer of unigram without WhitespaceSplit", spaces, spaces, texts_of=SPACED)


def rules(corpus: list[str]) -> str | None:
    """NFKC of the characters of the texts, and of those with marks on them: SentencePiece's own table has 300 KB."""
    letters = {c for text in corpus for c in text}
    marks = [c for c in letters if unicodedata.combining(c)]
    pieces = sorted(letters | {a + b for a in letters for b in marks if not unicodedata.combining(a)})
    changed = {piece: unicodedata.normalize("NFKC", piece) for piece in pieces if unicodedata.category(piece[0]) != "Cs"}
    # Nothing that a text may begin with is taken out: there `tokenizers` counts origins from the wrong character.
    spaces = {c: " " for c in letters if c.isspace()} | {"\u200b": " ", "\u0007": ""}
    changed = {piece: new for piece, new in (changed | spaces).items() if piece != new}
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    return "".join(f"{code(piece)}\t{code(new)}\n" for piece, new in sorted(changed.items()))


def train(corpus: list[str], size: int, rules: str | None) -> sentencepiece_model_pb2.ModelProto:
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch, "rules.tsv")
        options = {}
        if rules is not None:
            table.write_text(rules)
            options["normalization_rule_tsv"] = str(table)
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for text in corpus for line in text.split("\n") if "\0" not in line),
            model_writer=model, model_type="unigram", vocab_size=size, character_coverage=0.98, hard_vocab_limit=False,
            minloglevel=2, **options)
    return sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())


def convert(proto, split: bool) -> Tokenizer:
    """As transformers' XLMRobertaConverter."""
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocab += [(piece.piece, piece.score) for piece in proto.pieces[3:]] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    charsmap = proto.normalizer_spec.precompiled_charsmap
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    spaces = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), spaces]) if split else spaces
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.add_special_tokens([*names, AddedToken("<mask>", lstrip=True)])
    return tokenizer


def load(raw: Tokenizer) -> PreTrainedTokenizerFast:
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(raw.to_str()), **names, mask_token=AddedToken("<mask>", lstrip=True))


if __name__ == "__main__":
    make()
