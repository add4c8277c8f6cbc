//! [`Relay`]: the one value through which the relay is started, stopped, changed and watched.

pub(crate) mod results;
mod token;
pub(crate) mod usage;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use onemin::{ApiKey, Client, SetupError};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::DropGuard;

use crate::{
    budget::{self, BudgetStatus},
    catalog::{self, CatalogStatus, View},
    clock::Clock,
    engine::detached::{lost, pulse},
    guard::{blocked::Blocked, owner},
    journal::Journal,
    listen::{self, Acceptor, BindError},
    router,
    settings::Settings,
    shared::Shared,
    status::{RunState, Status},
    store,
    task::Supervisor,
    token::{self as tokens, TokenError},
    usage::{keep, keep_while},
};

/// What a relay is made from.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// Its settings.
    pub settings: Settings,
    /// The stored 1min.ai key; `None`: every client brings its own.
    pub key: Option<ApiKey>,
    /// Whether the upstream is the demo's stand-in, which answers then say.
    pub is_demo: bool,
    /// Where the relay keeps things; `None`: nowhere.
    pub data_dir: Option<PathBuf>,
    /// The clock.
    pub clock: Clock,
}

/// A relay, running or not.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    server: Mutex<Option<Server>>,
    /// The tasks of the running or stopping server, within reach while `stop` waits.
    tasks: std::sync::Mutex<Supervisor>,
}

/// What exists while the relay runs.
#[derive(Debug)]
struct Server {
    acceptor: Acceptor,
    tasks: Supervisor,
    /// End what runs beside the requests, which nobody need wait for.
    _background: [DropGuard; 10],
}

/// Why the relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It runs already.
    #[error("the relay is running already")]
    Running,
    /// The address can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Nothing can be kept where `store_url` says.
    #[error(
        "nothing can be kept where RELAY_STORE_URL says: {cause}. The variables AWS_* say where a bucket is and who may use it."
    )]
    Store {
        /// What is wrong.
        cause: String,
    },
    /// Others than this machine's programs must have an access token to use the stored key, and there is none.
    #[error(
        "listening on {host} puts the stored 1min.ai key within reach of the network, and there is no access token yet that \
         callers could be asked for. Make one (1min-relay token add NAME), listen on localhost, or run without a stored \
         key, so that every client sends its own."
    )]
    NoToken {
        /// The address that was asked for.
        host: String,
    },
    /// Whether there is a token can't be found out.
    #[error(transparent)]
    Tokens(#[from] TokenError),
}

/// Why settings were not taken; the old ones are in force.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The client of 1min.ai can't be made from them.
    #[error(transparent)]
    Upstream(#[from] SetupError),
    /// The relay can't listen where they want it to.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Relay {
    /// A relay that is not running yet.
    ///
    /// # Errors
    /// [`SetupError`] when the client of 1min.ai can't be made from the settings.
    pub fn new(options: RelayOptions) -> Result<Self, SetupError> {
        let RelayOptions { settings, key, is_demo, data_dir, clock } = options;
        let upstream = Client::new(&settings.client_options())?;
        let shared = Shared::new(settings, upstream, key, is_demo, data_dir, clock);
        Ok(Self { shared: Arc::new(shared), server: Mutex::default(), tasks: std::sync::Mutex::default() })
    }

    /// Binds and begins to serve.
    ///
    /// # Errors
    /// [`StartError`]; the relay is stopped then, as before.
    pub async fn start(&self) -> Result<(), StartError> {
        let mut server = self.server.lock().await;
        if server.is_some() {
            return Err(StartError::Running);
        }
        let snapshot = self.shared.snapshot.load_full();
        self.check_exposure(&snapshot.settings, snapshot.key.is_some()).await?;
        if let Some(cause) = self.shared.store.problem() {
            return Err(StartError::Store { cause });
        }
        let bound = listen::bind(snapshot.settings.host, snapshot.settings.port).await?;
        // Before anybody is served: counters and owners go by it.
        owner::agree_in_time(&self.shared).await;
        let tasks = Supervisor::default();
        let acceptor = bound.serve(&router::routes(&self.shared, &tasks), &tasks);
        self.set_running(&acceptor);
        *self.tasks.lock().unwrap_or_else(PoisonError::into_inner) = tasks.clone();
        let _background = [
            tasks.spawn_background(catalog::keep_fresh(Arc::clone(&self.shared))),
            tasks.spawn_background(store::keep_tidy(Arc::clone(&self.shared))),
            tasks.spawn_background(lost::mark(Arc::clone(&self.shared))),
            tasks.spawn_background(pulse::keep_beating(Arc::clone(&self.shared))),
            tasks.spawn_background(tokens::keep(Arc::clone(&self.shared))),
            tasks.spawn_background(keep(Arc::clone(&self.shared))),
            tasks.spawn_background(budget::keep(Arc::clone(&self.shared))),
            tasks.spawn_background(Arc::clone(&self.shared).follow_memcached()),
            tasks.spawn_background(owner::keep_agreeing(Arc::clone(&self.shared))),
            tasks.spawn_background(listen::keep_reachable(self.shared.status.clone())),
        ];
        *server = Some(Server { acceptor, tasks, _background });
        Ok(())
    }

    /// Stops accepting and waits for requests to finish, at most as long as the setting allows; then they are given up,
    /// and their clients told. Must be awaited to its end; other changes wait for it.
    pub async fn stop(&self) {
        let mut server = self.server.lock().await;
        let Some(Server { acceptor, tasks, _background }) = server.take() else { return };
        self.set_state(RunState::Stopping);
        drop((acceptor, _background));
        let limit = self.shared.snapshot.load().settings.drain;
        // Requests that end now are counted too.
        let lost = keep_while(&self.shared, tasks.drain(limit)).await;
        budget::exchange(&self.shared).await;
        if lost > 0 {
            tracing::warn!(lost, "calls that 1min.ai may have billed were given up");
        }
        self.set_state(RunState::Stopped);
    }

    /// Cuts a [`stop`](Self::stop) that is waiting short: the second signal. Does nothing else.
    pub fn abandon(&self) {
        if self.shared.status.borrow().state != RunState::Stopping {
            return;
        }
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abandon();
    }

    /// Puts new settings in force: all of them, or none. Requests that are being answered keep the old ones. A relay that
    /// runs moves its listener, and requests go on. `log` counts from the next start of the program.
    ///
    /// # Errors
    /// [`ApplyError`]; the old settings are in force then.
    pub async fn apply(&self, settings: Settings) -> Result<(), ApplyError> {
        let mut server = self.server.lock().await;
        let old = self.shared.snapshot.load_full();
        let upstream = if settings.client_options() == old.settings.client_options() {
            old.upstream.clone()
        } else {
            Client::new(&settings.client_options())?
        };
        if server.as_ref().is_some_and(|server| server.must_move(&old.settings, &settings)) {
            self.check_exposure(&settings, old.key.is_some()).await?;
            self.move_listener(&mut server, &old.settings, &settings).await?;
        }
        self.shared.set_settings(&settings, &upstream);
        self.shared.refresh.wake();
        Ok(())
    }

    /// To another port: bind the new one, then let the old one go. To another address on the same port the two may be in
    /// each other's way: the old one goes first, and comes back if the new one can't be had.
    async fn move_listener(&self, slot: &mut Option<Server>, old: &Settings, new: &Settings) -> Result<(), StartError> {
        let Some(server) = slot else { return Ok(()) };
        let routes = router::routes(&self.shared, &server.tasks);
        let port = server.port();
        if new.port != port {
            server.acceptor = listen::bind(new.host, new.port).await?.serve(&routes, &server.tasks);
            self.set_running(&server.acceptor);
            return Ok(());
        }
        server.acceptor.close().await;
        let error = match listen::bind(new.host, port).await {
            Ok(bound) => {
                server.acceptor = bound.serve(&routes, &server.tasks);
                self.set_running(&server.acceptor);
                return Ok(());
            }
            Err(error) => error,
        };
        match listen::bind(old.host, port).await {
            Ok(bound) => server.acceptor = bound.serve(&routes, &server.tasks),
            // Somebody took the old address in this moment: better stopped than said to run.
            Err(_) => {
                *slot = None;
                self.set_state(RunState::Stopped);
            }
        }
        Err(error.into())
    }

    /// Puts another stored key in force, or none.
    ///
    /// # Errors
    /// [`StartError::NoToken`] when the relay is serving the network; the old key is in force then.
    pub async fn set_key(&self, key: Option<ApiKey>) -> Result<(), StartError> {
        // Under the same lock as settings, so that neither undoes the other.
        let server = self.server.lock().await;
        let old = self.shared.snapshot.load_full();
        if server.is_some() {
            self.check_exposure(&old.settings, key.is_some()).await?;
        }
        self.shared.status.send_modify(|status| status.has_key = key.is_some());
        self.shared.change(|snapshot| snapshot.key.clone_from(&key));
        Ok(())
    }

    /// Fetches the list of models, unless that was tried within the last minute, and says what is known then.
    pub async fn refresh_catalog(&self) -> CatalogStatus {
        catalog::refresh(&self.shared).await;
        self.status().catalog
    }

    /// Why files, results and responses can't be kept, if they can't: something is written, read and thrown away.
    pub(crate) async fn store_problem(&self) -> Option<String> {
        match self.shared.store.problem() {
            None => {
                let probed = self.shared.store.probe(self.shared.instance.name()).await;
                probed.err().as_ref().map(store::cause)
            }
            known => known,
        }
    }

    /// The models that may be asked, as the settings in force let them be seen.
    pub fn with_models<T>(&self, read: impl FnOnce(View<'_>) -> T) -> T {
        read(self.shared.snapshot.load().models())
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.shared.snapshot.load().settings.clone()
    }

    /// What the relay is doing now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status.borrow().clone()
    }

    /// The status, as it changes.
    #[must_use]
    pub fn watch_status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Activity: one record for every request that is over.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }

    /// How every budget stands that has a limit, that of all callers first, then those of callers that have spent something.
    #[must_use]
    pub fn budgets(&self) -> Vec<BudgetStatus> {
        self.shared.budgets.statuses(&self.shared.snapshot.load())
    }

    /// The origins of web pages and the host names that were refused since the start and could be allowed, the latest first;
    /// not those that are allowed by now.
    #[must_use]
    pub fn blocked(&self) -> Vec<Blocked> {
        self.shared.blocked.list(&self.shared.snapshot.load().settings)
    }

    fn set_running(&self, acceptor: &Acceptor) {
        self.set_state(RunState::Running { addresses: acceptor.addresses().to_vec() });
    }

    fn set_state(&self, state: RunState) {
        let reachable = match &state {
            RunState::Running { addresses } => listen::reachable(addresses),
            RunState::Stopped | RunState::Stopping => Vec::new(),
        };
        self.shared.status.send_modify(|status| {
            status.state = state;
            status.reachable = reachable;
        });
    }
}

impl Server {
    /// The port it listens on, which the system chose if the setting is 0.
    fn port(&self) -> u16 {
        self.acceptor.addresses().first().map_or(0, SocketAddr::port)
    }

    /// Whether new settings want it elsewhere than it is.
    fn must_move(&self, old: &Settings, new: &Settings) -> bool {
        let is_same_port = new.port == self.port() || (new.port, old.port) == (0, 0);
        !is_same_port || new.host != old.host
    }
}
