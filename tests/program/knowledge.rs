//! What an adapter knows of its own answers: from training to prediction.

use serde_json::Value;

use crate::{backbone, fail, file, graftwork, json_lines, succeed, train};

#[test]
fn what_training_learns_of_its_answers_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("spam");
    let mut command = train(&out, 1);
    command.args(["--max-steps", "60", "--threshold", "0.9", "--quiet"]);
    let printed = succeed(&mut command, "");
    assert!(printed.contains("calibration error") && printed.contains("threshold  answers"), "{printed}");
    assert!(printed.contains("labels less probable than 0.9 are not sure"), "{printed}");

    // The same run again, for scripts.
    let found = &json_lines(command.arg("--json"), "")[0];
    let knowledge = &found["knowledge"];
    assert_eq!((&knowledge["examples"], &knowledge["threshold"]), (&516.into(), &0.9.into()));
    let all = &knowledge["trade_offs"][0];
    assert_eq!((&all["threshold"], &all["answered"]), (&0.0.into(), &516.into()));
    let accuracy = found["dev"]["accuracy"].as_f64().unwrap();
    assert!((all["right"].as_f64().unwrap() / 516.0 - accuracy).abs() < 1e-12);
    assert!(knowledge["temperature"].as_f64().unwrap() > 0.0 && knowledge["familiar"]["centroids"] == 2);

    let inspected = &json_lines(graftwork(["inspect", "--json"]).arg(&out), "")[0];
    assert_eq!(inspected["knowledge"], *knowledge);
    let shown = succeed(graftwork(["inspect"]).arg(&out), "");
    assert!(shown.contains("threshold  answers") && !shown.contains("\"answered\""), "{shown}");

    let using = |command: &str| {
        let mut command = graftwork([command, "--quiet", "--backbone"]);
        command.arg(backbone()).arg("--adapter").arg(&out);
        command
    };
    let dev = file("data/sms-spam/dev.tsv.gz");
    let measured = &json_lines(using("eval").arg("--data").arg(&dev).arg("--json"), "")[0]["calibration"];
    for key in ["temperature", "examples", "calibration_error", "trade_offs"] {
        assert_eq!(measured[key], knowledge[key], "{key}");
    }
    assert!(succeed(using("eval").arg("--data").arg(&dev), "").contains("threshold  answers"));

    let texts = "see you at home\nWINNER! Call 09061701461 now to claim your prize\nfree see you\n";
    let top = |answer: &Value| {
        answer["scores"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).fold(0.0, f64::max)
    };
    let warned = |answer: &Value| {
        answer["warnings"].as_array().is_some_and(|all| all.iter().any(|warning| warning["type"] == "unsure"))
    };
    for (threshold, option) in [(0.9, None), (0.0, Some("0")), (0.999_99, Some("0.99999"))] {
        let mut command = using("predict");
        if let Some(asked) = option {
            command.args(["--threshold", asked]);
        }
        for answer in json_lines(&mut command, texts) {
            assert_eq!(answer["sure"], top(&answer) >= threshold, "{threshold}: {answer}");
            assert_eq!(warned(&answer), top(&answer) < threshold, "{threshold}: {answer}");
            assert!(answer["distance"].as_f64().unwrap() >= 0.0 && answer["label"].is_string());
        }
    }
    let (status, message) = fail(using("predict").args(["--threshold", "1.5"]), texts);
    assert!(status == 2 && message.contains("must be a probability"), "{status}: {message}");
}

/// An adapter from elsewhere knows nothing of its answers, and says nothing.
#[test]
fn where_nothing_is_known_nothing_is_said() {
    let mut command = graftwork(["predict", "--quiet", "--backbone"]);
    command.arg(backbone()).arg("--adapter").arg(file("golden/tiny-cases/seq_bn-flex"));
    let answer = &json_lines(&mut command, "see you\n")[0];
    assert!(answer.get("sure").is_none() && answer.get("distance").is_none() && answer.get("warnings").is_none());
    // A threshold may still be asked for.
    assert!(json_lines(command.args(["--threshold", "0.5"]), "see you\n")[0]["sure"].is_boolean());
}
