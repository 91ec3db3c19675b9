//! What may go to another thread. That this compiles is the test.

use std::future::IntoFuture;

use graftwork::{Adapter, Backbone, Cancel, Device, Examples, RunState, Trainer};

fn send<T: Send>(_: T) {}
fn shared<T: Send + Sync>() {}

#[test]
fn everything_is_shared_between_threads() {
    shared::<Backbone>();
    shared::<Adapter>();
    shared::<Device>();
    shared::<Examples>();
    shared::<Cancel>();
    shared::<RunState>();
    shared::<graftwork::Error>();
    send::<Option<Trainer<'_>>>(None);
}

/// An executor with several threads takes only futures that are [`Send`].
#[expect(dead_code, reason = "it need only compile")]
fn futures(backbone: &Backbone, adapter: &Adapter, examples: &Examples, trainer: &mut Trainer<'_>, device: &Device) {
    let (texts, mut seen) = (["a".to_owned()], 0.0);
    send(Backbone::load("a", device).progress(|done| seen = done).into_future());
    send(adapter.classify(&texts).progress(|_| {}).into_future());
    send(adapter.tag(&texts).into_future());
    send(adapter.tag_words(&[["a"]]).into_future());
    send(adapter.embed(&texts).into_future());
    send(backbone.embed(&texts).into_future());
    send(backbone.embed_tokens(&texts).into_future());
    send(adapter.evaluate(examples).into_future());
    send(adapter.to_file());
    send(trainer.turn(1));
    send(trainer.state("run"));
    send(trainer.run().on_event(|_| {}).into_future());
    send(Device::auto());
    // In an async function, as a handler is.
    send(async {
        let answers = adapter.classify(&texts).max_length(8).await?;
        adapter.embed(&[answers[0].label.as_str()]).normalize(true).await
    });
}
