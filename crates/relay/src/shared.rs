//! The live state that every request shares. A request takes one snapshot at the guard and keeps it to its end, so that
//! a change of settings never shows halfway through an answer.

use std::{path::PathBuf, sync::Arc};

use arc_swap::ArcSwap;
use onemin::{ApiKey, Client};
use tokio::sync::watch;

use crate::{
    budget::Budgets,
    catalog::{Catalog, Refresh, View},
    clock::Clock,
    database::Database,
    engine::{Calibration, Running, Uploads},
    fetch::Fetcher,
    guard::{blocked::Refusals, body::Bodies, host, owner::Salt},
    health::Health,
    journal::Journal,
    limit::Limiter,
    memcached::Memcached,
    policy::Policy,
    settings::Settings,
    spool::Spool,
    status::{RunState, Status},
    store::{self, Instance, Store},
    token::Tokens,
    usage::Ledger,
};

/// What lives as long as the relay.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) refresh: Refresh,
    pub(crate) bodies: Bodies,
    /// What is large lies here on its way through.
    pub(crate) spool: Spool,
    /// What outlives requests.
    pub(crate) store: Store,
    /// This relay, among those that write into the store.
    pub(crate) instance: Instance,
    /// What goes on without its client.
    pub(crate) runs: Running,
    /// Tells the keys of clients apart in what is stored.
    pub(crate) salt: Salt,
    /// The names of this machine, in lower case.
    pub(crate) own_names: Vec<String>,
    /// Who was refused and could be allowed.
    pub(crate) blocked: Refusals,
    pub(crate) journal: Journal,
    /// Where records wait until they are in the database.
    pub(crate) usage: Ledger,
    /// Tokens and usage.
    pub(crate) database: Database,
    /// How much may be asked.
    pub(crate) limiter: Limiter,
    /// What was found when the parts were last looked at.
    pub(crate) health: Health,
    pub(crate) tokens: Tokens,
    /// What may be spent.
    pub(crate) budgets: Budgets,
    pub(crate) clock: Clock,
}

/// What is swapped as one when anything changes.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) settings: Settings,
    pub(crate) upstream: Client,
    /// The stored key; `None`: every client brings its own.
    pub(crate) key: Option<ApiKey>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) calibration: Arc<Calibration>,
    /// What was uploaded to this 1min.ai.
    pub(crate) uploads: Arc<Uploads>,
    /// Opens the addresses that clients name.
    pub(crate) fetcher: Fetcher,
    pub(crate) is_demo: bool,
    /// What every caller may do that has no token with limits of its own.
    pub(crate) callers: Arc<Policy>,
    /// What several relays count through; `None`: this one counts alone.
    pub(crate) memcached: Option<Memcached>,
}

impl Shared {
    /// The state of a relay that is stopped. Fetched lists of models and responses are kept in `data_dir`.
    pub(crate) fn new(
        settings: Settings,
        upstream: Client,
        key: Option<ApiKey>,
        is_demo: bool,
        data_dir: Option<PathBuf>,
        clock: Clock,
    ) -> Self {
        let salt = Salt::of_folder(data_dir.as_ref());
        store::warn_without_folder(&settings, data_dir.as_ref());
        let instance = Instance::new(data_dir.as_ref());
        let spool = Spool::new(data_dir.as_ref());
        spool.clear();
        let store = Store::new(&settings, data_dir.as_deref(), clock);
        salt.set(&settings, &store);
        store::warn_unshared(&settings, &store);
        let database = Database::open(data_dir.as_deref());
        let (usage, intake) = Ledger::new();
        let (refresh, catalog) = Refresh::with_folder(data_dir, &settings.api_url);
        let catalog_status = catalog.status(None);
        let memcached = Memcached::new(&settings.memcached_servers, settings.memcached_port);
        let status = Status {
            state: RunState::Stopped,
            reachable: Vec::new(),
            has_key: key.is_some(),
            is_demo,
            catalog: catalog_status,
            memcached: memcached.as_ref().map(Memcached::state),
        };
        let (catalog, fetcher) = (Arc::new(catalog), Fetcher::new(&settings));
        let (calibration, uploads) = (Arc::default(), Arc::default());
        let journal = Journal::with_sinks([Box::new(intake) as _]);
        journal.metrics().set_models(catalog.ids());
        let callers = Arc::new(Policy::of_callers(&settings));
        let limiter = Limiter::new(clock);
        limiter.set_limits(&settings.limits);
        let snapshot =
            Snapshot { settings, upstream, key, catalog, calibration, uploads, fetcher, is_demo, callers, memcached };
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            status: watch::Sender::new(status),
            refresh,
            bodies: Bodies::default(),
            instance,
            runs: Running::default(),
            spool,
            store,
            salt,
            own_names: host::own_names(),
            blocked: Refusals::default(),
            journal,
            usage,
            tokens: Tokens::new(database.clone()),
            database,
            limiter,
            health: Health::default(),
            budgets: Budgets::new(clock),
            clock,
        }
    }

    /// Changes the snapshot; changes of other parts at the same moment are not lost.
    pub(crate) fn change(&self, change: impl Fn(&mut Snapshot)) {
        self.snapshot.rcu(|old| {
            let mut new = Snapshot::clone(old);
            change(&mut new);
            new
        });
    }

    /// Puts new settings and the client made from them in force.
    pub(crate) fn set_settings(&self, settings: &Settings, upstream: &Client) {
        let fetcher = Fetcher::new(settings);
        let callers = Arc::new(Policy::of_callers(settings));
        let memcached = Memcached::new(&settings.memcached_servers, settings.memcached_port);
        self.store.set_limits(settings);
        self.limiter.set_limits(&settings.limits);
        self.salt.set(settings, &self.store);
        store::warn_unshared(settings, &self.store);
        self.change(|snapshot| {
            if snapshot.settings.api_url != settings.api_url {
                // What was uploaded there is not here.
                snapshot.uploads = Arc::default();
            }
            if (&snapshot.settings.memcached_servers, snapshot.settings.memcached_port)
                != (&settings.memcached_servers, settings.memcached_port)
            {
                snapshot.memcached = memcached.clone();
            }
            snapshot.settings = settings.clone();
            snapshot.callers = Arc::clone(&callers);
            snapshot.upstream = upstream.clone();
            snapshot.fetcher = fetcher.clone();
        });
        self.tell_memcached();
    }

    /// Puts what is known of the memcached servers into the status.
    fn tell_memcached(&self) {
        let state = self.snapshot.load().memcached.as_ref().map(Memcached::state);
        self.status.send_if_modified(|status| {
            let is_news = status.memcached != state;
            status.memcached = state;
            is_news
        });
    }

    /// Keeps the status true while memcached servers go away and come back.
    pub(crate) async fn follow_memcached(self: Arc<Self>) {
        let mut statuses = self.status.subscribe();
        loop {
            statuses.mark_unchanged();
            let memcached = self.snapshot.load().memcached.clone();
            let mut changes = memcached.as_ref().map(Memcached::changes);
            self.tell_memcached();
            let change = async {
                match (&memcached, &mut changes) {
                    (Some(memcached), Some(changes)) => tokio::select! {
                        _ = changes.changed() => {}
                        () = memcached.look_for_lost() => {}
                    },
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                () = change => {}
                // Perhaps others are asked now.
                _ = statuses.changed() => {}
            }
        }
    }

    /// Puts a newer list of models in force, and says what kept it from being complete.
    pub(crate) fn set_catalog(&self, catalog: Catalog, problem: Option<String>) {
        let status = catalog.status(problem);
        self.journal.metrics().set_models(catalog.ids());
        let catalog = Arc::new(catalog);
        self.change(|snapshot| snapshot.catalog = Arc::clone(&catalog));
        self.status.send_modify(|whole| whole.catalog = status);
    }
}

impl Snapshot {
    /// The models as the user's rules let them be seen.
    pub(crate) fn models(&self) -> View<'_> {
        View::new(&self.catalog, &self.settings.models)
    }

    /// Whether the stored key may be used with a token only, by whoever connects: the setting says so, or others than this
    /// machine's programs could. The demo's key opens nothing.
    pub(crate) fn requires_token(&self) -> bool {
        self.settings.require_token || (self.key.is_some() && !self.is_demo && !self.settings.host.is_loopback())
    }
}

#[cfg(test)]
impl Shared {
    /// The state of a relay with default settings and no key, on a clock that stands still.
    pub(crate) fn of_tests() -> Arc<Self> {
        let settings = Settings::default();
        let upstream = Client::new(&settings.client_options()).unwrap();
        Arc::new(Self::new(settings, upstream, None, false, None, Clock::fixed(0)))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::memcached::real::RealMemcached;

    fn servers(shared: &Shared) -> Option<Vec<(String, bool)>> {
        let servers = shared.status.borrow().memcached.clone()?;
        Some(servers.into_iter().map(|server| (server.name, server.is_away)).collect())
    }

    #[tokio::test]
    async fn settings_choose_the_memcached_servers_and_the_status_tells_how_they_are() {
        let shared = Shared::of_tests();
        assert_eq!(servers(&shared), None);
        let mut server = RealMemcached::start();
        let upstream = shared.snapshot.load().upstream.clone();
        let mut settings = Settings { memcached_servers: vec![server.address()], ..Settings::default() };
        shared.set_settings(&settings, &upstream);
        assert_eq!(servers(&shared), Some(vec![(server.address(), false)]));
        let tasks = crate::task::Supervisor::default();
        let _follow = tasks.spawn_background(Arc::clone(&shared).follow_memcached());
        let mut status = shared.status.subscribe();
        let is_away = |status: &Status, is_away| status.memcached.as_ref().is_some_and(|all| all[0].is_away == is_away);
        server.kill();
        let memcached = shared.snapshot.load().memcached.clone().unwrap();
        while memcached.state().iter().all(|server| !server.is_away) {
            memcached.probe().await;
        }
        status.wait_for(|status| is_away(status, true)).await.unwrap();
        // What has nothing to do with the servers keeps what is known of them.
        settings.usage_days = 7;
        shared.set_settings(&settings, &upstream);
        assert_eq!(servers(&shared), Some(vec![(server.address(), true)]));
        server.start_again();
        // Though nobody asks.
        status.wait_for(|status| is_away(status, false)).await.unwrap();
        shared.set_settings(&Settings::default(), &upstream);
        assert_eq!(servers(&shared), None);
    }
}
