use super::*;

fn sources(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Sources {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Sources { flags: owned(flags), environment: Environment::of(owned(variables)), ..Sources::default() }
}

fn resolve(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Settings, String> {
    let resolved = Settings::resolve(&sources(flags, variables)).map_err(|error| error.to_string())?;
    Ok(resolved.settings)
}

#[test]
fn without_sources_the_defaults_hold_and_every_field_can_show_them() {
    let settings = resolve(&[], &[("PORT", ""), ("RELAY_LOG", "  ")]).unwrap();
    assert_eq!(settings, Settings::default());
    for field in fields() {
        let shown = (field.show)(&settings);
        let mut again = Settings::default();
        assert!(shown.is_empty() || (field.set)(&mut again, &shown), "{} does not take its own {shown}", field.name);
        assert_eq!(again, settings, "{}", field.name);
    }
}

#[test]
fn files_are_where_1min_keeps_them_unless_something_stands_in_for_it() {
    let asset_url = |settings: Settings| settings.client_options().asset_url.to_string();
    assert_eq!(asset_url(Settings::default()), "https://asset.1min.ai/");
    let stand_in = resolve(&[], &[("ONE_MIN_API_URL", "http://127.0.0.1:9")]).unwrap();
    assert_eq!(asset_url(stand_in), "http://127.0.0.1:9/");
    let named = [("ONE_MIN_API_URL", "http://127.0.0.1:9"), ("ONE_MIN_ASSET_URL", "http://127.0.0.1:8")];
    assert_eq!(asset_url(resolve(&[], &named).unwrap()), "http://127.0.0.1:8/");
}

#[test]
fn flags_go_over_variables_and_better_names_over_older() {
    assert_eq!(resolve(&[], &[("PORT", "5002")]).unwrap().port, 5002);
    assert_eq!(resolve(&[], &[("PORT", "5002"), ("RELAY_PORT", "5003")]).unwrap().port, 5003);
    assert_eq!(resolve(&[("port", "5004")], &[("PORT", "5002")]).unwrap().port, 5004);
    assert_eq!(resolve(&[("port", "5004"), ("port", "5005")], &[]).unwrap().port, 5005);
}

#[test]
fn a_wrong_value_is_an_error_that_names_setting_value_origin_and_what_is_allowed() {
    assert_eq!(
        resolve(&[], &[("PORT", "abc")]).unwrap_err(),
        "PORT is \"abc\" (from the environment). It must be a port from 1 to 65535, or 0 for a free one."
    );
    assert!(
        resolve(&[("idle_timeout", "0")], &[])
            .unwrap_err()
            .starts_with("--set idle_timeout is \"0\" (from the command line)")
    );
    for (name, value) in [
        ("RELAY_HOST", "my-machine"),
        ("ONE_MIN_API_URL", "api.1min.ai"),
        ("RELAY_PROXY", "ftp://proxy"),
        ("RELAY_BODY_MAX_MB", "0"),
        ("RELAY_YOUTUBE_ONCE", "maybe"),
        ("RELAY_DRAIN_SECONDS", "-1"),
        ("RELAY_LOG", "relay=loud"),
        ("RELAY_ALLOWED_HOSTS", "https://x"),
        ("RELAY_ALLOWED_ORIGINS", "https://x/path"),
        ("RELAY_ALLOWED_ORIGINS", "*"),
        ("RELAY_MODEL_ALIASES", "fast"),
        ("RELAY_UNKNOWN_MODELS", "maybe"),
        ("RELAY_THINKING", "loud"),
        ("RELAY_FETCH_PRIVATE", "localhost"),
        ("RELAY_FETCH_PRIVATE", "10.0.0.0/33"),
        ("RELAY_FETCH_THROUGH_PROXY", "maybe"),
        ("RELAY_FILE_MAX_MB", "0"),
        ("RELAY_KEEP_RESPONSES", "true"),
        ("RELAY_STORE_URL", "gs://bucket"),
        ("RELAY_RESULTS_DAYS", "0"),
        ("RELAY_RESULTS_MAX_MB", "0"),
        ("RELAY_FILES_MAX_MB", "0"),
        ("RELAY_PUBLIC_URL", "relay.example.com"),
        ("ONE_MIN_ASSET_URL", "asset.1min.ai"),
        ("RELAY_CATALOG_REFRESH_MINUTES", "99999"),
    ] {
        assert!(resolve(&[], &[(name, value)]).unwrap_err().starts_with(name), "{name}");
    }
}

#[test]
fn private_ranges_are_read_and_shown() {
    let settings = resolve(&[], &[("RELAY_FETCH_PRIVATE", " 10.0.0.0/8, ::1,192.168.1.7 ")]).unwrap();
    let field = fields().find(|field| field.name == "fetch_private").unwrap();
    assert_eq!((field.show)(&settings), "10.0.0.0/8,::1/128,192.168.1.7/32");
}

#[test]
fn host_is_only_heeded_where_it_can_be_an_address() {
    assert_eq!(resolve(&[], &[("HOST", "conda-machine-name")]).unwrap().host, Host::Loopback);
    assert_eq!(resolve(&[], &[("HOST", "0.0.0.0")]).unwrap().host.to_string(), "0.0.0.0");
    assert_eq!(resolve(&[], &[("HOST", "0.0.0.0"), ("RELAY_HOST", "127.0.0.5")]).unwrap().host, Host::Loopback);
    assert_eq!("[::1]".parse(), Ok(Host::Loopback));
    assert!("LocalHost".parse::<Host>().unwrap().is_loopback());
}

#[test]
fn a_proxys_password_is_never_shown() {
    let settings = resolve(&[], &[("RELAY_PROXY", "socks5://me:canary@localhost:1080")]).unwrap();
    let proxy = fields().find(|field| field.name == "proxy").unwrap();
    assert_eq!((proxy.show)(&settings), "socks5://me:***@localhost:1080");
    let error = resolve(&[], &[("RELAY_PROXY", "ftp://me:canary@localhost")]).unwrap_err();
    assert!(error.starts_with("RELAY_PROXY is \"…@localhost\""), "{error}");
}

#[test]
fn a_memcached_server_has_no_user_and_no_password_and_none_is_shown() {
    let allowed = "10.0.0.5:11211, cache.lan,[::1]:11211";
    assert_eq!(resolve(&[], &[("MEMCACHED_SERVERS", allowed)]).unwrap().memcached_servers.len(), 3);
    for wrong in ["me@cache.lan", "me:canary@cache.lan", ":canary@cache.lan", ":canary@a,b"] {
        let error = resolve(&[], &[("MEMCACHED_SERVERS", wrong)]).unwrap_err();
        assert!(error.starts_with("MEMCACHED_SERVERS is \"…@") && !error.contains("canary"), "{error}");
    }
}

#[test]
fn a_dot_env_file_stands_beneath_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::fs::write(&path, "# comment\nPORT=6001\nRELAY_LOG=\"debug\"\nexport RELAY_IDLE_TIMEOUT=7\n").unwrap();
    let environment = Environment::of([("PORT".to_owned(), "6002".to_owned())]).with_dot_env(&path).unwrap();
    let settings = Settings::resolve(&Sources { environment, ..Sources::default() }).unwrap().settings;
    assert_eq!((settings.port, settings.log.as_str(), settings.idle_timeout.as_secs()), (6002, "debug", 7));
    assert!(Environment::default().with_dot_env(&folder.path().join("none")).is_ok());
}

#[test]
fn a_broken_dot_env_names_the_entry_and_never_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    std::fs::write(&path, "PORT=1\nthis is canary 'no entry\n").unwrap();
    let error = Environment::default().with_dot_env(&path).unwrap_err().to_string();
    assert!(error.contains("entry 2") && !error.contains("canary"), "{error}");
}

#[test]
fn lists_and_pairs_are_trimmed_and_the_seeds_variables_count() {
    let settings = resolve(
        &[],
        &[
            ("SUBSET_OF_ONE_MIN_PERMITTED_MODELS", " mistral-nemo, gpt-4o ,,deepseek-chat "),
            ("PERMIT_MODELS_FROM_SUBSET_ONLY", "True"),
            ("RELAY_MODEL_ALIASES", "fast = gpt-4o-mini, slow=o3"),
            ("RELAY_ALLOWED_HOSTS", "Relay.LAN., box"),
            ("RELAY_ALLOWED_ORIGINS", "HTTPS://Chat.example.com:443/, http://localhost:3000"),
            ("RELAY_CATALOG_REFRESH_MINUTES", "0"),
        ],
    )
    .unwrap();
    assert!(settings.models.only_chosen);
    assert_eq!(settings.models.chosen, ["mistral-nemo", "gpt-4o", "deepseek-chat"]);
    assert_eq!(settings.models.aliases.get("fast").map(String::as_str), Some("gpt-4o-mini"));
    assert_eq!(settings.allowed_hosts, ["relay.lan", "box"]);
    assert_eq!(settings.allowed_origins, ["https://chat.example.com", "http://localhost:3000"]);
    assert_eq!(settings.catalog_refresh, None);
}

#[test]
fn the_settings_file_lies_beneath_the_environment_and_each_origin_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    std::fs::write(&path, r#"{"port": 7, "idle_timeout": 30, "chosen_models": ["a", "b"]}"#).unwrap();
    let file = SettingsFile::read(&path).unwrap();
    let sources = Sources { file, ..sources(&[("drain_seconds", "1")], &[("PORT", "8")]) };
    let Resolved { settings, origins } = Settings::resolve(&sources).unwrap();
    assert_eq!((settings.port, settings.idle_timeout.as_secs(), settings.models.chosen.len()), (8, 30, 2));
    let expected = [
        ("chosen_models", Origin::File),
        ("drain_seconds", Origin::Flag),
        ("idle_timeout", Origin::File),
        ("port", Origin::Environment),
    ];
    assert_eq!(origins.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn places_are_named_or_the_systems() {
    let of = |variables: &[(&str, &str)]| Places::of(&sources(&[], variables).environment);
    let named = of(&[("RELAY_DATA_DIR", "/data")]);
    assert_eq!(named.config.as_deref(), Some(std::path::Path::new("/data/settings.json")));
    assert!(!named.is_config_named);
    let both = of(&[("RELAY_DATA_DIR", "/data"), ("RELAY_CONFIG", "/etc/relay.json")]);
    assert_eq!((both.config, both.is_config_named), (Some("/etc/relay.json".into()), true));
    assert!(of(&[]).data_dir.is_none_or(|folder| folder.ends_with("app.oneminrelay.tray")));
}
