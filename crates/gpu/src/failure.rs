//! What the driver reports late, and who must not wait for it in vain.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Poll, Waker};

use crate::{Error, Result};

/// The loss of a device, or what the driver reported since somebody last asked.
#[derive(Debug, Default)]
pub(crate) struct Failure(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    lost: Option<Error>,
    /// The first of several: the others mostly follow from it.
    error: Option<Error>,
    waiting: Vec<Waker>,
}

impl Failure {
    pub(crate) fn keep_first(&self, error: Error) {
        self.state().error.get_or_insert(error);
    }

    /// A lost device explains every other error, and stays lost.
    pub(crate) fn lose(&self, reason: String) {
        let waiting = {
            let mut state = self.state();
            state.lost = Some(Error::Lost { reason });
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The loss, if the device is lost.
    pub(crate) fn lost(&self) -> Option<Error> {
        self.state().lost.clone()
    }

    /// The loss, or what was reported since the last call: that belongs to whoever asks, and the device serves on.
    pub(crate) fn take(&self) -> Result<()> {
        let mut state = self.state();
        let error = state.error.take();
        state.lost.clone().or(error).map_or(Ok(()), Err)
    }

    /// What a future gives, or the error once the device is lost.
    pub(crate) async fn unless_lost<T>(&self, mut future: impl Future<Output = T> + Unpin) -> Result<T> {
        poll_fn(|context| {
            let polled = Pin::new(&mut future).poll(context);
            let mut state = self.state();
            state.waiting.retain(|waker| !waker.will_wake(context.waker()));
            match (polled, &state.lost) {
                (Poll::Ready(value), _) => Poll::Ready(Ok(value)),
                (Poll::Pending, Some(lost)) => Poll::Ready(Err(lost.clone())),
                (Poll::Pending, None) => {
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
    fn an_error_is_told_once_and_a_loss_always() {
        let failure = Failure::default();
        failure.keep_first(Error::OutOfMemory("first".to_owned()));
        failure.keep_first(Error::Validation("what follows from it".to_owned()));
        assert!(matches!(failure.take(), Err(Error::OutOfMemory(_))));
        assert!(failure.take().is_ok() && failure.lost().is_none());
        failure.lose("gone".to_owned());
        failure.keep_first(Error::Validation("what follows from it".to_owned()));
        assert!((0..2).all(|_| matches!(failure.take(), Err(Error::Lost { .. }))));
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
