//! Allowed values.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use waiaas_core::U256;
use waiaas_core::network::NetworkId;

use super::*;

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
    assert_eq!(config.allowed_origins(), ["http://localhost:4000", "http://127.0.0.1:4000"]);
    for text in ["4000.0", "0x10", "4e3", " 4000", "99999999999999999999", "true"] {
        let place = "environment variable WAIAAS_DAEMON_PORT";
        refused(environment(&[("WAIAAS_DAEMON_PORT", text)]), place, "daemon.port must be");
    }
}

#[test]
fn metrics_stay_on_this_machine() {
    let listen = |text: &str| file(&format!("[metrics]\nlisten = \"{text}\""));
    assert_eq!(listen("").expect("off").metrics.listen, None);
    for text in ["127.0.0.1:9464", "127.0.0.2:1024", "[::1]:9464", "127.0.0.1:0"] {
        assert_eq!(listen(text).expect(text).metrics.listen, text.parse().ok());
    }
    for text in
        ["0.0.0.0:9464", "[::]:9464", "10.0.0.7:9464", "localhost:9464", "127.0.0.1", ":9464", "127.0.0.1:80"]
    {
        refused(listen(text), "/data/config.toml", "metrics.listen must be empty, or a loopback address");
    }
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
fn one_node_named_twice_is_refused() {
    for twin in [
        "https://node.example/v2/key",
        "https://Node.Example/v2/key",
        "https://node.example:443/v2/key/",
        "https://node.example./v2/key?with=another",
        "https://user:password@node.example/v2/key",
    ] {
        let both = format!("https://node.example/v2/key,{twin}");
        let text = environment(&[("WAIAAS_RPC_SOLANA_DEVNET", &both)]).expect_err(twin).to_string();
        assert!(text.contains("names one node twice") && !text.contains("key"), "{text}");
    }
    for other in
        ["https://other.example/v2/key", "https://node.example/v2/other", "https://node.example:8443/v2/key"]
    {
        let both = format!("https://node.example/v2/key,{other}");
        assert!(environment(&[("WAIAAS_RPC_SOLANA_DEVNET", &both)]).is_ok(), "{other}");
    }
    let local = file("[rpc]\nevm_localnet = [\"http://localhost:8545\", \"http://127.0.0.1:8545/\"]");
    assert!(local.expect_err("one machine").to_string().contains("names one node twice"));
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
            &[
                "mysql://h/d",
                "h",
                " ",
                "postgres://",
                "sqlite:/x",
                "postgres://u:p@h:port/d",
                "postgres://u:a#b@h/d",
            ],
        ),
        ("database.path", &["a.db", "/x/a b.db"], &["", " "]),
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
            // Keeps pairs of settings in order, so that only the tested one can be at fault.
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

#[test]
fn errors_use_no_words_of_the_program_and_repeat_no_value() {
    let network =
        "[[networks.custom]]\nid = \"a\"\nchain_id = 7\nenvironment = \"local\"\nnative_symbol = \"A\"\n";
    let with = |rest: &str| file(&format!("{network}{rest}"));
    let place = "/data/config.toml: line 1";
    for (config, says) in [
        (with(""), "networks.custom needs the field rpc at networks.custom[0]"),
        (with("rpc = \"http://k3y\""), "networks.custom must be an array at networks.custom[0].rpc"),
        (
            with("rpcs = [\"http://k3y\"]"),
            "at networks.custom[0].rpcs: this field is not known here; did you mean 'rpc'?",
        ),
        (
            with("\"k\\u202ey\" = 1"),
            "networks.custom[0].k\\u{202e}y: this field is not known here; known: id",
        ),
        (
            file("[daemon]\nlog_level = \"k3y\""),
            "daemon.log_level must be one of trace, debug, info, warn, error",
        ),
        (file("[\"a\\u202eb\"]"), "there is no setting 'a\\u{202e}b'"),
    ] {
        let text = config.expect_err(says).to_string();
        assert!(text.contains(says) && !text.contains("k3y"), "{text}");
        assert!(text.starts_with(place) || text.contains("line 2"), "{text}");
        assert!(!text.contains('`') && !text.contains("struct"), "{text}");
    }
}

#[test]
fn a_table_is_not_read_from_an_array() {
    let values = r#"[networks]
custom = [["a", 7, "local", "A", 60, false, ["http://a"]]]"#;
    let text = refused(file(values), "/data/config.toml: line 2", "networks.custom");
    assert!(text.contains("must be written as [[tables]]"), "{text}");
    let text = file("security = [1, 2]").expect_err("refused").to_string();
    assert!(text.contains("security must be a [section]"), "{text}");
}

#[test]
fn a_value_in_the_place_of_a_name_is_not_repeated() {
    for flag in ["postgres://user:k3y@host/db?sslmode", "database.url:k3y", "k\u{202e}3y"] {
        let text = Config::from_parts(None, [], pairs(&[(flag, "require")])).expect_err(flag).to_string();
        assert!(!text.contains("k3y") && !text.contains("3y") && !text.contains("require"), "{text}");
    }
    let text = Config::from_parts(None, [], pairs(&[("fees.max.\"base-mainnet\"", "1 USD")]));
    assert!(text.expect_err("an entry").to_string().contains("fees.max must be a [table]"));
}
