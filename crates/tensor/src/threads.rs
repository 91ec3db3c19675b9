//! What may go from thread to thread: everything natively; in a browser, whose GPU handles stay in their thread, nothing
//! need be able to. And how long work makes room for others.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// [`Send`], but in a browser anything.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + ?Sized> MaybeSend for T {}
/// [`Send`], but in a browser anything.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSend for T {}

/// Hears the fraction done, from 0 to 1. It is [`Send`] but in a browser.
#[cfg(not(target_arch = "wasm32"))]
pub type OnProgress<'a> = dyn FnMut(f64) + Send + 'a;
/// Hears the fraction done, from 0 to 1. It is [`Send`] but in a browser.
#[cfg(target_arch = "wasm32")]
pub type OnProgress<'a> = dyn FnMut(f64) + 'a;

/// Work in progress. It is [`Send`] but in a browser.
#[cfg(not(target_arch = "wasm32"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// Work in progress. It is [`Send`] but in a browser.
#[cfg(target_arch = "wasm32")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Lets the executor look at something else, once. Natively nothing else here ever waits, so this is where a task on a
/// shared executor makes room for others, and where work that nobody wants any more ends: by being dropped.
pub async fn give_way() {
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
