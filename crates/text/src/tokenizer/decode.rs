//! Token ids to text.

use super::Tokenizer;
use super::bpe::alphabet;
use super::pipeline::Model;
use super::unigram::SPACE;

impl Tokenizer {
    /// The text of token ids, as the decoders of `tokenizers` for this kind of model write it: WordPiece's words with single
    /// spaces between and marks moved up to the word before them, continuations without their prefix unless they come first;
    /// of a byte-level model the bytes, of a Unigram model its tokens with spaces for their signs, but none before the first. Ids that no token has are left out, and special tokens if `skip_special`.
    #[must_use]
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> String {
        let special = self.special_tokens();
        let special = [special.cls, special.sep, special.pad, special.unk, special.mask];
        let kept = ids.iter().filter(|id| !(skip_special && special.contains(&Some(**id))));
        let tokens = kept.filter_map(|id| self.id_to_token(*id).map(|token| (*id, token)));
        match &self.0.pipeline.model {
            Model::WordPiece(model) => tokens.enumerate().fold(String::new(), |mut text, (i, (_, token))| {
                let token = match token.strip_prefix(&*model.prefix) {
                    Some(rest) if i > 0 => rest.to_owned(),
                    _ if i > 0 => format!(" {token}"),
                    _ => token,
                };
                text.push_str(&moved_up(token));
                text
            }),
            Model::Unigram(_) => {
                let text: String = tokens.map(|(_, token)| token.replace(SPACE, " ")).collect();
                text.strip_prefix(' ').unwrap_or(&text).to_owned()
            }
            Model::Bpe(_) => {
                let letters = alphabet();
                let byte = |c: char| letters.iter().position(|letter| *letter == c).map(|byte| byte as u8);
                let mut bytes = Vec::new();
                for (id, token) in tokens {
                    // An added token is written as it is.
                    let spelled = (!self.is_added(id)).then(|| token.chars().map(byte).collect::<Option<Vec<u8>>>());
                    bytes.extend(spelled.flatten().unwrap_or_else(|| token.into_bytes()));
                }
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }

    fn is_added(&self, id: u32) -> bool {
        self.0.added.iter().any(|added| added.id == id)
    }
}

/// `cleanup` of `tokenizers`' WordPiece decoder, which looks at a token at a time.
fn moved_up(token: String) -> String {
    const CHANGES: [(&str, &str); 11] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" do not", " don't"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    CHANGES.iter().fold(token, |token, (from, to)| token.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::super::VocabOptions;
    use super::*;

    #[test]
    fn words_continuations_and_marks() {
        let vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nparis\n.\n##s\n'\n,\n";
        let tokenizer = Tokenizer::from_vocab(vocab, &VocabOptions::default()).unwrap();
        let decode = |ids: &[u32], skip| tokenizer.decode(ids, skip);
        assert_eq!(decode(&[2, 5, 7, 9, 4, 6, 3], false), "[CLS] pariss, [MASK]. [SEP]");
        assert_eq!(decode(&[2, 5, 7, 9, 4, 6, 3], true), "pariss,.");
        assert_eq!((decode(&[7], false), decode(&[6], false)), ("##s".to_owned(), ".".to_owned()));
        assert_eq!(decode(&[5, 8, 5, 99], false), "paris ' paris");
    }
}
