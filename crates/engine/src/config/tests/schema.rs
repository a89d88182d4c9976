//! The JSON Schema of the file, compared with the defaults and with the loader by an independent validator.

use jsonschema::Validator;
use serde_json::{Value as Json, json};

use super::*;
use crate::config::kind::Kind;
use crate::config::layers::Schema;

fn validator() -> Validator {
    jsonschema::validator_for(&json_schema()).expect("a schema")
}

fn valid(validator: &Validator, text: &str) -> bool {
    validator.is_valid(&toml::from_str::<Json>(text).expect("TOML"))
}

#[test]
fn the_defaults_are_valid_and_every_setting_is_described() {
    let errors: Vec<_> = validator()
        .iter_errors(&toml::from_str(DEFAULTS).expect("TOML"))
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let schema = json_schema();
    for (section, content) in &defaults() {
        for (key, value) in content.as_table().expect("section") {
            let setting = &schema["properties"][section]["properties"][key];
            assert!(!setting["description"].as_str().expect(key).is_empty(), "{section}.{key}");
            let default = serde_json::to_value(value).expect(key);
            assert!(value.is_table() || setting["default"] == default, "{section}.{key}");
        }
    }
    let timeout = &schema["properties"]["daemon"]["properties"]["shutdown_timeout"]["description"];
    assert_eq!(timeout, "Seconds to finish running requests before the process ends; 5 to 300.");
    assert!(
        schema["properties"]["fees"]["properties"]["max"]["description"] == "The same in place of max_usd."
    );
}

#[test]
fn the_types_and_the_defaults_have_the_same_settings() {
    let schema = Schema::of_types();
    let of_types: Vec<_> = schema.settings().map(|(section, key, _)| format!("{section}.{key}")).collect();
    let defaults = defaults();
    let of_defaults = defaults.iter().flat_map(|(section, content)| {
        content.as_table().expect("section").keys().map(move |key| format!("{section}.{key}"))
    });
    assert_eq!(of_types, of_defaults.collect::<Vec<_>>());
    for (section, key, kind) in schema.settings() {
        let value = defaults[section][key].clone();
        kind.accept(value).unwrap_or_else(|reason| panic!("{section}.{key} {reason}"));
    }
}

#[test]
fn each_bound_of_the_schema_is_the_one_that_the_loader_enforces() {
    let validator = validator();
    let mut bounded = 0;
    for (section, key, kind) in Schema::of_types().settings() {
        let Kind::Integer { bounds, unit } = kind else { continue };
        let name = format!("{section}.{key}");
        let load = |number: i64| {
            // Keeps pairs of settings in order, so that only the tested one can be at fault.
            let flags = pairs(&[
                ("security.session_ttl", "300"),
                ("security.session_absolute_lifetime", "31536000"),
                ("security.master_lockout_base_seconds", "1"),
                ("security.master_lockout_cap_seconds", "86400"),
                ("prices.cache_seconds", "1"),
                (&name, &number.to_string()),
            ]);
            Config::from_parts(None, [], flags).map(drop).map_err(|error| error.to_string())
        };
        let schema = |number: i64| validator.is_valid(&json!({ section: { key: number } }));
        let Some((least, most)) = bounds else {
            assert_eq!(name, "daemon.port", "a setting without bounds");
            for number in [-1, 0, 1, 1023, 1024, 65535, 65536] {
                assert_eq!(load(number).is_ok(), schema(number), "{name} = {number}");
            }
            continue;
        };
        bounded += 1;
        for number in [least, most] {
            assert_eq!(load(number), Ok(()), "{name}");
            assert!(schema(number), "{name} = {number}");
        }
        for number in [least - 1, most + 1] {
            let text = load(number).expect_err(&name);
            let unit = unit.map(|unit| format!(" {}", unit.name())).unwrap_or_default();
            assert!(text.ends_with(&format!("{name} must be {least} to {most}{unit}")), "{text}");
            assert!(!schema(number), "{name} = {number}");
        }
    }
    assert!(bounded > 25, "{bounded}");
}

#[test]
fn every_object_is_closed() {
    fn walk(schema: &Json, closed: &mut usize) {
        if schema.get("properties").is_some() {
            assert_eq!(schema["additionalProperties"], false, "{schema}");
            *closed += 1;
        }
        match schema {
            Json::Array(items) => items.iter().for_each(|item| walk(item, closed)),
            Json::Object(members) => members.values().for_each(|member| walk(member, closed)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    let mut closed = 0;
    walk(&json_schema(), &mut closed);
    assert_eq!(closed, defaults().len() + 2, "the file, its sections and a custom network");
}

#[test]
fn schema_and_loader_agree_about_files() {
    let validator = validator();
    let network = "[[networks.custom]]\nid = 'gnosis-mainnet'\nchain_id = 100\nenvironment = 'mainnet'\n\
        native_symbol = 'XDAI'\nrpc = ['https://rpc.example']\n";
    for text in [
        "",
        "[daemon]\nport = 0\nlog_level = 'warn'\n",
        "[security]\nsession_ttl = '24h'\nmax_body_bytes = '1MiB'\ncors_origins = 'https://a.example'\n",
        "[rpc]\nevm_localnet = 'http://a:8545'\nsolana_devnet = []\ntimeout_seconds = '5s'\n",
        "[fees]\nmax_usd = '7.5'\n[fees.max]\nsolana-mainnet = '1 USD'\n",
        "[prices]\nsources = 'pyth'\n[prices.table]\n'eip155:1/slip44:60' = '2'\n",
        network,
        &format!("{network}slip44 = 700\nop_stack = true\n"),
    ] {
        assert!(file(text).is_ok() && valid(&validator, text), "{text}");
    }
    for text in [
        "port = 1",
        "daemon = 1",
        "[deamon]\nport = 0",
        "[daemon]\nprot = 0",
        "[daemon]\nport = '3100'",
        "[daemon]\nport = 80",
        "[daemon]\nport = 3100.5",
        "[daemon]\nport = true",
        "[daemon]\nlog_level = 'off'",
        "[daemon]\npid_file = ''",
        "[daemon]\nallowed_hosts = [1]",
        "[security]\nsession_ttl = '3600'",
        "[security]\nsession_ttl = '1month'",
        "[security]\nmax_body_bytes = '1MB'",
        "[rpc]\nevm_nowhere = 'http://a'",
        "[fees]\nmax_usd = 1",
        "[fees]\nevm_max_priority_wei = '1.5'",
        "[fees.max]\nsolana-mainnet = 1",
        "[policy]\nunsimulated = 'instant'",
        "[prices]\nsources = ['pyth', 'pyth']",
        "[prices]\nsources = ['chainlink']",
        "[networks]\ncustom = 'x'",
        &network.replace("100", "0"),
        &network.replace("'mainnet'", "'staging'"),
        &network.replace("chain_id = 100\n", ""),
        &network.replace("gnosis", "Gnosis"),
        &network.replace("'https://rpc.example'", ""),
        &format!("{network}decimals = 6\n"),
        &format!("{network}slip44 = 2147483648\n"),
        &format!("{network}slip44 = -1\n"),
        &format!("{network}op_stack = 'true'\n"),
    ] {
        assert!(file(text).is_err(), "the loader: {text}");
        assert!(!valid(&validator, text), "the schema: {text}");
    }
}
