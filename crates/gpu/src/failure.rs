//! What the driver reports late, and who must not wait for it in vain.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Poll, Waker};

use crate::{Error, Result};

/// The first error of a device, or its loss.
#[derive(Debug, Default)]
pub(crate) struct Failure(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    error: Option<Error>,
    waiting: Vec<Waker>,
}

impl Failure {
    pub(crate) fn keep_first(&self, error: Error) {
        self.state().error.get_or_insert(error);
    }

    /// A lost device explains every other error: it replaces whatever came first.
    pub(crate) fn lose(&self, reason: String) {
        let waiting = {
            let mut state = self.state();
            state.error = Some(Error::Lost { reason });
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.state().error.clone().map_or(Ok(()), Err)
    }

    /// What a future gives, or the error once the device is lost.
    pub(crate) async fn unless_lost<T>(&self, mut future: impl Future<Output = T> + Unpin) -> Result<T> {
        poll_fn(|context| {
            let polled = Pin::new(&mut future).poll(context);
            let mut state = self.state();
            state.waiting.retain(|waker| !waker.will_wake(context.waker()));
            match (polled, &state.error) {
                (Poll::Ready(value), _) => Poll::Ready(Ok(value)),
                (Poll::Pending, Some(error @ Error::Lost { .. })) => Poll::Ready(Err(error.clone())),
                (Poll::Pending, _) => {
                    state.waiting.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("the failure's lock")
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    use super::*;
    use crate::signal::signal;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_loss_ends_what_is_never_answered() {
        let (failure, woken) = (Failure::default(), Arc::new(Count::default()));
        let waker = Waker::from(woken.clone());
        let (_sender, receiver) = signal::<()>();
        let mut waiting = pin!(failure.unless_lost(receiver));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        failure.keep_first(Error::Validation("another".to_owned()));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        failure.lose("gone".to_owned());
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        let ended = waiting.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(matches!(ended, Poll::Ready(Err(Error::Lost { .. }))));
    }

    #[test]
    fn nobody_is_kept_who_has_his_answer() {
        let failure = Failure::default();
        let waker = Waker::from(Arc::new(Count::default()));
        let (sender, receiver) = signal();
        let mut waiting = pin!(failure.unless_lost(receiver));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        sender.send(7);
        assert!(matches!(waiting.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(7))));
        assert!(failure.state().waiting.is_empty());
    }
}
