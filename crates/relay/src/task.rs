//! The only place that spawns. Every task is known here, so that stopping waits for what must finish.

use std::{future::Future, time::Duration};

use tokio::sync::oneshot;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// How long requests that are given up may take to tell their clients.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Owns the relay's tasks. Cloning gives another handle to the same ones.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    connections: TaskTracker,
    detached: TaskTracker,
    /// Cancelled when the time to finish is over: requests tell their clients so.
    give_up: CancellationToken,
    /// Cancelled to end what is left of the connections, and with them every attached run.
    end: CancellationToken,
    /// Cancelled to end detached runs too, once they have been counted.
    abandon: CancellationToken,
}

/// Watches a detached run. Dropping it changes nothing: the run goes on.
pub type Watch<T> = oneshot::Receiver<T>;

impl Supervisor {
    /// Runs a connection, or anything else that may be ended once the time to drain is over.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_until(self.end.clone(), task);
    }

    /// Runs what nobody waits for, until the guard is dropped.
    #[must_use]
    pub fn spawn_background(&self, task: impl Future<Output = ()> + Send + 'static) -> DropGuard {
        let end = CancellationToken::new();
        self.spawn_until(end.clone(), task);
        end.drop_guard()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the supervisor")]
    fn spawn_until(&self, end: CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.connections.track_future(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = task => {}
            }
        }));
    }

    /// Runs what has been paid for: a call whose result is finished and kept although the client has gone. It is ended
    /// only when the time to drain is over.
    #[expect(clippy::disallowed_methods, reason = "this is the supervisor")]
    pub fn spawn_detached<T: Send + 'static>(&self, run: impl Future<Output = T> + Send + 'static) -> Watch<T> {
        let (done, watch) = oneshot::channel();
        let abandon = self.abandon.clone();
        tokio::spawn(self.detached.track_future(async move {
            tokio::select! {
                () = abandon.cancelled() => {}
                // Whether anybody still watches makes no difference.
                result = run => drop(done.send(result)),
            }
        }));
        watch
    }

    /// The word that the time to finish is over.
    #[must_use]
    pub fn give_up(&self) -> CancellationToken {
        self.give_up.clone()
    }

    /// Waits until everything has finished, for at most `limit`. Then requests are given up: their clients are told, and
    /// connections that still don't end are ended. Detached runs get the same time; those still running then are ended
    /// too, and counted in the answer.
    pub async fn drain(&self, limit: Duration) -> usize {
        self.connections.close();
        self.detached.close();
        tokio::select! {
            () = self.finished() => return 0,
            () = tokio::time::sleep(limit) => {}
            () = self.give_up.cancelled() => {}
        }
        self.give_up.cancel();
        let lost = self.detached.len();
        self.abandon.cancel();
        let _ = tokio::time::timeout(LAST_WORDS, self.finished()).await;
        self.end.cancel();
        self.finished().await;
        lost
    }

    async fn finished(&self) {
        self.connections.wait().await;
        self.detached.wait().await;
    }

    /// Cuts the waiting of [`drain`](Self::drain) short: requests and detached runs are given up now.
    pub fn abandon(&self) {
        self.give_up.cancel();
    }
}

/// Computes what takes a moment on a thread that serves no requests; `None` if it panicked.
pub(crate) async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Runs what is over within a moment and nobody waits for, not even a relay that stops; what is let go of after that runs not
/// at all.
pub(crate) fn errand(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        drop(runtime.spawn(work));
    }
}

/// Gives work that blocks for as long as the relay lives a thread of its own. It ends when the work does.
pub(crate) fn own_thread(name: &'static str, work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name(name.into()).spawn(work);
    if let Err(error) = thread {
        tracing::error!(%error, name, "the system gives no thread");
    }
}

/// hyper runs each HTTP/2 stream as a task of its own; they are the connection's.
impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Supervisor {
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    use tokio::sync::Notify;

    use crate::{
        clock::Clock,
        journal::{Journal, Outcome},
        request::Ticket,
    };

    #[tokio::test]
    async fn a_detached_run_finishes_although_nobody_watches() {
        let supervisor = Supervisor::default();
        let (gate, is_done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (run_gate, run_done) = (Arc::clone(&gate), Arc::clone(&is_done));
        let watch = supervisor.spawn_detached(async move {
            run_gate.notified().await;
            run_done.store(true, Ordering::SeqCst);
        });
        drop(watch);
        gate.notify_one();
        assert_eq!(supervisor.drain(Duration::from_secs(30)).await, 0);
        assert!(is_done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_detached_run_holds_the_ticket_of_its_request() {
        let journal = Journal::default();
        let ticket =
            Ticket::new("r".into(), "POST /x".into(), journal.clone(), Clock::fixed(0), CancellationToken::new());
        let supervisor = Supervisor::default();
        let gate = Arc::new(Notify::new());
        let (run_gate, run_ticket) = (Arc::clone(&gate), ticket.clone());
        let watch = supervisor.spawn_detached(async move {
            run_gate.notified().await;
            run_ticket.completed();
        });
        drop((watch, ticket));
        assert!(journal.recent().is_empty(), "the client has left, the call goes on");
        gate.notify_one();
        supervisor.drain(Duration::from_secs(30)).await;
        assert_eq!(journal.recent()[0].outcome, Outcome::Done);
    }

    #[tokio::test]
    async fn a_watched_run_gives_its_result() {
        let supervisor = Supervisor::default();
        assert_eq!(supervisor.spawn_detached(async { 42 }).await, Ok(42));
    }

    #[tokio::test(start_paused = true)]
    async fn draining_waits_as_long_as_allowed_and_counts_what_was_lost() {
        let supervisor = Supervisor::default();
        let watch = supervisor.spawn_detached(std::future::pending::<()>());
        supervisor.spawn(std::future::pending());
        assert_eq!((supervisor.connections.len(), supervisor.detached.len()), (1, 1));
        let start = tokio::time::Instant::now();
        assert_eq!(supervisor.drain(Duration::from_secs(30)).await, 1);
        assert_eq!(start.elapsed(), Duration::from_secs(30) + LAST_WORDS);
        assert_eq!((supervisor.connections.len(), supervisor.detached.len()), (0, 0));
        assert!(watch.await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_everything_at_once() {
        let supervisor = Supervisor::default();
        supervisor.spawn_detached(std::future::pending::<()>());
        supervisor.spawn(std::future::pending());
        let start = tokio::time::Instant::now();
        let second_signal = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            supervisor.abandon();
        };
        let (lost, ()) = tokio::join!(supervisor.drain(Duration::from_secs(30)), second_signal);
        assert_eq!((lost, start.elapsed()), (1, Duration::from_secs(3) + LAST_WORDS));
    }
}
