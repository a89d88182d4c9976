//! What a configuration accepts, and what its errors say.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::Price;
use waiaas_core::network::{Environment, NetworkId};

use super::*;

type Pairs = Vec<(String, String)>;

fn pairs(list: &[(&str, &str)]) -> Pairs {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> Result<Config, ConfigError> {
    Config::from_parts(Some((Path::new("/data/config.toml"), text)), [], [])
}

fn environment(list: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_parts(None, pairs(list), [])
}

fn defaults() -> Table {
    toml::from_str(DEFAULTS).expect("defaults")
}

/// The error's text, which must be for the given place and key.
fn refused(result: Result<Config, ConfigError>, place: &str, key: &str) -> String {
    let text = result.expect_err(key).to_string();
    assert!(text.starts_with(&format!("{place}: ")) && text.contains(key), "{text}");
    text
}

#[test]
fn the_defaults_are_a_complete_configuration() {
    let config = Config::built_in().expect("defaults");
    assert_eq!(config.daemon.listen().to_string(), "127.0.0.1:3100");
    assert_eq!(config.daemon.log_level.as_str(), "info");
    assert_eq!(config.daemon.pid_path(Path::new("/data")), PathBuf::from("/data/daemon.pid"));
    assert_eq!(config.fees.evm_max_priority_wei, U256::from(100_000_000_000u64));
    assert_eq!(config.security.session_ttl, 86_400);
    assert_eq!(config.policy.unsimulated, Unsimulated::Approval);
    assert_eq!(config.confirmation.evm_blocks(Environment::Mainnet), 2);
    assert_eq!(config.prices.sources, [PriceSourceName::Pyth, PriceSourceName::Coingecko]);
    let target = config.database.target(Path::new("/data"));
    assert!(matches!(target, DatabaseTarget::Sqlite(path) if path == Path::new("/data/data/waiaas.db")));
}

#[test]
fn the_defaults_list_every_key_once_each_with_a_comment() {
    // No section has a default of its own, so a key missing from the file fails to parse.
    for (section, content) in &defaults() {
        for key in content.as_table().expect("section").keys() {
            let mut less = defaults();
            less.get_mut(section).and_then(Value::as_table_mut).expect("section").remove(key);
            assert!(Config::from_table(&less).is_err(), "{section}.{key} is not needed");
        }
    }
    let lines: Vec<&str> = DEFAULTS.lines().collect();
    for pair in lines.windows(2) {
        let [before, line] = pair else { unreachable!() };
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with("# "), "no comment above: {line}");
        }
    }
}

#[test]
fn every_built_in_network_has_nodes_and_every_test_coin_a_price() {
    let config = Config::built_in().expect("defaults");
    let networks = config.networks().expect("networks");
    for network in networks.all() {
        assert!(!config.endpoints(&network.id).is_empty(), "{}", network.id);
        let priced = config.prices.table.contains_key(&network.native());
        assert_eq!(priced, network.environment != Environment::Mainnet, "{}", network.id);
    }
    for asset in config.prices.table.keys() {
        let network = networks.find(&asset.caip2).expect("network");
        assert_ne!(network.environment, Environment::Mainnet, "{asset}");
    }
    assert!(config.endpoints(&NetworkId::new("nowhere")).is_empty());
}

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
fn values_are_read_by_the_type_of_the_setting() {
    let config = environment(&[
        ("WAIAAS_PRICES_COINGECKO_API_KEY", "987654321"),
        ("WAIAAS_DATABASE_PATH", "1"),
        ("WAIAAS_DAEMON_PID_FILE", "true"),
        ("WAIAAS_FEES_EVM_MAX_PRIORITY_WEI", "7"),
        ("WAIAAS_DAEMON_PORT", "4000"),
        ("WAIAAS_DAEMON_ALLOWED_HOSTS", "Wallet.example, other.example"),
        ("WAIAAS_RPC_SOLANA_DEVNET", "https://one.example/key,https://two.example"),
        ("WAIAAS_SECURITY_CORS_ORIGINS", ","),
    ])
    .expect("environment");
    assert_eq!(config.prices.coingecko_api_key.expose_secret(), "987654321");
    assert_eq!(config.daemon.pid_file, PathBuf::from("true"));
    assert_eq!(config.fees.evm_max_priority_wei, U256::from(7u8));
    assert_eq!(config.daemon.port, 4000);
    assert_eq!(config.daemon.allowed_hosts, ["wallet.example", "other.example"]);
    assert_eq!(
        config.endpoints(&NetworkId::new("solana-devnet")),
        ["https://one.example/key", "https://two.example"]
    );
    assert!(config.security.cors_origins.is_empty());
    for text in ["4000.0", "0x10", "4e3", " 4000", "99999999999999999999", "true"] {
        let place = "environment variable WAIAAS_DAEMON_PORT";
        refused(environment(&[("WAIAAS_DAEMON_PORT", text)]), place, "daemon.port must be");
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
        // Of a service called `waiaas-daemon`.
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
            let same = config.explained().iter().all(|setting| setting.source == Origin::BuiltIn);
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
    assert_eq!(of("daemon.port").over, [Origin::File(path.to_owned()), Origin::BuiltIn]);
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
fn types_of_the_file_are_strict() {
    let place = "/data/config.toml";
    refused(file("[daemon]\nport = \"3100\""), place, "daemon.port must be a whole number");
    refused(file("[daemon]\nport = 3100.0"), place, "daemon.port must be a whole number");
    refused(file("[daemon]\npid_file = 1"), place, "daemon.pid_file must be text");
    refused(file("[fees]\nmax_usd = 1"), place, "fees.max_usd must be text");
    refused(file("[daemon]\nallowed_hosts = [1]"), place, "daemon.allowed_hosts must be a list");
    let text = refused(file("[daemon]\nport = 1\nport = 2"), place, "line 3");
    assert!(text.contains("duplicate key"), "{text}");
    let one = file("[rpc]\nevm_localnet = \"http://anvil:8545\"").expect("one URL");
    assert_eq!(one.endpoints(&NetworkId::new("evm-localnet")), ["http://anvil:8545"]);
}

#[test]
fn ranges_are_closed_intervals() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("daemon.port", &["0", "1024", "65535"], &["-1", "1", "1023", "65536"]),
        ("daemon.shutdown_timeout", &["5", "300"], &["4", "301"]),
        ("daemon.hostname", &["0.0.0.0", "::1", "10.0.0.7"], &["", "localhost", "127.0.0.1:80", "127.1"]),
        ("daemon.log_level", &["trace", "error"], &["", "INFO", "off"]),
        ("daemon.allowed_hosts", &["a.example"], &["https://a", "a:80", "*.example", "a/b"]),
        (
            "database.url",
            &["postgres://u:p@h/d", "postgresql://h/d", ""],
            &["mysql://h/d", "h", "sqlite:/x", "postgres://u:p@h:port/d", "postgres://u:a#b@h/d"],
        ),
        ("keystore.argon2_memory", &["65536", "1048576"], &["65535", "1048577"]),
        ("keystore.argon2_time", &["3", "20"], &["2", "21"]),
        ("keystore.argon2_parallelism", &["1", "16"], &["0", "17"]),
        ("rpc.timeout_seconds", &["1", "60"], &["0", "61"]),
        (
            "rpc.evm_localnet",
            &["", "http://a,https://b/c?d"],
            &["ws://a", "a.example", "http://", "http://a,b"],
        ),
        (
            "fees.evm_max_priority_wei",
            &["0", "115792089237316195423570985008687907853269984665640564039457584007913129639935"],
            &[
                "",
                "-1",
                "1.5",
                "1e18",
                "115792089237316195423570985008687907853269984665640564039457584007913129639936",
            ],
        ),
        ("fees.max_usd", &["0", "0.000001", "50"], &["", "-1", "1e3", "0.0000001", "5 USD"]),
        ("fees.transfer_max_usd", &["5"], &["5.", "five"]),
        ("fees.solana_max_micro_lamports_per_cu", &["0", "100000000"], &["-1", "100000001"]),
        ("confirmation.evm_mainnet", &["1", "256"], &["0", "257"]),
        ("confirmation.solana_commitment", &["confirmed", "finalized"], &["processed", "Confirmed"]),
        ("confirmation.poll_interval_ms", &["100", "60000"], &["99", "60001"]),
        ("security.max_sessions_per_wallet", &["1", "50"], &["0", "51"]),
        ("security.approval_timeout", &["300", "86400"], &["299", "86401"]),
        ("security.max_body_bytes", &["1024", "10485760"], &["1023", "10485761"]),
        (
            "security.cors_origins",
            &["https://a.example:8443"],
            &["*", "a.example", "https://a.example/", "https://a.example:443"],
        ),
        ("prices.sources", &["", "pyth", "coingecko,pyth"], &["pyth,pyth", "chainlink"]),
        (
            "prices.pyth_url",
            &["https://a.example/x", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"],
            &["", "http://a.example", "http://localhost.example", "ftp://a"],
        ),
        ("prices.max_spread_percent", &["1", "50"], &["0", "51"]),
        ("prices.max_age_seconds", &["30", "1800"], &["29", "1801"]),
    ];
    for (key, good, bad) in cases {
        let set = |text: &str| {
            // Keeps pairs of settings in order, so that only the one at hand can be at fault.
            let flags = pairs(&[("prices.cache_seconds", "1"), (key, text)]);
            Config::from_parts(None, [], flags)
        };
        for text in *good {
            set(text).unwrap_or_else(|e| panic!("{key} = {text:?}: {e}"));
        }
        for text in *bad {
            refused(set(text), &format!("flag for {key}"), key);
        }
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let place = "/data/config.toml";
    refused(
        file("[security]\nsession_ttl = 2592000\nsession_absolute_lifetime = 86400"),
        place,
        "security.session_ttl",
    );
    let lowered = file("[security]\nsession_absolute_lifetime = 3600");
    refused(lowered, "the built-in defaults", "session_absolute_lifetime, 3600");
    refused(file("[security]\nmaster_lockout_base_seconds = 1000"), place, "master_lockout_cap_seconds");
    refused(file("[prices]\ncache_seconds = 600\nmax_age_seconds = 599"), place, "max_age_seconds, 599");
}

const GNOSIS: &str = "[[networks.custom]]\nid = \"gnosis-mainnet\"\nchain_id = 100\nenvironment = \"mainnet\"\n\
    native_symbol = \"XDAI\"\nrpc = [\"https://rpc.example/secret-key\"]\n";

#[test]
fn custom_networks_join_the_built_in_ones() {
    let config = file(&format!("{GNOSIS}slip44 = 700\n")).expect("custom");
    let networks = config.networks().expect("networks");
    let gnosis = networks.find("eip155:100").expect("gnosis");
    assert_eq!(gnosis.native().to_string(), "eip155:100/slip44:700");
    assert_eq!((gnosis.evm_chain_id, gnosis.native_decimals), (Some(100), 18));
    assert_eq!(config.endpoints(&gnosis.id), ["https://rpc.example/secret-key"]);

    let place = "/data/config.toml";
    refused(file(&format!("{GNOSIS}{GNOSIS}")), place, "networks.custom is refused");
    for (from, to) in [
        ("chain_id = 100", "chain_id = 8453"),
        ("chain_id = 100", "chain_id = 0"),
        ("chain_id = 100\n", ""),
        ("gnosis-mainnet", "base-mainnet"),
        ("gnosis-mainnet", "devnet"),
        ("gnosis-mainnet", "Gnosis"),
        ("gnosis-mainnet", ""),
        ("\"mainnet\"", "\"staging\""),
        ("XDAI", ""),
        ("[\"https://rpc.example/secret-key\"]", "[]"),
        ("https://", "wss://"),
        ("rpc = ", "decimals = 6\nrpc = "),
    ] {
        let text = refused(file(&GNOSIS.replace(from, to)), place, "networks.custom");
        assert!(!text.contains("secret-key"), "{text}");
    }
    refused(
        environment(&[("WAIAAS_NETWORKS_CUSTOM", "x")]),
        "environment variable WAIAAS_NETWORKS_CUSTOM",
        "networks.custom",
    );
}

#[test]
fn the_price_table_grows_and_is_replaced_entry_by_entry() {
    let mixed = "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    let config = file(&format!("[prices.table]\n\"{mixed}\" = \"1.01\"\n\"eip155:100/slip44:60\" = \"2\"\n"));
    let table = config.expect("table").prices.table;
    let price = |id: &str| table.get(&id.parse::<AssetId>().expect(id)).copied();
    assert_eq!(price(mixed), Price::from_decimal("1.01").ok());
    assert_eq!(price("eip155:100/slip44:60"), Price::from_decimal("2").ok());
    assert_eq!(price("solana:localnet/slip44:501"), Price::from_decimal("150").ok());

    let place = "/data/config.toml";
    let lower = mixed.to_lowercase();
    refused(
        file(&format!("[prices.table]\n\"{mixed}\" = \"1\"\n\"{lower}\" = \"2\"")),
        place,
        "prices.table",
    );
    let entry = |value: &str| file(&format!("[prices.table]\n\"eip155:1/slip44:60\" = {value}"));
    for value in ["\"0\"", "\"-1\"", "\"\"", "\"1e3\"", "\"0.0000000000001\"", "3000", "3000.5"] {
        refused(entry(value), place, "prices.table");
    }
    refused(file("[prices.table]\nETH = \"1\""), place, "prices.table keys are CAIP-19 ids");
}

#[test]
fn shipped_token_addresses_are_the_published_ones() {
    // Mixed case carries the EIP-55 checksum, so a mistyped digit would not parse.
    let config = Config::built_in().expect("defaults");
    for id in [
        "eip155:11155111/erc20:0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238",
        "eip155:421614/erc20:0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d",
        "eip155:11155420/erc20:0x5fd84259d66Cd46123540766Be93DFE6D43130D7",
        "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "eip155:80002/erc20:0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582",
    ] {
        assert!(config.prices.table.contains_key(&id.parse().expect(id)), "{id}");
    }
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

#[test]
fn what_no_node_can_run_is_denied_or_approved_and_nothing_else() {
    let config = file("[policy]\nunsimulated = \"deny\"").expect("accepted");
    assert_eq!(config.policy.unsimulated, Unsimulated::Deny);
    for laxer in ["instant", "notify", "delay", "", "Deny"] {
        let text = format!("[policy]\nunsimulated = \"{laxer}\"");
        refused(file(&text), "/data/config.toml", "policy.unsimulated");
    }
}
