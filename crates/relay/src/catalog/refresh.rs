//! Keeps the catalogue fresh, in the background: what there is answers at once, and a list that could not be fetched
//! changes nothing.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use onemin::{Client, Model, ModelList};
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};
use url::Url;

use super::{
    Catalog, Feature, Source,
    disk::{self, Kept},
};
use crate::{clock::Clock, shared::Shared};

/// How long a fetched list says for certain which models there are, and the shortest time between two attempts.
const CERTAIN: Duration = Duration::from_secs(60);

/// How long a request waits for a list that could know its model.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long fetching all lists may take.
const LONGEST_FETCH: Duration = Duration::from_secs(30);

/// The memory of refreshing.
#[derive(Debug, Default)]
pub(crate) struct Refresh {
    /// Where fetched lists are kept.
    file: Option<PathBuf>,
    /// The last attempt; held while one is made, so that there is one at a time.
    last: Mutex<Option<Attempt>>,
    /// When the list in use was fetched, milliseconds since 1970.
    fetched_unix_ms: std::sync::Mutex<Option<u64>>,
    /// The settings have changed.
    wake: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    made: Instant,
    /// Whether every feature's list came.
    is_complete: bool,
}

impl Refresh {
    /// Keeps lists in `folder`; the catalogue that an earlier run left there, if it is the younger one.
    pub(crate) fn with_folder(folder: Option<PathBuf>, api_url: &Url) -> (Self, Catalog) {
        let file = folder.map(|folder| folder.join(disk::FILE));
        let kept = file.as_deref().and_then(disk::read);
        let built_in = Catalog::built_in();
        // Another service's list says nothing of this one.
        let is_usable = |kept: &Kept| kept.api_url == api_url.as_str() && kept.list.date.as_str() > built_in.date();
        let (catalog, fetched) = match kept.filter(is_usable) {
            Some(Kept { fetched_unix_ms, list, .. }) => (Catalog::new(list, Source::Disk), Some(fetched_unix_ms)),
            None => (built_in, None),
        };
        (Self { file, fetched_unix_ms: std::sync::Mutex::new(fetched), ..Self::default() }, catalog)
    }

    /// The settings have changed: when to fetch is decided anew.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// How old the list in use is, as far as that is known: what was fetched, to the second; else the day it was made.
    pub(crate) fn age(&self, catalog: &Catalog, clock: Clock) -> Duration {
        let fetched = *self.fetched_unix_ms.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let day: jiff::civil::Date = catalog.date().parse().ok()?;
            u64::try_from(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()).ok()
        };
        let begun = fetched.or_else(made).unwrap_or_default();
        Duration::from_millis(clock.unix_ms().saturating_sub(begun))
    }

    /// How long until the list in use is older than `limit`.
    fn due(&self, limit: Duration, clock: Clock) -> Duration {
        let fetched = *self.fetched_unix_ms.lock().unwrap_or_else(PoisonError::into_inner);
        let age = fetched.map(|fetched| Duration::from_millis(clock.unix_ms().saturating_sub(fetched)));
        age.map_or(Duration::ZERO, |age| limit.saturating_sub(age))
    }
}

/// Fetches the list whenever the one in use is older than the setting allows. Never ends.
pub(crate) async fn keep_fresh(shared: Arc<Shared>) {
    let mut failures = 0;
    let mut least = Duration::ZERO;
    loop {
        let Some(interval) = shared.snapshot.load().settings.catalog_refresh else {
            shared.refresh.wake.notified().await;
            continue;
        };
        let wait = match failures {
            0 => shared.refresh.due(interval, shared.clock),
            failures => CERTAIN.saturating_mul(1 << failures.min(6)).min(interval),
        };
        tokio::select! {
            () = tokio::time::sleep(wait.max(least)) => {}
            () = shared.refresh.wake.notified() => continue,
        }
        failures = if attempt(&shared).await { 0 } else { failures + 1 };
        least = CERTAIN;
    }
}

/// Whether the list in use is certain to have every model there is; a new one is fetched if it may not be, and waited for,
/// but not for long.
pub(crate) async fn is_certain(shared: &Shared) -> bool {
    if shared.snapshot.load().settings.catalog_refresh.is_none() {
        return false;
    }
    tokio::time::timeout(PATIENCE, attempt(shared)).await.unwrap_or(false)
}

/// Fetches the list now, whatever the settings say, unless that was tried within the last minute.
pub(crate) async fn refresh(shared: &Shared) {
    attempt(shared).await;
}

/// One attempt, unless the last one is recent; whether the last one was complete.
async fn attempt(shared: &Shared) -> bool {
    let mut last = shared.refresh.last.lock().await;
    if let Some(Attempt { is_complete, .. }) = last.filter(|last| last.made.elapsed() < CERTAIN) {
        return is_complete;
    }
    let made = shared.clock.instant();
    // An attempt that nobody waits for to its end was one all the same: the next is due in a minute.
    *last = Some(Attempt { made, is_complete: false });
    let upstream = shared.snapshot.load().upstream.clone();
    let fetched = fetch(&upstream).await;
    let is_complete = fetched.iter().all(|(_, models)| models.is_ok());
    take(shared, fetched);
    *last = Some(Attempt { made, is_complete });
    is_complete
}

type Fetched = Vec<(Feature, Result<Vec<Model>, String>)>;

/// The lists of all features, side by side. An empty one is a fault: 1min.ai has models for each (live).
async fn fetch(upstream: &Client) -> Fetched {
    let one = |feature: Feature| async move {
        let models = match tokio::time::timeout(LONGEST_FETCH, upstream.models(feature)).await {
            Ok(Ok(models)) if models.is_empty() => Err(format!("1min.ai listed no models for {feature}")),
            Ok(Ok(models)) => Ok(models),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("1min.ai sent no list within {} s", LONGEST_FETCH.as_secs())),
        };
        (feature, models)
    };
    join_all(Feature::ALL.map(one)).await
}

/// Puts what was fetched in force and on disk, and says how it went.
fn take(shared: &Shared, fetched: Fetched) {
    let problem = fetched.iter().find_map(|(_, models)| models.as_ref().err().cloned());
    if let Some(problem) = &problem {
        tracing::warn!(problem, "the list of models could not be fetched in full; the earlier one stays in use");
    }
    if fetched.iter().any(|(_, models)| models.is_ok()) {
        let earlier = Arc::clone(&shared.snapshot.load().catalog);
        let models = merge(earlier.models(), fetched);
        // A list with old parts in it is no younger, and no more certain, than they are.
        let (date, source) = match &problem {
            None => (shared.clock.date(), Source::Live),
            Some(_) => (earlier.date().to_owned(), earlier.source()),
        };
        let list = ModelList { date, models };
        if problem.is_none() {
            keep(shared, &list);
        }
        shared.set_catalog(Catalog::new(list, source), problem);
    } else {
        shared.status.send_modify(|status| status.catalog.problem = problem);
    }
}

/// Keeps a complete list for the next start.
fn keep(shared: &Shared, list: &ModelList) {
    let fetched_unix_ms = shared.clock.unix_ms();
    *shared.refresh.fetched_unix_ms.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetched_unix_ms);
    let Some(path) = &shared.refresh.file else { return };
    let api_url = shared.snapshot.load().settings.api_url.to_string();
    let kept = Kept { fetched_unix_ms, api_url, list: list.clone() };
    if let Err(error) = disk::write(path, &kept) {
        tracing::warn!(path = %path.display(), %error, "the list of models can't be kept");
    }
}

/// The models of all features that came, and the earlier ones of those that did not.
fn merge(earlier: &[Model], fetched: Fetched) -> Vec<Model> {
    let mut models: Vec<Model> = Vec::new();
    for (feature, list) in fetched {
        let kept = || earlier.iter().filter(|model| model.can(feature)).map(|model| of_feature(model.clone(), feature));
        let list = match list {
            Ok(list) => usable(list).into_iter().map(|model| of_feature(model, feature)).collect(),
            Err(_) => kept().collect::<Vec<_>>(),
        };
        for model in list {
            match models.iter_mut().find(|known| known.id == model.id) {
                Some(known) if known.can(feature) => {}
                Some(known) => known.features.push(feature),
                None => models.push(model),
            }
        }
    }
    models
}

/// A model as one feature's list has it; the others have their say for themselves.
fn of_feature(model: Model, feature: Feature) -> Model {
    Model { features: vec![feature], ..model }
}

/// Without the disabled ones, unless that would leave nothing (live).
fn usable(list: Vec<Model>) -> Vec<Model> {
    if list.iter().all(|model| model.is_disabled) {
        return list;
    }
    list.into_iter().filter(|model| !model.is_disabled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: &str, is_disabled: bool) -> Model {
        Model { id: id.into(), features: Feature::ALL.to_vec(), is_disabled, ..Model::default() }
    }

    fn merged(earlier: &[Model], fetched: Vec<(Feature, Result<Vec<Model>, String>)>) -> Vec<(String, Vec<Feature>)> {
        merge(earlier, fetched).into_iter().map(|model| (model.id, model.features)).collect()
    }

    #[test]
    fn lists_of_features_become_one_and_a_missing_one_keeps_what_was() {
        let earlier = [model("old", false)];
        let chat = vec![model("a", false), model("b", true), model("both", false)];
        let images = vec![model("both", false)];
        let fetched = vec![
            (Feature::Chat, Ok(chat)),
            (Feature::ImageGenerator, Ok(images)),
            (Feature::TextToSpeech, Err("down".into())),
        ];
        let expected = [
            ("a".to_owned(), vec![Feature::Chat]),
            ("both".to_owned(), vec![Feature::Chat, Feature::ImageGenerator]),
            ("old".to_owned(), vec![Feature::TextToSpeech]),
        ];
        assert_eq!(merged(&earlier, fetched), expected);
    }

    #[test]
    fn a_list_of_nothing_but_disabled_models_is_taken_whole() {
        let fetched = vec![(Feature::Chat, Ok(vec![model("x", true)]))];
        assert_eq!(merged(&[], fetched), [("x".to_owned(), vec![Feature::Chat])]);
    }
}
