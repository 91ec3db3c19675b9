//! The example of a server: requests at once get what they would get alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use graftwork::{Adapter, block_on};
use graftwork_tests::devices;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::{attached, texts, tiny_bert};

#[allow(dead_code, reason = "its main function")]
#[path = "../../crates/graftwork/examples/server.rs"]
mod server;

const CLIENTS: usize = 8;
const REQUESTS: usize = 6;

fn ask(port: u16, adapter: &str, question: &Value) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(120)))
        .http_status_as_error(false)
        .build()
        .into();
    let request = agent.post(format!("http://127.0.0.1:{port}/classify/{adapter}"));
    let mut answer = request.header("content-type", "application/json").send(question.to_string()).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Of each text, the label and the probability of each.
type Answers = Vec<(String, Vec<(String, f32)>)>;

fn direct(adapter: &Adapter, texts: &[String]) -> Answers {
    let found = block_on(adapter.classify(texts)).unwrap();
    found.into_iter().map(|found| (found.label, found.scores)).collect()
}

fn over_http(port: u16, adapter: &str, texts: &[String]) -> Answers {
    let (status, body) = ask(port, adapter, &json!({"texts": texts}));
    assert_eq!(status, 200, "{body}");
    // In f32 from the text on, as it was written.
    #[derive(Deserialize)]
    struct Answer {
        label: String,
        scores: Vec<(String, f32)>,
    }
    let answers: Vec<Answer> = serde_json::from_str(&body).unwrap();
    answers.into_iter().map(|answer| (answer.label, answer.scores)).collect()
}

#[test]
fn concurrent_requests_are_answered_as_direct_calls() {
    const CASES: [&str; 3] = ["tiny-cases/seq_bn-flex", "tiny-cases/head-7-labels", "lora-cases/everywhere"];
    let runtime = Runtime::new().unwrap();
    for device in devices() {
        let backbone = tiny_bert(&device);
        let name = |i| format!("adapter-{i}");
        let adapters = CASES.iter().enumerate().map(|(i, case)| (name(i), attached(&backbone, case)));
        let adapters: BTreeMap<String, Adapter> = adapters.collect();
        let question =
            |client: usize, i: usize| (name((client + i) % CASES.len()), texts((client * 100 + i) as u64, 5));
        let all = |client| (0..REQUESTS).map(move |i| question(client, i));
        let directly = |(name, texts): (String, Vec<String>)| direct(&adapters[&name], &texts);
        let expected: Vec<Vec<Answers>> = (0..CLIENTS).map(|client| all(client).map(directly).collect()).collect();
        let different: BTreeSet<String> = expected.iter().flatten().map(|answers| format!("{answers:?}")).collect();
        assert_eq!(different.len(), CLIENTS * REQUESTS);

        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = server::app(adapters.clone());
        let serving = runtime.spawn(async { axum::serve(listener, app).await });
        std::thread::scope(|scope| {
            for (client, expected) in expected.iter().enumerate() {
                scope.spawn(move || {
                    for (i, ((name, texts), expected)) in all(client).zip(expected).enumerate() {
                        let found = over_http(port, &name, &texts);
                        assert!(found == *expected, "client {client}, request {i}: {found:?} is not {expected:?}");
                    }
                });
            }
        });

        let (status, body) = ask(port, "nothing", &json!({"texts": ["a"]}));
        assert_eq!(status, 404);
        assert!(body.contains("\"nothing\"") && body.contains("adapter-0"), "{body}");
        assert_eq!(ask(port, "adapter-0", &json!({"text": "a"})).0, 422);
        serving.abort();
    }
}
