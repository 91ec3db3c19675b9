//! Classifies texts over HTTP: one backbone, several adapters, many requests at once.
//!
//! ```sh
//! cargo run --release --example server -- sentence-transformers/all-MiniLM-L6-v2 adapters/spam adapters/mood
//! curl -H 'content-type: application/json' -d '{"texts": ["WIN a free phone now!"]}' localhost:3000/classify/spam
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use graftwork::{Adapter, AdapterFile, Backbone, Cancel, Classification, Device, block_on};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// What every request shares.
struct Service {
    adapters: BTreeMap<String, Adapter>,
    /// Requests that compute at a time: more would only take memory.
    places: Arc<Semaphore>,
}

/// What is asked.
#[derive(Deserialize)]
struct Question {
    texts: Vec<String>,
}

/// What is answered, for each text.
#[derive(Serialize)]
struct Answer {
    label: String,
    scores: Vec<(String, f32)>,
}

impl From<Classification> for Answer {
    fn from(found: Classification) -> Self {
        Self { label: found.label, scores: found.scores }
    }
}

/// Serves adapters by name.
pub fn app(adapters: BTreeMap<String, Adapter>) -> Router {
    let places = std::thread::available_parallelism().map_or(1, usize::from);
    let service = Service { adapters, places: Arc::new(Semaphore::new(places)) };
    Router::new().route("/classify/{adapter}", post(classify)).with_state(Arc::new(service))
}

async fn classify(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    Json(question): Json<Question>,
) -> Result<Json<Vec<Answer>>, (StatusCode, String)> {
    let Some(adapter) = service.adapters.get(&name).cloned() else {
        let known: Vec<&str> = service.adapters.keys().map(String::as_str).collect();
        return Err((StatusCode::NOT_FOUND, format!("there is no adapter {name:?}; there are {known:?}")));
    };
    let place = Arc::clone(&service.places).acquire_owned().await.expect("places are never closed");
    let cancel = Cancel::new();
    // If the client goes away, this function is dropped, and nobody needs the answer any more.
    let _guard = CancelOnDrop(cancel.clone());
    // Computing keeps a thread busy: one of those that may be, not one of those that serve.
    let work = move || {
        let _place = place;
        block_on(adapter.classify(&question.texts).cancel_with(&cancel))
    };
    match spawn_blocking(work).await.map_err(|panic| (StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()))? {
        Ok(found) => Ok(Json(found.into_iter().map(Answer::from).collect())),
        Err(error) if error.is_out_of_memory() => Err((StatusCode::PAYLOAD_TOO_LARGE, error.to_string())),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let backbone = arguments.next().ok_or("usage: server BACKBONE ADAPTER...")?;
    let backbone = block_on(async { Backbone::load(backbone, &Device::auto().await).await })?;
    let mut adapters = BTreeMap::new();
    for path in arguments {
        let file = AdapterFile::load(path)?;
        adapters.insert(file.name.clone(), backbone.attach(&file)?);
    }
    println!("serving {:?} on http://localhost:3000/classify/NAME", adapters.keys().collect::<Vec<_>>());
    Runtime::new()?.block_on(async { axum::serve(TcpListener::bind("127.0.0.1:3000").await?, app(adapters)).await })?;
    Ok(())
}
