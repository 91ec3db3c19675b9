use std::ops::ControlFlow;

use super::*;

fn read(name: &str, bytes: impl AsRef<[u8]>, options: &ReadOptions) -> Result<Dataset> {
    Dataset::from_bytes(name, bytes.as_ref(), options)
}

fn rows(dataset: &Dataset) -> Vec<(&str, &str)> {
    let label = |example: &Example| dataset.labels[example.label.unwrap()].as_str();
    dataset.examples.iter().map(|example| (example.text.first.as_str(), label(example))).map(|(t, l)| (l, t)).collect()
}

fn error(name: &str, bytes: impl AsRef<[u8]>) -> String {
    read(name, bytes, &ReadOptions::default()).unwrap_err().to_string()
}

#[test]
fn tsv_has_no_quotes_and_no_escapes() {
    let table = "label\tid\ttext\nspam\t1\t\"free\" \\n \"x\r\n\nham\t2\t\nham\t3\t a, b \n";
    let dataset = read("a.tsv", table, &ReadOptions::default()).unwrap();
    assert_eq!(dataset.labels, ["ham", "spam"]);
    assert_eq!(rows(&dataset), [("spam", "\"free\" \\n \"x"), ("ham", ""), ("ham", " a, b ")]);
}

#[test]
fn csv_has_quotes_that_may_span_lines() {
    let table = "\u{feff}text,label\r\n\"a \"\"b\"\"\r\nc, d\",1\r\n\r\nplain,0\r\n";
    let dataset = read("a.CSV", table, &ReadOptions::default()).unwrap();
    assert_eq!(rows(&dataset), [("1", "a \"b\"\r\nc, d"), ("0", "plain")]);
    assert_eq!(dataset.labels, ["0", "1"]);
}

#[test]
fn jsonl_labels_are_strings_integers_or_booleans() {
    let lines = "{\"text\": \"a\\tb\", \"label\": 10}\n\n{\"label\": \"9\", \"text\": \"\u{e9}\", \"more\": [1]}\n";
    let dataset = read("a.jsonl", lines, &ReadOptions::default()).unwrap();
    assert_eq!(rows(&dataset), [("10", "a\tb"), ("9", "\u{e9}")]);
    assert_eq!(dataset.labels, ["9", "10"]);
    let dataset = read("a.ndjson", r#"{"text": "a", "label": true}"#, &ReadOptions::default()).unwrap();
    assert_eq!(dataset.labels, ["true"]);
}

#[test]
fn txt_keeps_every_line() {
    let options = ReadOptions { read_labels: false, ..ReadOptions::default() };
    let dataset = read("a.txt", "one\n\n three\t\r\nlast", &options).unwrap();
    let texts: Vec<&str> = dataset.examples.iter().map(|example| example.text.first.as_str()).collect();
    assert_eq!(texts, ["one", "", " three\t", "last"]);
    assert!(read("a.txt", "", &options).unwrap().is_empty());
    assert!(error("a.txt", "one").contains("no labels"));
}

#[test]
fn columns_can_be_named_and_labels_given_or_left_out() {
    let options = ReadOptions {
        text_column: "sentence".into(),
        label_column: "y".into(),
        labels: Some(vec!["pos".into(), "neg".into()]),
        format: Some(Format::Tsv),
        ..ReadOptions::default()
    };
    let dataset = read("-", "y\tsentence\nneg\tbad\n", &options).unwrap();
    assert_eq!((dataset.examples[0].label, &dataset.labels[..]), (Some(1), &["pos".to_owned(), "neg".to_owned()][..]));

    let options = ReadOptions { read_labels: false, ..options };
    let dataset = read("-", "sentence\nbad\n", &options).unwrap();
    assert_eq!(dataset.examples, [Example { text: "bad".into(), label: None }]);
}

#[test]
fn formats_are_told_by_name() {
    assert_eq!(Format::of_name("x/y.tsv.gz"), Some(Format::Tsv));
    assert_eq!(Format::of_name("y.JSONL"), Some(Format::Jsonl));
    assert_eq!(Format::of_name("data"), None);
    assert_eq!(Format::of_name("data.gz"), None);
    assert!(error("data", "x").contains("does not tell the format"));
}

#[test]
fn unusable_files_say_what_to_do() {
    assert!(error("a.tsv", "").contains("a header with the names of the columns"));
    assert!(error("a.csv", "").contains("a header with the names of the columns"));
    assert!(error("a.tsv", "label\ttext\n").contains("no rows"));
    assert!(error("a.jsonl", "\n").contains("no rows"));
    let missing = error("a.tsv", "sentiment\ttext\n");
    assert!(missing.contains("no column \"label\"") && missing.contains("sentiment, text"), "{missing}");
    assert!(error("a.tsv", "text\tlabel\ttext\n").contains("twice"));
    assert!(error("a.tsv", b"te\xffxt\tlabel\n").contains("not UTF-8"));
}

#[test]
fn bad_rows_come_with_their_lines() {
    assert_eq!(error("a.tsv", "label\ttext\n\nx\n"), "a.tsv:3: 1 column, but the header has 2");
    assert_eq!(error("a.tsv", "label\ttext\nx\ta\tb\n"), "a.tsv:2: 3 columns, but the header has 2");
    assert_eq!(error("a.tsv", "label\ttext\n\ta\n"), "a.tsv:2: the label is empty");
    assert_eq!(error("a.tsv", b"label\ttext\nx\tab\xff\n"), "a.tsv:2: not UTF-8 at byte 3 of the line");
    assert_eq!(error("a.csv", "label,text\n\"x\ny\",a\n\nz\n"), "a.csv:5: 1 column, but the header has 2");
    assert_eq!(
        error(
            "a.jsonl",
            "{\"text\": \"a\", \"label\": 1}\n{\"text\": 7}\n{\n{\"label\": 1.5, \"text\": \"\"}\n[]\n{}\n"
        ),
        "5 bad rows in a.jsonl:\n  \
         a.jsonl:2: \"text\" is a number, not a string\n  \
         a.jsonl:3: not a JSON object: EOF while parsing an object (column 1)\n  \
         a.jsonl:4: \"label\" is a number, not a string, an integer or a boolean\n  \
         a.jsonl:5: not a JSON object: invalid type: sequence, expected a map (column 0)\n  \
         a.jsonl:6: no \"text\" (its keys: )"
    );
}

#[test]
fn unknown_labels_are_named() {
    let options = ReadOptions { labels: Some(vec!["ham".into(), "spam".into()]), ..ReadOptions::default() };
    let message = read("a.tsv", "label\ttext\nham\ta\neggs\tb\n", &options).unwrap_err().to_string();
    assert_eq!(message, "a.tsv:3: unknown label \"eggs\" (known: ham, spam)");
}

#[test]
fn ten_bad_rows_are_enough() {
    let table = format!("label\ttext\n{}", "bad\n".repeat(1000));
    let Err(Error::Rows(errors)) = read("a.tsv", table, &ReadOptions::default()) else { panic!("bad rows") };
    assert_eq!((errors.rows.len(), errors.rows[9].line), (10, 11));
    assert!(errors.to_string().ends_with("(stopped reading here)"));
}

#[test]
fn hostile_input_is_bounded() {
    // A quote that is never closed, in a file larger than the longest row allowed.
    let open_quote = format!("text,label\n\"{}", "a,b\n".repeat(5 << 20));
    let message = error("a.csv", open_quote);
    assert!(message.contains("line 2 is not closed"), "{message}");

    let options = ReadOptions { max_bytes: 100, ..ReadOptions::default() };
    let error = read("a.tsv", format!("text\tlabel\n{}", "a\tb\n".repeat(100)), &options).unwrap_err();
    assert!(matches!(&error, Error::Io { source, .. } if source.to_string().contains("more than 100 bytes")));

    let deep = format!("{{\"text\": {}", "[".repeat(100_000));
    assert!(self::error("a.jsonl", deep).contains("EOF while parsing"));
}

#[test]
fn paths_are_read_and_missing_ones_named() {
    let missing = Dataset::from_path(Path::new("/no/such/file.tsv"), &ReadOptions::default()).unwrap_err();
    assert_eq!(missing.to_string(), "cannot read /no/such/file.tsv");
}

fn texts(inputs: Vec<Input>) -> Vec<String> {
    let text = |input| match input {
        Input::Text(text) => [Some(text.first), text.second].into_iter().flatten().collect::<Vec<_>>().join(" + "),
        Input::Words(words) => words.join("|"),
        Input::Choices(choices) => format!("{}: {}", choices.prompt, choices.choices.join("|")),
    };
    inputs.into_iter().map(text).collect()
}

#[test]
fn questions_and_choices_to_predict() {
    let read = |name: &str, inputs, rows: &str| {
        let mut seen = Vec::new();
        let mut take = |inputs: Vec<Input>| {
            seen.extend(texts(inputs));
            ControlFlow::Continue(())
        };
        let options = ReadOptions { inputs, ..ReadOptions::default() };
        for_each_chunk(name, rows.as_bytes(), &options, 9, &mut take).map(|()| seen)
    };
    let table = "context\tid\tquestion\nc d\t1\tq\n";
    assert_eq!(read("a.tsv", InputKind::Questions, table).unwrap(), ["q + c d"]);
    let line = "{\"question\": \"q\", \"context\": \"c\", \"choices\": [\"x\", \"y\"]}\n";
    assert_eq!(read("a.jsonl", InputKind::Questions, line).unwrap(), ["q + c"]);
    assert_eq!(read("a.jsonl", InputKind::Choices, line).unwrap(), ["c q: x|y"]);
    let refused = |name, inputs, rows| read(name, inputs, rows).unwrap_err().to_string();
    assert!(refused("a.txt", InputKind::Questions, "q\n").contains("no question with a context"));
    assert!(refused("a.tsv", InputKind::Questions, "question\tid\nq\t1\n").contains("no column \"context\""));
    assert!(refused("a.tsv", InputKind::Choices, table).contains("which only .jsonl has"));
}

#[test]
fn rows_without_a_text_may_be_lists_of_words() {
    let mut seen = Vec::new();
    let mut take = |inputs: Vec<Input>| {
        seen.extend(texts(inputs));
        ControlFlow::Continue(())
    };
    let lines = "{\"tokens\": [\"a\", \"b c\"], \"tags\": [1]}\n{\"text\": \"d\", \"tokens\": 1}\n";
    for_each_chunk("a.jsonl", lines.as_bytes(), &ReadOptions::default(), 9, &mut take).unwrap();
    assert_eq!(seen, ["a|b c", "d"]);
}

#[test]
fn texts_from_memory() {
    let data = Dataset::new([("see you", "ham"), ("you won", "spam"), ("hi", "ham")]).unwrap();
    assert_eq!(data.labels, ["ham", "spam"]);
    let rows: Vec<_> = data.examples.iter().map(|example| (example.text.first.as_str(), example.label)).collect();
    assert_eq!(rows, [("see you", Some(0)), ("you won", Some(1)), ("hi", Some(0))]);
    // As the same rows from a file.
    let file = "text\tlabel\nsee you\tham\nyou won\tspam\nhi\tham\n";
    assert_eq!(Dataset::from_bytes("a.tsv", file.as_bytes(), &ReadOptions::default()).unwrap(), data);
    let refused = |data: Vec<(&str, &str)>| Dataset::new(data).unwrap_err().to_string();
    assert_eq!(refused(vec![]), "the data: there are no rows in it");
    assert_eq!(refused(vec![("a", "b"), ("c", "")]), "the data: example 1 (counted from 0): the label is empty");
}

#[test]
fn pairs_of_texts() {
    let memory = Dataset::new([(("a", "b"), "x"), (("c", ""), "y")]).unwrap();
    assert_eq!(memory.examples[0].text, Text { first: "a".into(), second: Some("b".into()) });
    let same = |name: &str, rows: &str, options: &ReadOptions| assert_eq!(read(name, rows, options).unwrap(), memory);
    let plain = ReadOptions::default();
    same("a.tsv", "label\ttext_a\ttext_b\nx\ta\tb\ny\tc\t\n", &plain);
    same("a.csv", "text,label,text_pair\na,x,b\nc,y,\n", &plain);
    let lines = "{\"text_a\": \"a\", \"text_b\": \"b\", \"label\": \"x\"}\n\
                 {\"text\": \"c\", \"text_pair\": \"\", \"label\": \"y\"}\n";
    same("a.jsonl", lines, &plain);
    let named = |first: &str, second: &str| ReadOptions {
        text_column: first.into(),
        text_pair_column: Some(second.into()),
        ..ReadOptions::default()
    };
    same("a.tsv", "label\tpremise\thypothesis\nx\ta\tb\ny\tc\t\n", &named("premise", "hypothesis"));
    // A column `text` is the text, whatever else there is.
    let all = read("a.tsv", "label\ttext\ttext_a\ttext_b\nx\ta\tb\tc\n", &plain).unwrap();
    assert_eq!(all.examples[0].text, "a".into());

    let refused = |rows: &str, options: &ReadOptions| read("a.tsv", rows, options).unwrap_err().to_string();
    let half = refused("label\ttext_a\nx\ta\n", &plain);
    assert!(half.contains("no column \"text\" in the header (its columns: label, text_a)"), "{half}");
    let missing = refused("label\ttext_a\ttext_b\nx\ta\tb\n", &named("text_a", "other"));
    assert!(
        missing.contains("no column \"other\"") && missing.contains("which column holds the second text"),
        "{missing}"
    );
    assert!(refused("label\ttext_a\ttext_b\nx\ta\tb\n", &named("text", "text_b")).contains("no column \"text\""));

    let mut seen = Vec::new();
    let mut take = |inputs: Vec<Input>| {
        seen.extend(texts(inputs));
        ControlFlow::Continue(())
    };
    for_each_chunk("a.tsv", &b"text_a\ttext_b\na\tb\n"[..], &plain, 9, &mut take).unwrap();
    let lines = "{\"text\": \"c\"}\n{\"tokens\": [\"d\", \"e\"]}\n{\"text_a\": \"f\", \"text_b\": \"g\"}\n";
    for_each_chunk("a.jsonl", lines.as_bytes(), &plain, 9, &mut take).unwrap();
    assert_eq!(seen, ["a + b", "c", "d|e", "f + g"]);
}

#[test]
fn texts_can_be_taken_in_chunks() {
    let mut chunks = Vec::new();
    let mut take = |inputs: Vec<Input>| {
        chunks.push(texts(inputs));
        if chunks.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ReadOptions::default();
    for_each_chunk("a.txt", &b"1\n2\n3\n"[..], &options, 2, &mut take).unwrap();
    for_each_chunk("a.txt", &b"4\n5\n6\n"[..], &options, 1, &mut take).unwrap();
    assert_eq!(chunks, [vec!["1", "2"], vec!["3"], vec!["4"]]);

    let mut seen = Vec::new();
    let mut take = |inputs: Vec<Input>| {
        seen.extend(texts(inputs));
        ControlFlow::Continue(())
    };
    let bad = for_each_chunk("a.jsonl", &b"{\"text\":\"1\"}\n{}\n{\"text\":\"3\"}\n"[..], &options, 1, &mut take);
    assert!(bad.unwrap_err().to_string().starts_with("a.jsonl:2: no \"text\""));
    assert_eq!(seen, ["1"]);
}
