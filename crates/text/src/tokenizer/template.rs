//! What stands around a text and between the texts of a pair.

use serde::Deserialize;
use serde_json::Value;

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A token that is added.
    Special { id: u32, type_id: u32 },
    /// The tokens of the first or second text.
    Text { sequence: u8, type_id: u32 },
}

/// The templates of a post-processor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub single: Vec<Piece>,
    /// Empty where the tokenizer has none.
    pub pair: Vec<Piece>,
    /// Origins leave out the spaces that byte-level tokens have in them.
    pub trim: bool,
}

/// The number of tokens that a template adds.
pub(super) fn special(pieces: &[Piece]) -> usize {
    pieces.iter().filter(|piece| matches!(piece, Piece::Special { .. })).count()
}

impl Template {
    /// BERT's: `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`.
    pub(super) fn bert(cls: u32, sep: u32) -> Self {
        let special = |id, type_id| Piece::Special { id, type_id };
        let text = |sequence| Piece::Text { sequence, type_id: sequence.into() };
        let single = vec![special(cls, 0), text(0), special(sep, 0)];
        let pair = [&single[..], &[text(1), special(sep, 1)]].concat();
        Self { single, pair, trim: false }
    }

    /// RoBERTa's: `<s> A </s>`, `<s> A </s></s> B </s>`, all of type 0.
    pub(super) fn roberta(cls: u32, sep: u32) -> Self {
        let special = |id| Piece::Special { id, type_id: 0 };
        let text = |sequence| Piece::Text { sequence, type_id: 0 };
        let single = vec![special(cls), text(0), special(sep)];
        let pair = [&single[..], &[special(sep), text(1), special(sep)]].concat();
        Self { single, pair, trim: true }
    }

    /// Reads a post-processor of any version of `tokenizers`.
    pub(super) fn read(post_processor: &Value) -> Result<Self, String> {
        let edge = |name: &str| {
            let token: (String, u32) = Deserialize::deserialize(post_processor.get(name).unwrap_or(&Value::Null))
                .map_err(|_| format!("the post-processor's `{name}` is not a token with its id"))?;
            Ok::<_, String>(token.1)
        };
        let template = match post_processor.get("type").and_then(Value::as_str) {
            Some("BertProcessing") => Self::bert(edge("cls")?, edge("sep")?),
            Some("RobertaProcessing") => {
                let trim = post_processor.get("trim_offsets").and_then(Value::as_bool).unwrap_or(true);
                Self { trim, ..Self::roberta(edge("cls")?, edge("sep")?) }
            }
            Some("TemplateProcessing") => {
                let pieces = |name: &str| {
                    let pieces = post_processor.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                    let pieces = pieces.iter().map(|piece| read_piece(piece, &post_processor["special_tokens"]));
                    pieces.collect::<Result<Vec<_>, _>>().map(|pieces| pieces.concat())
                };
                Self { single: pieces("single")?, pair: pieces("pair")?, trim: false }
            }
            Some(other) => return Err(format!("the post-processor {other} is not supported")),
            None => return Err("there is no post-processor: nothing puts a text between [CLS] and [SEP]".to_owned()),
        };
        let texts = |pieces: &[Piece]| {
            let text = |piece: &Piece| if let Piece::Text { sequence, .. } = piece { Some(*sequence) } else { None };
            pieces.iter().filter_map(text).collect::<Vec<_>>()
        };
        let edges = (template.single.first(), template.single.last());
        let framed = matches!(edges, (Some(Piece::Special { .. }), Some(Piece::Special { .. })));
        if !framed || texts(&template.single) != [0] {
            return Err("the post-processor does not put a text between [CLS] and [SEP]".to_owned());
        }
        if !template.pair.is_empty() && texts(&template.pair) != [0, 1] {
            return Err("the post-processor's template for two texts is not understood".to_owned());
        }
        Ok(template)
    }

    /// The ids of all tokens that are added.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        let id = |piece: &Piece| if let Piece::Special { id, .. } = piece { Some(*id) } else { None };
        self.single.iter().chain(&self.pair).filter_map(id)
    }
}

/// A piece of a `TemplateProcessing`. Version 1 lists ids and names texts where it stands; before that, a piece had one
/// key, its kind, and special tokens had their ids in a table beside.
fn read_piece(piece: &Value, table: &Value) -> Result<Vec<Piece>, String> {
    let inner = piece.get("SpecialToken").or(piece.get("Sequence")).unwrap_or(piece);
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let type_id = inner.get("type_id").and_then(number).unwrap_or(0);
    let name = inner.get("id").and_then(Value::as_str);
    let sequence = match (piece.get("Sequence"), inner.get("seq").and_then(Value::as_str)) {
        (Some(_), _) => name,
        (None, seq) => seq,
    };
    match sequence {
        Some("A") => return Ok(vec![Piece::Text { sequence: 0, type_id }]),
        Some("B") => return Ok(vec![Piece::Text { sequence: 1, type_id }]),
        Some(other) => return Err(format!("the post-processor names a text {other:?}")),
        None => {}
    }
    let listed = inner.get("ids").or_else(|| table.get(name?)?.get("ids")).and_then(Value::as_array);
    let ids = listed.ok_or("a piece of the post-processor's template is neither a text nor a known token")?;
    let special = |id| number(id).map(|id| Piece::Special { id, type_id }).ok_or("the post-processor has a bad id");
    Ok(ids.iter().map(special).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form() {
        let bert = Template::bert(2, 3);
        assert_eq!((special(&bert.single), special(&bert.pair)), (2, 3));
        assert_eq!(bert.ids().collect::<Vec<_>>(), [2, 3, 2, 3, 3]);
        let processing = json!({"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]});
        assert_eq!(Template::read(&processing), Ok(Template::bert(2, 3)));
        let special = |name: &str, type_id: u32| json!({"SpecialToken": {"id": name, "type_id": type_id}});
        let text = |name: &str, type_id: u32| json!({"Sequence": {"id": name, "type_id": type_id}});
        let single = [special("C", 0), text("A", 0), special("S", 0)];
        let pair = [&single[..], &[text("B", 1), special("S", 1)]].concat();
        let table =
            json!({"C": {"id": "C", "ids": [2], "tokens": ["C"]}, "S": {"id": "S", "ids": [3], "tokens": ["S"]}});
        let old = json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": table});
        assert_eq!(Template::read(&old), Ok(Template::bert(2, 3)));
        let special = |id: u32, type_id: u32| json!({"ids": [id], "type_id": type_id});
        let text = |name: &str, type_id: u32| json!({"seq": name, "type_id": type_id});
        let single = [special(2, 0), text("A", 0), special(3, 0)];
        let pair = [&single[..], &[text("B", 1), special(3, 1)]].concat();
        let new = json!({"type": "TemplateProcessing", "single": single, "pair": pair});
        assert_eq!(Template::read(&new), Ok(Template::bert(2, 3)));
        let bare = json!({"type": "TemplateProcessing", "single": [text("A", 0)], "pair": []});
        let roberta = json!({"type": "RobertaProcessing", "cls": ["<s>", 0], "sep": ["</s>", 2], "trim_offsets": false,
            "add_prefix_space": true});
        assert_eq!(Template::read(&roberta), Ok(Template { trim: false, ..Template::roberta(0, 2) }));
        assert_eq!(Template::roberta(0, 2).ids().collect::<Vec<_>>(), [0, 2, 0, 2, 2, 2]);
        assert!(Template::read(&bare).unwrap_err().contains("[CLS]"));
    }
}
