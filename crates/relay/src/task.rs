//! The only place that spawns. Every task is known here, so that stopping waits for what must finish.

use std::{future::Future, time::Duration};

use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Owns the relay's tasks. Cloning gives another handle to the same ones.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    connections: TaskTracker,
    detached: TaskTracker,
    /// Cancelled to end what need not finish: connections, and with them every attached run.
    end: CancellationToken,
    /// Cancelled to end detached runs too: the second signal.
    abandon: CancellationToken,
}

/// Watches a detached run. Dropping it changes nothing: the run goes on.
pub type Watch<T> = oneshot::Receiver<T>;

impl Supervisor {
    /// Runs a connection, or anything else that may be ended once the time to drain is over.
    #[expect(clippy::disallowed_methods, reason = "this is the supervisor")]
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        tokio::spawn(self.connections.track_future(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = task => {}
            }
        }));
    }

    /// Runs what has been paid for: a call whose result is finished and kept although the client has gone. It is ended
    /// only by [`abandon`](Self::abandon).
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

    /// How many connections and detached runs there are.
    #[must_use]
    pub fn running(&self) -> (usize, usize) {
        (self.connections.len(), self.detached.len())
    }

    /// Waits until everything has finished, for at most `limit`, then ends the connections that are left. Detached runs
    /// get the same time; those still running then are ended too, and counted in the answer.
    pub async fn drain(&self, limit: Duration) -> usize {
        self.connections.close();
        self.detached.close();
        let finished = async {
            self.connections.wait().await;
            self.detached.wait().await;
        };
        if tokio::time::timeout(limit, finished).await.is_ok() {
            return 0;
        }
        self.end.cancel();
        let lost = self.detached.len();
        self.abandon.cancel();
        self.connections.wait().await;
        self.detached.wait().await;
        lost
    }

    /// Ends everything at once.
    pub fn abandon(&self) {
        self.end.cancel();
        self.abandon.cancel();
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
    async fn a_watched_run_gives_its_result() {
        let supervisor = Supervisor::default();
        assert_eq!(supervisor.spawn_detached(async { 42 }).await, Ok(42));
    }

    #[tokio::test(start_paused = true)]
    async fn draining_waits_as_long_as_allowed_and_counts_what_was_lost() {
        let supervisor = Supervisor::default();
        let watch = supervisor.spawn_detached(std::future::pending::<()>());
        supervisor.spawn(std::future::pending());
        assert_eq!(supervisor.running(), (1, 1));
        let start = tokio::time::Instant::now();
        assert_eq!(supervisor.drain(Duration::from_secs(30)).await, 1);
        assert_eq!(start.elapsed(), Duration::from_secs(30));
        assert_eq!(supervisor.running(), (0, 0));
        assert!(watch.await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_everything_at_once() {
        let supervisor = Supervisor::default();
        supervisor.spawn_detached(std::future::pending::<()>());
        supervisor.spawn(std::future::pending());
        supervisor.abandon();
        let start = tokio::time::Instant::now();
        assert_eq!(supervisor.drain(Duration::from_secs(30)).await, 0);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
