//! The shell on a real relay and a scripted stand-in for 1min.ai, with a keyring and shelves in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use keyring_core::{CredentialStore, mock};
use mock_onemin::{Answer, Mock, Turn};
use tempfile::TempDir;

use super::*;
use crate::contract::{Problem, RelayState};

pub(crate) const CANARY: &str = "canary-key-0123456789-abcd";

/// A shelf in memory; what it holds can be looked at from outside.
#[derive(Default, Clone)]
struct MemoryShelf(Arc<Mutex<BTreeMap<String, Value>>>);

impl Shelf for MemoryShelf {
    fn values(&self) -> BTreeMap<String, Value> {
        self.0.lock().unwrap().clone()
    }

    fn put(&self, name: &str, value: Option<Value>) -> Result<(), String> {
        let mut values = self.0.lock().unwrap();
        match value {
            Some(value) => drop(values.insert(name.to_owned(), value)),
            None => drop(values.remove(name)),
        }
        Ok(())
    }
}

/// A shell and what is around it.
pub(crate) struct House {
    pub(crate) shell: Shell,
    pub(crate) mock: Mock,
    settings: MemoryShelf,
    pub(crate) keyring: Keyring,
    _folder: TempDir,
}

impl House {
    pub(crate) async fn new() -> Self {
        let store: Arc<CredentialStore> = mock::Store::new().unwrap();
        Self::with(Keyring::with(move || Ok(Arc::clone(&store))), &[]).await
    }

    pub(crate) async fn with(keyring: Keyring, variables: &[(&str, &str)]) -> Self {
        let (mock, folder) = (Mock::start(0).await.unwrap(), tempfile::tempdir().unwrap());
        let settings = MemoryShelf::default();
        settings.put("port", Some(Value::from(free_port()))).unwrap();
        let url = mock.url();
        let variables = variables.iter().copied().chain([("ONE_MIN_API_URL", url.as_str())]);
        let shell = Shell::new(ShellOptions {
            environment: Environment::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))),
            places: Places { data_dir: Some(folder.path().to_owned()), ..Places::default() },
            keyring: keyring.clone(),
            settings: Box::new(settings.clone()),
            preferences: Box::new(MemoryShelf::default()),
            set_aside: Ok(None),
            log_dir: String::new(),
            clock: Clock::system(),
        });
        let shell = shell.unwrap();
        shell.load_key().await;
        Self { shell, mock, settings, keyring, _folder: folder }
    }

    pub(crate) fn url(&self) -> String {
        self.shell.state().relay.base_url.clone()
    }

    pub(crate) fn kept(&self, name: &str) -> Option<Value> {
        self.settings.values().remove(name)
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn broken_keyring() -> Keyring {
    Keyring::with(|| Err(keyring_core::Error::NoStorageAccess("no prompt".into())))
}

/// The status of a chat request for this model.
async fn ask(url: &str, model: &str) -> u16 {
    ask_with(url, model, None).await
}

/// The same of an app that sends this credential.
pub(crate) async fn ask_with(url: &str, model: &str, credential: Option<&str>) -> u16 {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"x"}}]}}"#);
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let mut request = http.post(format!("{url}/chat/completions")).body(body);
    if let Some(credential) = credential {
        request = request.bearer_auth(credential);
    }
    request.send().await.map_or(0, |response| response.status().as_u16())
}

#[tokio::test]
async fn the_relay_goes_on_and_off_and_is_remembered() {
    let House { shell, mock, .. } = &House::new().await;
    mock.script().always(Turn::Answer(Answer::default()));
    assert!(shell.was_on(), "the first start is on");
    shell.set_relay(true).await.unwrap();
    let url = shell.state().relay.base_url.clone();
    assert_eq!((shell.state().relay.state, ask(&url, "gpt-4o-mini").await), (RelayState::Running, 401));
    shell.set_relay(false).await.unwrap();
    assert_eq!((shell.state().relay.state, ask(&url, "gpt-4o-mini").await), (RelayState::Stopped, 0));
    assert_eq!(shell.state().relay.base_url, url, "where it would be");
    assert!(!shell.was_on());
    shell.set_relay(true).await.unwrap();
    shell.quit().await;
    assert!(shell.was_on(), "quitting is not switching off");
}

#[tokio::test]
async fn a_key_is_checked_kept_in_the_keyring_used_and_never_shown() {
    let house = House::new().await;
    let House { shell, mock, .. } = &house;
    mock.script().always(Turn::Answer(Answer::default()));
    assert_eq!(shell.state().problems, [Problem::KeyMissing]);
    shell.set_relay(true).await.unwrap();
    shell.set_key(&format!("  {CANARY}\n"), KeyPlace::Keyring).await.unwrap();
    let state = shell.state();
    assert_eq!(
        (state.key.place, state.key.last_four.as_str(), &state.key.check),
        (KeyPlace::Keyring, "abcd", &KeyCheck::Taken)
    );
    assert_eq!(state.problems, []);
    assert_eq!(house.keyring.get().unwrap().unwrap().reveal(), CANARY);
    // The next start finds it.
    let next = House::with(house.keyring.clone(), &[]).await;
    assert_eq!((next.shell.state().key.place, next.shell.state().key.last_four.as_str()), (KeyPlace::Keyring, "abcd"));
    assert_eq!(ask(&house.url(), "gpt-4o-mini").await, 200);
    assert_eq!(mock.script().received()[0].header("api-key"), Some(CANARY));
    assert!(!serde_json::to_string(&*state).unwrap().contains(CANARY));
    assert!(!format!("{:?}", house.settings.values()).contains(CANARY));
    shell.remove_key().await.unwrap();
    assert_eq!((shell.state().key.place, house.keyring.get().unwrap().is_none()), (KeyPlace::None, true));
    assert_eq!(ask(&house.url(), "gpt-4o-mini").await, 401);
}

#[tokio::test]
async fn a_key_that_1min_refuses_or_nobody_could_have_is_not_kept() {
    let house = House::new().await;
    house.mock.script().refuse_keys(true);
    let refused = house.shell.set_key(CANARY, KeyPlace::Keyring).await.unwrap_err();
    assert_eq!(refused.kind, CommandErrorKind::KeyRefused);
    let empty = house.shell.set_key("  ", KeyPlace::Keyring).await.unwrap_err();
    assert_eq!((empty.kind, empty.message.as_str()), (CommandErrorKind::InvalidKey, "The 1min.ai key is empty."));
    assert_eq!((house.shell.state().key.place, house.keyring.get().unwrap().is_none()), (KeyPlace::None, true));
}

#[tokio::test]
async fn without_a_keyring_the_key_is_kept_for_this_session_only_if_that_is_asked_for() {
    let house = House::with(broken_keyring(), &[]).await;
    let shell = &house.shell;
    let reason = "The keyring is locked, or does not let this program in.".to_owned();
    assert_eq!(shell.state().problems, [Problem::KeyringUnavailable { reason }]);
    let refused = shell.set_key(CANARY, KeyPlace::Keyring).await.unwrap_err();
    assert_eq!((refused.kind, shell.state().key.place), (CommandErrorKind::KeyringUnavailable, KeyPlace::None));
    shell.set_key(CANARY, KeyPlace::Session).await.unwrap();
    assert_eq!(shell.state().key.place, KeyPlace::Session);
    shell.remove_key().await.unwrap();
    assert_eq!(shell.state().key.place, KeyPlace::None);
}

#[tokio::test]
async fn the_address_to_connect_to_is_the_same_before_the_start() {
    let House { shell, .. } = &House::with(broken_keyring(), &[("RELAY_HOST", "0.0.0.0")]).await;
    let would_be = shell.state().relay.base_url.clone();
    assert!(would_be.starts_with("http://127.0.0.1:"), "{would_be}");
    shell.set_relay(true).await.unwrap();
    assert_eq!(shell.state().relay.base_url, would_be);
}

#[tokio::test]
async fn what_the_environment_forces_is_locked() {
    let variables = [("ONE_MIN_API_KEY", CANARY), ("RELAY_IDLE_TIMEOUT", "7")];
    let House { shell, .. } = House::with(broken_keyring(), &variables).await;
    let state = shell.state();
    assert_eq!((state.key.place, state.key.last_four.as_str()), (KeyPlace::Environment, "abcd"));
    let setting = state.settings.iter().find(|setting| setting.name == "idle_timeout").unwrap();
    assert_eq!((setting.value.as_str(), setting.locked_by.as_deref()), ("7", Some("RELAY_IDLE_TIMEOUT")));
    for refused in [
        shell.set_setting("idle_timeout", Some("8")).await,
        shell.set_key(CANARY, KeyPlace::Keyring).await,
        shell.remove_key().await,
    ] {
        assert_eq!(refused.unwrap_err().kind, CommandErrorKind::Locked);
    }
}

#[tokio::test]
async fn a_setting_is_kept_only_once_it_is_in_force() {
    let house = House::new().await;
    let shell = &house.shell;
    let value = |name: &str| shell.state().settings.iter().find(|setting| setting.name == name).unwrap().value.clone();
    let refused = shell.set_setting("idle_timeout", Some("soon")).await.unwrap_err();
    assert_eq!(refused.kind, CommandErrorKind::InvalidValue);
    assert!(refused.message.contains("idle_timeout is \"soon\""), "{}", refused.message);
    assert_eq!((value("idle_timeout").as_str(), house.kept("idle_timeout")), ("120", None));
    shell.set_setting("idle_timeout", Some("60")).await.unwrap();
    assert_eq!((value("idle_timeout").as_str(), house.kept("idle_timeout")), ("60", Some(Value::from(60))));
    assert_eq!(house.kept("version"), Some(Value::from(1)));
    shell.set_setting("idle_timeout", None).await.unwrap();
    assert_eq!((value("idle_timeout").as_str(), house.kept("idle_timeout")), ("120", None));
    assert_eq!(shell.set_setting("no_such", Some("x")).await.unwrap_err().kind, CommandErrorKind::InvalidValue);
    // Beyond loopback with a stored key: refused, and everything stays.
    shell.set_relay(true).await.unwrap();
    shell.set_key(CANARY, KeyPlace::Session).await.unwrap();
    let exposed = shell.set_setting("host", Some("0.0.0.0")).await.unwrap_err();
    assert_eq!(
        (exposed.kind, value("host").as_str(), house.kept("host")),
        (CommandErrorKind::CannotListen, "localhost", None)
    );
}

#[tokio::test]
async fn a_taken_port_is_a_problem_with_its_holder_and_the_way_out() {
    let house = House::new().await;
    let shell = &house.shell;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    shell.set_setting("port", Some(&port.to_string())).await.unwrap();
    assert_eq!(shell.set_relay(true).await.unwrap_err().kind, CommandErrorKind::CannotListen);
    let state = shell.state();
    let Problem::PortTaken { port: named, holder, free_port: Some(free) } = &state.problems[0] else {
        panic!("{:?}", state.problems)
    };
    assert_eq!(*named, port);
    assert!(holder.as_ref().unwrap().ends_with(&format!("(pid {})", std::process::id())), "{holder:?}");
    shell.use_port(*free).await.unwrap();
    assert_eq!(
        (shell.state().relay.state, shell.state().problems.contains(&Problem::KeyMissing)),
        (RelayState::Running, true)
    );
    assert!(!matches!(shell.state().problems[0], Problem::PortTaken { .. }));
}

#[tokio::test]
async fn a_forbidden_model_is_refused_at_once_and_a_chosen_one_that_is_gone_is_marked() {
    let house = House::new().await;
    let shell = &house.shell;
    house.mock.script().always(Turn::Answer(Answer::default()));
    shell.set_relay(true).await.unwrap();
    shell.set_key(CANARY, KeyPlace::Session).await.unwrap();
    assert_eq!(ask(&house.url(), "gpt-4o-mini").await, 200);
    shell.allow_models(&["gpt-4o-mini".into()], false).await.unwrap();
    assert_eq!((ask(&house.url(), "gpt-4o-mini").await, ask(&house.url(), "gpt-4o").await), (404, 200));
    let row = |id: &str| shell.models().into_iter().find(|row| row.id == id).unwrap();
    assert!(!row("gpt-4o-mini").is_allowed && row("gpt-4o").is_allowed);
    shell.allow_models(&["gpt-4o-mini".into(), "gpt-4o-mni".into()], true).await.unwrap();
    assert_eq!(ask(&house.url(), "gpt-4o-mini").await, 200);
    let gone = row("gpt-4o-mni");
    assert_eq!((gone.is_retired, gone.successor.as_deref()), (true, Some("gpt-4o-mini")));
    let shown = row("gpt-4o");
    assert_eq!(
        (shown.context_tokens, shown.credits_in, shown.maker.as_str()),
        (Some(128_000), Some(2_500.0), "openai")
    );
}

#[tokio::test]
async fn the_demo_answers_at_once_and_gives_way_again() {
    let house = House::new().await;
    let shell = &house.shell;
    shell.set_demo(true).await.unwrap();
    shell.set_demo(false).await.unwrap();
    assert_eq!(shell.state().relay.state, RelayState::Stopped, "as it was before");
    shell.set_relay(true).await.unwrap();
    shell.set_demo(true).await.unwrap();
    let state = shell.state();
    assert_eq!((state.relay.state, state.relay.is_demo, state.problems.len()), (RelayState::Running, true, 0));
    assert_eq!(ask(&house.url(), "gpt-4o-mini").await, 200);
    assert_eq!(house.mock.script().counts().total(), 0, "1min.ai was not asked");
    // What is set during the demo counts afterwards, and moves nothing to 1min.ai before.
    shell.set_setting("idle_timeout", Some("60")).await.unwrap();
    assert_eq!(ask(&house.url(), "gpt-4o-mini").await, 200);
    shell.set_demo(false).await.unwrap();
    assert!(!shell.state().relay.is_demo);
    assert_eq!((ask(&house.url(), "gpt-4o-mini").await, house.kept("idle_timeout")), (401, Some(Value::from(60))));
}

#[tokio::test]
async fn preferences_and_favourites_are_kept() {
    let House { shell, .. } = House::new().await;
    shell.set_favourite("gpt-4o", true).unwrap();
    shell.set_favourite("grok-3", true).unwrap();
    shell.set_favourite("gpt-4o", false).unwrap();
    assert_eq!(shell.state().preferences.favourites, ["grok-3"]);
    let changed = Preferences { language: "ru".into(), is_set_up: true, ..shell.preferences() };
    shell.set_preferences(&changed).unwrap();
    assert_eq!(shell.preferences(), changed);
}

#[tokio::test]
async fn a_wrong_value_in_the_file_keeps_the_relay_from_starting_and_is_told_until_it_is_mended() {
    let house = House::new().await;
    let shell = &house.shell;
    house.settings.put("idle_timeout", Some(Value::from(0))).unwrap();
    assert_eq!(shell.set_relay(true).await.unwrap_err().kind, CommandErrorKind::InvalidValue);
    let state = shell.state();
    assert_eq!(state.relay.state, RelayState::Stopped);
    let Problem::StartFailed { message } = &state.problems[0] else { panic!("{:?}", state.problems) };
    assert!(message.contains("idle_timeout is \"0\""), "{message}");
    shell.set_setting("idle_timeout", Some("60")).await.unwrap();
    shell.set_relay(true).await.unwrap();
    assert_eq!(shell.state().relay.state, RelayState::Running);
}

#[tokio::test]
async fn a_key_for_this_session_is_not_followed_by_the_old_one() {
    let house = House::new().await;
    house.shell.set_key(CANARY, KeyPlace::Keyring).await.unwrap();
    house.shell.set_key("another-key-0123456789-efgh", KeyPlace::Session).await.unwrap();
    assert_eq!(house.shell.state().key.last_four, "efgh");
    assert!(house.keyring.get().unwrap().is_none());
}

#[tokio::test]
async fn two_ticks_at_once_both_count() {
    let house = House::new().await;
    let (one, other) = (["gpt-4o".to_owned()], ["grok-3".to_owned()]);
    let (first, second) = tokio::join!(house.shell.allow_models(&one, false), house.shell.allow_models(&other, false));
    first.and(second).unwrap();
    let rows = house.shell.models();
    let is_allowed = |id: &str| rows.iter().find(|row| row.id == id).unwrap().is_allowed;
    assert_eq!((is_allowed("gpt-4o"), is_allowed("grok-3"), is_allowed("o3")), (false, false, true));
}

#[tokio::test]
async fn choosing_begins_with_what_is_ticked_and_not_with_everything() {
    let house = House::new().await;
    house.shell.allow_models(&["gpt-4o".into()], true).await.unwrap();
    assert!(house.shell.models().iter().all(|row| row.is_allowed), "all are allowed until that is changed");
    house.shell.set_setting("only_chosen_models", Some("true")).await.unwrap();
    let allowed: Vec<String> =
        house.shell.models().into_iter().filter(|row| row.is_allowed).map(|row| row.id).collect();
    assert_eq!(allowed, ["gpt-4o"]);
}
