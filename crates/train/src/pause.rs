//! A place between two batches where long work can be left.

use std::future::poll_fn;
use std::task::Poll;

/// Lets the executor look at something else, once. Natively nothing else in this crate ever waits, so this is where a
/// task on a shared executor makes room for others, and where work that nobody wants any more ends: by being dropped.
pub(crate) async fn between_batches() {
    let mut has_paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
