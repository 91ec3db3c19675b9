"""The nasty texts. Each has a name; a test says which one failed by it.

A value is a string, or a generator {"repeat": [word, ...], "times": n, "join": s}: the list of words n times over, joined
by s (one space when absent).
"""

FAMILY = "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466"  # man ZWJ woman ZWJ girl ZWJ boy

TEXTS = {
    # ordinary
    "empty": "",
    "one_char": "a",
    "plain": "The quick brown fox jumps over the lazy dog.",
    "mixed_case": "GraftWork Trains ADAPTERS on YouR gPu, mcDonald's iPhone",
    "long_sentence": "A bottleneck adapter stands after the attention sub-layer and after the feed-forward sub-layer of "
    "every encoder layer; the backbone is frozen, and only adapters and the task head learn.",
    "contractions": "I'm sure they've won't can't o'clock rock'n'roll 'tis y'all'd've",
    "sms": "WINNER!! As a valued network customer you have been selected to receivea £900 prize reward! "
    "To claim call 09061701461. Claim code KL341. Valid 12 hours only.",
    # white space
    "only_spaces": "      ",
    "tabs_newlines": "\tone\ttwo\nthree\r\nfour\rfive\n\n\nsix  \t seven",
    "unicode_spaces": "a\u00a0b\u2003c\u2009d\u3000e\u202ff\u205fg\u1680h",
    "line_separators": "a\u2028b\u2029c\u0085d\x0be\x0cf",
    "surrounding_space": "   hello world   ",
    # control and invisible characters
    "nul": "ab\x00cd \x00 ef",
    "control": "a\x01b\x02c\x07d\x08e\x1bf\x7fg\x80h\x9fi",
    "replacement": "caf\ufffd \ufffd\ufffd broken",
    "zero_width": "zero\u200bwidth\u200cnon\u200djoiner\u2060word\ufeffbom",
    "bom_first": "\ufeffhello",
    "bidi_marks": "\u200eleft\u200f right \u202aembed\u202c \u2066isolate\u2069 \u202eoverride\u202c",
    "soft_hyphen": "co\u00adop\u00ader\u00ada\u00adtion",
    "only_control": "\x00\x01\u200b\ufeff\ufffd",
    "private_use": "\ue000 \uf8ff \U000F0000 \U0010FFFD",
    "noncharacters": "a\ufdd0b \uffff \U0001FFFE",
    "unassigned": "a\u0378b\u05ff \U000E0080c",
    "variation_selectors": "\u2764\ufe0f \u2764\ufe0e \u8fbb\U000E0100 \u0031\ufe0f\u20e3",
    "tags": "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F scotland",
    # emoji
    "emoji": "I love this \U0001F600 \U0001F602\U0001F602 \u2764 \U0001F680!",
    "emoji_zwj": f"family {FAMILY} and \U0001F469\u200D\U0001F4BB coder \U0001F3F3\ufe0f\u200D\U0001F308",
    "emoji_skin": "\U0001F44D\U0001F3FD \U0001F44B\U0001F3FF\U0001F44B",
    "flags": "\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7 \U0001F1FA\U0001F1F8",
    "emoji_glued": "ok\U0001F44Dok\U0001F525fire",
    # scripts
    "chinese": "\u6211\u7231\u673a\u5668\u5b66\u4e60\uff0c\u4f60\u5462\uff1f",
    "chinese_mixed": "BERT\u6a21\u578b\u67092\u4e2aadapter\u5c42",
    "chinese_rare": "\U00020000\u3400\u9fff\uf900\U0002F800 \u3007\u3005\u30fb",
    "japanese": "\u6771\u4eac\u30bf\u30ef\u30fc\u306f\u3068\u3066\u3082\u9ad8\u3044\u3067\u3059\u3002\u30ab\u3099 \uff76\uff9e",
    "korean": "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4 \u1112\u1161\u11ab\u1100\u1173\u11af",
    "arabic": "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u060c \u0643\u064e\u064a\u0652\u0641\u064e \u062d\u0627\u0644\u064f\u0643\u061f \u0661\u0662\u0663",
    "hebrew": "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd \u05e6\u05d4\"\u05dc",
    "thai": "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "devanagari": "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e\u0964 \u0915\u094d\u0937 \u0967\u0968\u0969",
    "tamil": "\u0bb5\u0ba3\u0b95\u0bcd\u0b95\u0bae\u0bcd \u0b89\u0bb2\u0b95\u0bae\u0bcd",
    "cyrillic": "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0401\u043b\u043a\u0430 \u0438\u0306 \u0456\u0457\u0454\u0491",
    "greek": "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5 \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u039f\u0394\u039f\u03a3",
    "vietnamese": "Ti\u1ebfng Vi\u1ec7t r\u1ea5t \u0111\u1eb9p, Tie\u0302\u0301ng Vie\u0323\u0302t",
    "georgian_case": "\u1c9b\u1c97\u1c90\u10d5\u10d0\u10e0\u10d8 \u13a0\uab70",
    # accents and case
    "accents_composed": "caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00c5ngstr\u00f6m \u00d1and\u00fa \u0141\u00f3d\u017a \u00d8re",
    "accents_decomposed": "cafe\u0301 nai\u0308ve re\u0301sume\u0301 A\u030angstro\u0308m n\u0303 e\u0301\u0323\u0302",
    "turkish": "\u0130stanbul I\u015f\u0131k DI\u015e d\u0131\u015f \u0130\u0130",
    "german": "Stra\u00dfe STRASSE \u1e9e \u00fcber \u00c4pfel",
    "ligatures": "\ufb01ne \ufb02uff o\ufb03ce \ufb06 \u0132ssel \u01c6 \u0149",
    "fullwidth": "\uff26\uff35\uff2c\uff2c \uff11\uff12\uff13 \uff01\uff1f",
    "math_letters": "\U0001D400\U0001D41B\U0001D4D2 \u211d \u2102 x\u00b2 \u00bd \u2167 \u24b6 \u212b \u2126",
    "combining_pile": "z" + "\u0300\u0301\u0302\u0303\u0304" * 6 + "algo",
    "lone_combining": "\u0301 \u0308abc \u20dd",
    # words and symbols
    "long_word": "pneumonoultramicroscopicsilicovolcanoconiosis" * 4,
    "word_100": "a" * 100,
    "word_101": "a" * 101,
    "word_100_wide": "\u00e9" * 100 + " " + "\u00e9" * 101,
    "unknown_piece": "\u2603\u2620x\u2620 abc\u26c4 \u0d85\u0db8\u0dca\u0db8\u0dcf",
    "url": "see https://example.com/a_b-c/d.html?q=1&r=%20x#frag or mail first.last+tag@sub.domain.co.uk",
    "code": "fn main() { let x: Vec<f32> = vec![1.0_f32; 8]; println!(\"{:?}\", x[0]); } // TODO",
    "json": "{\"a\": [1, 2.5e-3, null], \"b\\n\": true}",
    "numbers": "3.14159 1,000,000 -42 +7 1e10 0xFF 50% $9.99 \u20ac5 \u00a33 12:30 2026-11-23 1/2",
    "punctuation": "!!!??? ... --- ,,,;;; ((([[[{{{ }}}]]])) *** ~~~ ``` ''' \"\"\" @@@ ### $$$ %%% ^^^ &&& ___ +++ === |||",
    "unicode_punctuation": "\u201cquoted\u201d \u2018single\u2019 \u2014 \u2013 \u2026 \u00ab\u00bb \u00bf\u00a1 \u00b7 \u2022 \u2020 \u00a7 \u00b6",
    "symbols": "\u00a9 \u00ae \u2122 \u00b0 \u00b1 \u00d7 \u00f7 \u2260 \u2264 \u221e \u2192 \u2190 \u25a0 \u2713 \u266b < > = + | ~ ^ `",
    "special_tokens": "[CLS] [MASK] [SEP] [UNK] [PAD]",
    "special_tokens_glued": "a[MASK]b [mask] [ MASK ] [[SEP]] [CLS",
    "wordpiece_marks": "##ing ## #hash un##able \u2581sentencepiece \u0120gpt",
    "roberta_tokens": "<s> a <mask> b<mask>c \u00a0<mask> </s><pad> <unk> <mask",
    "gpt2_spaces": "it's  we'll   they'RE 'd \u3000\u3000x\n\n y \t z 12ab\u00bd\u2167 \u24b6\u0301 $5.00...  ",
    "roberta_tokens_glued": "<mask>hello <s>\u00e9a</s>\u6211\u6211<pad>!<mask>\n<mask> \u00e9",
    # length
    "exactly_512": {"repeat": ["word"], "times": 510},
    "one_over_512": {"repeat": ["word"], "times": 511},
    "words_10000": {
        "repeat": ["adapter", "tree", "graft", "caf\u00e9", "\u6211", "don't", "unbelievable", "GPU2026", "x", "\U0001F600"],
        "times": 1000,
    },
    "no_space_10000": {"repeat": ["ab"], "times": 5000, "join": ""},
    "chinese_2000": {"repeat": ["\u5b66\u4e60"], "times": 1000, "join": ""},
}


def expand(value) -> str:
    """A value of TEXTS -> the text."""
    if isinstance(value, str):
        return value
    return value.get("join", " ").join(value["repeat"] * value["times"])


# Pairs of texts: (first, second, max_length).
PAIRS = [
    ("plain", "sms", 512),
    ("empty", "plain", 512),
    ("plain", "empty", 512),
    ("empty", "empty", 16),
    # Equally long, with an even and an odd room: who keeps one more?
    ("plain", "plain", 16),
    ("plain", "plain", 15),
    # One longer, the other, only one cut, both cut.
    ("sms", "plain", 32),
    ("plain", "sms", 32),
    ("sms", "plain", 14),
    ("sms", "plain", 15),
    ("plain", "sms", 14),
    ("plain", "sms", 15),
    ("words_10000", "one_char", 64),
    ("one_char", "words_10000", 65),
    ("exactly_512", "one_over_512", 100),
    ("one_over_512", "exactly_512", 101),
    ("accents_decomposed", "emoji_zwj", 48),
    ("special_tokens", "surrounding_space", 24),
    ("roberta_tokens", "gpt2_spaces", 64),
]

# Texts that are split into words already: (words, max_length).
WORDS = {
    "sentence": (["EU", "rejects", "German", "call", "to", "boycott", "British", "lamb", "."], 512),
    "cut": (["Unbelievable", "antidisestablishmentarianism", "in", "McDonald's", "U.S.", "caf\u00e9", "now"], 12),
    "empty_words": (["", "a", "", " ", "b", "\u200b", "c", ""], 512),
    "spaces_within": ([" New York", "e mail ", "a\tb", "x  y"], 512),
    "scripts": (["\u6211\u7231", "na\u00efve", "cafe\u0301", "\U0001F600\U0001F602", "\u0130stanbul", "\ufb01ne"], 512),
    "special": (["[MASK]", "a[MASK]b", "<mask>", " <mask>", "</s>"], 512),
    "one": (["word"], 512),
    "none_left": (["\u200b", "", "\x00"], 512),
    "long": (["pneumonoultramicroscopicsilicovolcanoconiosis"] * 6, 64),
    "a" * 101: (["a" * 101, "b"], 512),
}
