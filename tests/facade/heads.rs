//! Several heads on one adapter, in the library.

use graftwork::{
    AdapterFile, CoursePart, Dataset, Device, Event, IntentDataset, NewAdapter, Sampling, TaggedDataset, TrainConfig,
    block_on, files, text_classification, token_classification,
};
use graftwork_tests::golden;

use crate::tiny_bert;

fn sentences() -> IntentDataset {
    let of = |i: usize| {
        let (word, tag, intent) =
            [("Bach", "B-artist", "play"), ("Rome", "B-city", "ask"), ("Abba", "B-artist", "play")][i % 3];
        (vec!["say", "it", word], vec!["O", "O", tag], intent)
    };
    IntentDataset::new((0..60).map(of)).unwrap()
}

/// Both heads learn from the same examples, answer in one call, and each alone says the same.
#[test]
fn intent_and_slots() {
    let backbone = tiny_bert(&Device::cpu());
    let examples = backbone.examples("training", &sentences(), 16).unwrap();
    let file = backbone.new_adapter(&examples).unwrap();
    assert_eq!(file.head_names(), ["intent", "slots"]);
    let config = TrainConfig { epochs: 10, lr: 1e-2, batch_size: 8, ..TrainConfig::default() };
    let mut trainer = backbone.trainer(&file, config, &examples, &examples).unwrap();
    let mut measured = Vec::new();
    block_on(trainer.run().on_event(|event| {
        if let Event::Evaluated { head, further, .. } = event {
            measured.push((head.to_owned(), further[0].0.clone()));
        }
    }))
    .unwrap();
    assert_eq!(measured[0], ("intent".to_owned(), "slots".to_owned()));
    let adapter = trainer.adapter();
    let text = "say it Rome";
    let found = &block_on(adapter.intent_and_slots(&[text])).unwrap()[0];
    assert_eq!(found.intent.label, "ask");
    let entity = &found.slots.entities.as_ref().unwrap()[0];
    assert_eq!((&text[entity.span.clone()], entity.kind.as_str()), ("Rome", "city"));
    assert_eq!(block_on(adapter.intent_and_slots_of_words(&[["say", "it", "Rome"]])).unwrap()[0], *found);
    let alone = adapter.with_head("intent").unwrap();
    assert_eq!(block_on(alone.classify(&[text])).unwrap()[0], found.intent);
    assert_eq!(block_on(adapter.with_head("slots").unwrap().tag(&[text])).unwrap()[0], found.slots);
    assert!(block_on(alone.intent_and_slots(&[text])).is_err());
    // Its first head is there for who knows one only.
    assert_eq!(block_on(adapter.classify(&[text])).unwrap()[0].label, "ask");
}

/// What has several heads comes back from both kinds of files, and what was written before of one is what it was.
#[test]
fn files_of_several_heads() {
    let backbone = tiny_bert(&Device::cpu());
    let mut file = backbone.new_adapter(&backbone.examples("training", &sentences(), 16).unwrap()).unwrap();
    file.further[0].thresholds = vec![0.25];
    let new = file;
    let bytes = files::single_file::to_bytes(&new).unwrap();
    // Beside what it was, it has the keys that AdapterHub's files want.
    let file = AdapterFile::from_bytes("a", &bytes).unwrap();
    assert!(file.tensors == new.tensors && file.metadata == new.metadata, "what was learned");
    let labels = |file: &AdapterFile| file.heads().map(|head| head.label_names()).collect::<Vec<_>>();
    assert_eq!((file.head_names(), labels(&file)), (new.head_names(), labels(&new)));
    assert_eq!(file.further[0].thresholds, [0.25]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    file.save(&path).unwrap();
    assert!(AdapterFile::load(&path).unwrap() == file, "the directory");
    // A page fetches the files of the first head alone.
    let mut of_page = files::adapterhub::to_files(&file).unwrap();
    of_page.retain(|name, _| !name.contains('/'));
    let first = files::adapterhub::from_files("a", &of_page).unwrap();
    assert!(first == file.with_head("intent").unwrap(), "the first head");

    // A head's files that are missing, or of another training.
    let weights = path.join("heads/slots/model_head.safetensors");
    let own = std::fs::read(&weights).unwrap();
    std::fs::remove_file(&weights).unwrap();
    let message = AdapterFile::load(&path).unwrap_err().to_string();
    assert!(message.contains("heads/slots/model_head.safetensors"), "{message}");
    let mut other = own.clone();
    let last = other.len() - 2;
    other[last] ^= 1;
    std::fs::write(&weights, other).unwrap();
    assert!(AdapterFile::load(&path).unwrap_err().to_string().contains("slots"));
    std::fs::remove_dir_all(path.join("heads")).unwrap();
    let message = AdapterFile::load(&path).unwrap_err().to_string();
    assert!(message.contains("there is no heads/slots/head_config.json"), "{message}");

    // AdapterHub's own directory says nothing of what there is.
    let golden = AdapterFile::load(golden::path("tiny-heads")).unwrap();
    assert_eq!(golden.head_names(), ["intent", "slots"]);
    for twice in ["intent", "a b", ""] {
        let mut bad = file.clone();
        bad.further[0].config.style = graftwork::HeadStyle::Flex { name: twice.to_owned() };
        assert!(bad.validate("a").is_err(), "{twice:?}");
    }
}

/// Data sets of two tasks in turns.
#[test]
fn a_course() {
    let backbone = tiny_bert(&Device::cpu());
    let texts = Dataset::new((0..40).map(|i| [("say it Bach", "music"), ("say it Rome", "travel")][i % 2])).unwrap();
    let words =
        TaggedDataset::new((0..40).map(|i| (vec!["say", ["Bach", "Rome"][i % 2]], vec!["O", ["B-a", "B-c"][i % 2]])))
            .unwrap();
    let (texts, words) =
        (backbone.examples("training", &texts, 16).unwrap(), backbone.examples("training", &words, 16).unwrap());
    let new = NewAdapter::new(&text_classification::INFO, texts.labels()).head("topic");
    let new = new.and("names", &token_classification::INFO, words.labels());
    let file = backbone.new_adapter(new.clone()).unwrap();
    let config = TrainConfig { epochs: 12, lr: 1e-2, batch_size: 8, ..TrainConfig::default() };
    let parts = [
        CoursePart::new(&texts).dev(&texts).head("topic"),
        CoursePart::new(&words).dev(&words).head("names").weight("names", 2.0),
    ];
    let mut trainer = backbone.course(&file, config.clone(), &parts, Sampling::Evenly).unwrap();
    block_on(trainer.run()).unwrap();
    let trained = block_on(trainer.to_file()).unwrap();
    assert_eq!(trained.metadata.training["sampling"], "evenly");
    assert_eq!(trained.metadata.training["loss_weights"]["names"], 2.0);
    let adapter = trainer.adapter();
    assert_eq!(block_on(adapter.classify(&["say it Rome"])).unwrap()[0].label, "travel");
    let tagged = block_on(adapter.with_head("names").unwrap().tag(&["say Rome"])).unwrap();
    assert_eq!(tagged[0].entities.as_ref().unwrap()[0].kind, "c");

    let refused = |parts: &[CoursePart<'_>]| {
        backbone.course(&file, config.clone(), parts, Sampling::BySize).err().unwrap().to_string()
    };
    let topic = || CoursePart::new(&texts).head("topic");
    assert!(refused(&[topic(), topic()]).contains("topic twice"));
    assert!(refused(&[topic(), CoursePart::new(&words)]).contains("without a name"));
    assert!(refused(&[topic().weight("names", 2.0)]).contains("not names"));
    assert!(refused(&[]).contains("1 at least"));
    assert!(backbone.new_adapter(new.head("names")).unwrap_err().to_string().contains("twice"));
}
