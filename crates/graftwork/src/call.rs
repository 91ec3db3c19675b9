//! Calls that may take long: options with defaults, progress, and an end before the end.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use graftwork_tensor::{BoxFuture, MaybeSend, OnProgress};

use crate::{Error, Result};

/// Work that may take long and gives a `T`. It begins when it is awaited; until then its options, `O`, can be chosen:
///
/// ```no_run
/// # async fn example(spam: graftwork::Adapter, texts: Vec<String>) -> graftwork::Result<()> {
/// let answers = spam.classify(&texts).await?;
/// let show = |done| println!("{:.0} %", 100.0 * done);
/// let answers = spam.classify(&texts).max_length(64).progress(show).await?;
/// # Ok(())
/// # }
/// ```
///
/// What it becomes is [`Send`], so that it can be awaited in a task of any executor. It computes where it is polled:
/// on a server, give it to a thread that may be busy, as `examples/server.rs` does. Dropped, or
/// [cancelled](Call::cancel_with), it ends at the next batch and leaves nothing behind.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'a, O, T> {
    options: O,
    progress: Box<OnProgress<'a>>,
    cancel: Option<Cancel>,
    cancelled: fn() -> Result<T>,
    work: Box<Work<'a, O, T>>,
}

type Work<'a, O, T> = dyn FnOnce(O, Box<OnProgress<'a>>) -> BoxFuture<'a, Result<T>> + 'a;

impl<'a, O, T> Call<'a, O, T> {
    pub(crate) fn new<F>(options: O, work: impl FnOnce(O, Box<OnProgress<'a>>) -> F + 'a) -> Self
    where
        F: Future<Output = Result<T>> + MaybeSend + 'a,
    {
        let work = Box::new(|options, progress| -> BoxFuture<'a, Result<T>> { Box::pin(work(options, progress)) });
        Self { options, progress: Box::new(|_| {}), cancel: None, cancelled: || Err(Error::Cancelled), work }
    }

    /// What it gives if it is cancelled, instead of an error.
    pub(crate) fn or_cancelled(self, cancelled: fn() -> Result<T>) -> Self {
        Self { cancelled, ..self }
    }

    pub(crate) fn with(mut self, choose: impl FnOnce(&mut O)) -> Self {
        choose(&mut self.options);
        self
    }

    /// Hears now and then what fraction is done, from 0 to 1.
    pub fn progress(mut self, progress: impl FnMut(f64) + MaybeSend + 'a) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Ends soon after `cancel` is told to: with [`Error::Cancelled`], unless the call says otherwise.
    pub fn cancel_with(mut self, cancel: &Cancel) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }
}

impl<'a, O, T: 'a> IntoFuture for Call<'a, O, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'a, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        let mut work = (self.work)(self.options, self.progress);
        let Some(cancel) = self.cancel else { return work };
        // The work gives way between its batches: that is where it is given up.
        Box::pin(poll_fn(move |context| match cancel.is_cancelled() {
            true => Poll::Ready((self.cancelled)()),
            false => work.as_mut().poll(context),
        }))
    }
}

impl<O: fmt::Debug, T> fmt::Debug for Call<'_, O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("options", &self.options).field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

/// Ends [calls](Call) from anywhere: clones are one and the same.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every call that was given this, now and later.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether that has happened.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
