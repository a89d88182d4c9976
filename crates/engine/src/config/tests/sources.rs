//! Files, variables and flags: their precedence, and refused names.

use std::path::Path;

use super::*;

#[test]
fn every_key_can_be_set_by_its_environment_variable() {
    for (section, content) in &defaults() {
        for (key, value) in content.as_table().expect("section") {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Integer(number) => number.to_string(),
                Value::Array(_) if section == "networks" => continue,
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
                Value::Table(_) => continue,
                Value::Boolean(_) | Value::Float(_) | Value::Datetime(_) => {
                    panic!("{section}.{key} has a type without a rule")
                }
            };
            let name = format!("WAIAAS_{section}_{key}").to_uppercase();
            environment(&[(&name, &text)]).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}

#[test]
fn later_sources_win() {
    let text = "[daemon]\nport = 4001\nlog_level = \"warn\"\nshutdown_timeout = 9\n";
    let env = pairs(&[("WAIAAS_DAEMON_PORT", "4002"), ("WAIAAS_DAEMON_LOG_LEVEL", "error")]);
    let flags = pairs(&[("daemon.port", "4003")]);
    let config = Config::from_parts(Some((Path::new("c.toml"), text)), env, flags).expect("config");
    assert_eq!(config.daemon.port, 4003);
    assert_eq!(config.daemon.log_level, LogLevel::Error);
    assert_eq!(config.daemon.shutdown_timeout, 9);
    assert_eq!(config.daemon.hostname.to_string(), "127.0.0.1");
}

#[test]
fn unknown_names_are_refused_everywhere() {
    let place = "/data/config.toml";
    let text = refused(file("[daemon]\nprot = 1"), place, "'daemon.prot'");
    assert!(text.contains("shutdown_timeout"), "names the known keys: {text}");
    assert!(refused(file("[deamon]\nport = 1"), place, "'deamon'").contains("security"));
    refused(file("port = 3100"), place, "'port'");
    refused(file("daemon = 1"), place, "daemon must be a [section]");
    refused(file("[daemon.more]\nx = 1"), place, "'daemon.more'");
    for (name, meant) in [
        ("WAIAAS_DAEMON_PROT", "WAIAAS_DAEMON_PORT"),
        ("WAIAAS_DEAMON_PORT", "WAIAAS_DAEMON_PORT"),
        ("WAIAAS_PORT", "WAIAAS_DAEMON_PORT"),
        ("WAIAAS_SESSION_TTL", "WAIAAS_SECURITY_SESSION_TTL"),
        ("WAIAAS_NETWORKS", "WAIAAS_NETWORKS_CUSTOM"),
        ("WAIAAS_daemon_port", "WAIAAS_DAEMON_PORT"),
        ("WAIAAS_CONFIRMATION_NOTHING_LIKE_IT", "WAIAAS_CONFIRMATION_EVM_MAINNET"),
    ] {
        let text = refused(environment(&[(name, "1")]), &format!("environment variable {name}"), name);
        assert!(text.contains(meant), "{text}");
    }
    let flag = |name| Config::from_parts(None, [], pairs(&[(name, "1")]));
    refused(flag("daemon.prot"), "flag for daemon.prot", "daemon.prot");
    refused(flag("port"), "flag for port", "port");
}

#[test]
fn reserved_and_foreign_variables_are_passed_over() {
    let reserved = RESERVED_ENV.map(|name| (name, "anything"));
    environment(&reserved).expect("reserved");
    environment(&[("PATH", "/bin"), ("waiaas_daemon_port", "x"), ("XWAIAAS_DAEMON_PORT", "x")])
        .expect("foreign");
}

#[test]
fn variables_that_can_be_no_setting_are_passed_over_with_one_warning_each_kind() {
    let links = [
        ("WAIAAS_SERVICE_HOST", "10.96.0.7"),
        ("WAIAAS_SERVICE_PORT", "3100"),
        ("WAIAAS_SERVICE_PORT_HTTP", "3100"),
        ("WAIAAS_PORT", "tcp://10.96.0.7:3100"),
        ("WAIAAS_PORT_3100_TCP", "tcp://10.96.0.7:3100"),
        ("WAIAAS_PORT_3100_TCP_PROTO", "tcp"),
        ("WAIAAS_PORT_3100_TCP_PORT", "3100"),
        ("WAIAAS_PORT_3100_TCP_ADDR", "10.96.0.7"),
        ("WAIAAS_PORT_53_UDP", "udp://10.96.0.7:53"),
        // From a service called `waiaas-daemon`.
        ("WAIAAS_DAEMON_SERVICE_HOST", "10.96.0.8"),
        ("WAIAAS_DAEMON_PORT", "tcp://10.96.0.8:3100"),
        ("WAIAAS_DAEMON_PORT_3100_TCP_ADDR", "10.96.0.8"),
    ];
    let config = environment(&links).expect("links");
    assert_eq!((config.daemon.port, config.warnings().len()), (3100, 1), "{:?}", config.warnings());
    assert!(links.iter().all(|(name, _)| config.warnings()[0].contains(name)), "{:?}", config.warnings());

    let config =
        environment(&[("WAIAAS_CLI_PATH", "/usr/bin/waiaas"), ("WAIAAS_SDK_RETRIES", "3"), links[0]]);
    let warnings = config.expect("foreign").warnings().to_vec();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[1].starts_with("WAIAAS_CLI_PATH, WAIAAS_SDK_RETRIES: "), "{warnings:?}");
    for (name, text) in [("WAIAAS_DAEMON_PORT", "3100:tcp"), ("WAIAAS_DAEMON_PORT_TCP", "tcp://x")] {
        refused(environment(&[(name, text)]), &format!("environment variable {name}"), "");
    }
}

#[test]
fn an_empty_variable_is_not_set() {
    for (section, content) in &defaults() {
        for key in content.as_table().expect("section").keys() {
            let name = format!("WAIAAS_{section}_{key}").to_uppercase();
            let config = environment(&[(&name, "")]).expect(&name);
            let same = config.explained().iter().all(|setting| setting.source == SettingSource::BuiltIn);
            assert!(same && config.warnings().is_empty(), "{name}");
        }
    }
    environment(&[("WAIAAS_DAEMON_PROT", "")]).expect("not set, so not wrong");
}

#[test]
fn every_setting_is_explained_without_its_secrets() {
    let text = "[daemon]\nport = 4001\n[prices.table]\n\"solana:localnet/slip44:501\" = \"9\"\n";
    let env = pairs(&[
        ("WAIAAS_DAEMON_PORT", "4002"),
        ("WAIAAS_DATABASE_URL", "postgres://u:hunter2@db.example:5433/w"),
        (
            "WAIAAS_RPC_SOLANA_MAINNET",
            "https://rpc.example/hunter2,https://hunter2@b.example,http://c.example",
        ),
        ("WAIAAS_PRICES_COINGECKO_API_KEY", "hunter2"),
    ]);
    let path = Path::new("/data/config.toml");
    let config = Config::from_parts(Some((path, text)), env, pairs(&[("confirmation.evm_mainnet", "7")]))
        .expect("config");
    let of = |key: &str| config.explained().iter().find(|setting| setting.key == key).expect(key);
    let shown = |key: &str| (of(key).value.to_string(), of(key).source.to_string());
    let variable = |name: &str| format!("environment variable {name}");
    assert_eq!(shown("daemon.port"), ("4002".to_owned(), variable("WAIAAS_DAEMON_PORT")));
    assert_eq!(of("daemon.port").over, [SettingSource::File(path.to_owned()), SettingSource::BuiltIn]);
    assert_eq!(shown("daemon.pid_file").1, "the built-in defaults");
    assert_eq!(
        shown("confirmation.evm_mainnet"),
        ("7".to_owned(), "flag for confirmation.evm_mainnet".to_owned())
    );
    assert_eq!(shown("prices.table.\"solana:localnet/slip44:501\"").1, "/data/config.toml");
    assert_eq!(shown("prices.table.\"eip155:31337/slip44:60\"").1, "the built-in defaults");
    assert_eq!(shown("database.url").0, "\"postgres://db.example:5433/…\"");
    assert_eq!(
        shown("rpc.solana_mainnet").0,
        "[\"https://rpc.example/…\", \"https://b.example/…\", \"http://c.example\"]"
    );
    assert!(shown("rpc.evm_base_mainnet").0.contains("https://base.drpc.org"));
    assert!(!format!("{:?}", config.explained()).contains("hunter2"));
    let keys = config.explained().iter().filter(|setting| !setting.key.contains('"')).count();
    let tables = |value: &Value| !value.is_table();
    let known = defaults()
        .values()
        .flat_map(|s| s.as_table().expect("section").values())
        .filter(|v| tables(v))
        .count();
    assert_eq!(keys, known, "each once");
}

#[test]
fn nothing_secret_is_shown() {
    let config = environment(&[
        ("WAIAAS_PRICES_COINGECKO_API_KEY", "hunter2"),
        ("WAIAAS_DATABASE_URL", "postgres://u:hunter2@h/d"),
        ("WAIAAS_RPC_SOLANA_MAINNET", "https://rpc.example/hunter2"),
    ])
    .expect("config");
    let shown = format!("{config:?} {:?}", config.database.target(Path::new("/")));
    assert!(!shown.contains("hunter2"), "{shown}");
    for (section, line) in [
        ("prices", "coingecko_api_key = [\"hunter2\"]"),
        ("prices", "coingecko_api_key = \"hunter2"),
        ("database", "url = \"mysql://hunter2\""),
        ("rpc", "evm_localnet = \"ws://hunter2\""),
    ] {
        let error = file(&format!("[{section}]\n{line}\n")).expect_err(line);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn a_missing_file_is_fine_and_an_unreadable_one_is_not() {
    let dir = tempfile::tempdir().expect("dir");
    assert_eq!(Config::load(dir.path(), [], []).expect("no file").daemon.port, 3100);
    fs::write(dir.path().join(FILE_NAME), "[daemon]\nport = 0\n").expect("write");
    assert_eq!(Config::load(dir.path(), [], []).expect("file").daemon.port, 0);
    fs::write(dir.path().join(FILE_NAME), [0xff, 0xfe]).expect("write");
    assert!(matches!(Config::load(dir.path(), [], []), Err(ConfigError::Read { .. })));
}
