//! Every architecture beside BERT on the command line: looked at, trained, used, merged.

use crate::merging::{answers, assert_same};
use crate::{backbone, fail, file, graftwork, json_lines, succeed, train_on};

/// The architectures of the goldens' tiny backbones, beside BERT.
fn model_types() -> Vec<String> {
    let folders = std::fs::read_dir(file("golden")).unwrap().map(|entry| entry.unwrap());
    let backbones = folders.filter(|folder| folder.path().join("model.safetensors").is_file());
    let names = backbones.map(|folder| folder.file_name().into_string().unwrap());
    names
        .filter_map(|name| Some(name.strip_prefix("tiny-")?.to_owned()))
        .filter(|name| !name.starts_with("bert"))
        .collect()
}

#[test]
fn every_architecture_is_trained_and_merged() {
    let model_types = model_types();
    assert!(model_types.len() > 1);
    for model_type in model_types {
        let its = file(&format!("golden/tiny-{model_type}"));
        let found = &json_lines(graftwork(["inspect", "--json"]).arg(&its), "")[0];
        assert_eq!((&found["model_type"], &found["max_length"]), (&model_type.as_str().into(), &64.into()));

        let dir = tempfile::tempdir().unwrap();
        let (adapter, merged) = (dir.path().join("lora"), dir.path().join("merged"));
        let mut command = train_on(&its, &adapter, 1, &file("data/sms-spam/dev.tsv.gz"));
        command.args(["--method", "lora", "--rank", "4", "--intermediate-lora", "--output-lora", "--max-steps", "12"]);
        succeed(&mut command, "");
        let described = &json_lines(graftwork(["inspect", "--json"]).arg(&adapter), "")[0];
        assert_eq!(described["model_type"], model_type);
        assert_eq!(described["backbone_fingerprint"], found["fingerprint"]);

        let mut merge = graftwork(["merge", "--backbone"]);
        merge.arg(&its).arg("--adapter").arg(&adapter).arg("--out").arg(&merged);
        succeed(&mut merge, "");
        assert_same(&answers(&its, &adapter), &answers(&merged, &merged.join("head")));

        let mut wrong = graftwork(["predict", "--backbone"]);
        let (status, message) = fail(wrong.arg(backbone()).arg("--adapter").arg(&adapter), "hello");
        assert!(status == 3 && message.contains("model_type"), "{message}");
    }
}
