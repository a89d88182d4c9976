//! Places of refused settings: lines of a file, and names of variables and flags for nested settings.

use std::collections::BTreeSet;

use super::*;

#[test]
fn a_setting_of_a_file_is_refused_with_its_line() {
    let line = |number: usize| format!("/data/config.toml: line {number}");
    refused(file("\n[daemon]\n\nprot = 1\n"), &line(4), "'daemon.prot', did you mean 'daemon.port'?");
    refused(file("# first\n[deamon]\nport = 1\n"), &line(2), "'deamon', did you mean 'daemon'?");
    refused(file("[daemon]\n\n  port = 1\n"), &line(3), "daemon.port must be 1024");
    refused(file("[daemon]\nlog_level = 'off'\n"), &line(2), "daemon.log_level ");
    refused(
        file("[daemon]\nlog_level = 'info'\nport = '3100'\n"),
        &line(3),
        "daemon.port must be a whole number",
    );
    refused(file("daemon.log_level = 'info'\ndaemon.port = true\n"), &line(2), "daemon.port must be a whole");
    refused(
        file("[keystore]\nargon2_time = 99999999999999999999\n"),
        &line(2),
        "argon2_time must be a whole number",
    );
    refused(file("[fees]\n\nevm_max_wei = '1'\n"), &line(3), "'fees.evm_max_wei' is no longer there");
    refused(file("[daemon]\nport = 1\nport = 2\n"), &line(3), "duplicate key");
    refused(file("[daemon]\n[daemon]\n"), &line(2), "");
    // For contradicting settings, the line of the one to change.
    refused(
        file("[prices]\nmax_age_seconds = 599\n\ncache_seconds = 600\n"),
        &line(4),
        "prices.cache_seconds",
    );
}

#[test]
fn a_wrong_type_inside_a_table_is_named_without_its_value() {
    let network = |line: &str| {
        file(&format!(
            "[[networks.custom]]\nid = 'a'\nchain_id = 7\nenvironment = 'local'\nnative_symbol = 'A'\n{line}\n"
        ))
    };
    for (line, inside) in [
        ("rpc = 'https://rpc.example/hunter2'", "must be an array at networks.custom[0].rpc"),
        ("rpc = ['http://a']\nop_stack = 'hunter2'", "must be true or false at networks.custom[0].op_stack"),
        ("rpc = ['http://a']\nslip44 = 'hunter2'", "must be a whole number at networks.custom[0].slip44"),
    ] {
        let text = refused(network(line), "/data/config.toml: line 1", &format!("networks.custom {inside}"));
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn no_two_settings_share_a_variable() {
    let mut names = BTreeSet::new();
    for (section, content) in &defaults() {
        for key in content.as_table().expect("section").keys() {
            assert!(names.insert(environment::variable(section, key)), "{section}.{key}");
        }
    }
}

#[test]
fn entries_of_tables_have_no_variable_and_no_flag() {
    for (name, key) in [
        ("WAIAAS_REPUTATION__AGENTS__0X8004BAA17C55A88189AE136B182E5FDA19DE9B63", "reputation.agents"),
        ("WAIAAS_REPUTATION_AGENTS__0X8004", "reputation.agents"),
        ("WAIAAS_FEES__MAX__POLYGON_MAINNET", "fees.max"),
        ("WAIAAS_FEES__TRANSFER_MAX__POLYGON_MAINNET", "fees.transfer_max"),
        ("WAIAAS_NETWORKS__CUSTOM__0__ID", "networks.custom"),
        ("WAIAAS_PRICES__TABLE__X", "prices.table"),
    ] {
        let place = format!("environment variable {name}");
        let text = refused(environment(&[(name, "1")]), &place, &format!("{key} has entries"));
        assert!(text.contains("config.toml"), "{text}");
    }
    let name = "WAIAAS_DAEMON__PORT";
    let text = refused(environment(&[(name, "1")]), &format!("environment variable {name}"), name);
    assert!(text.contains("did you mean 'WAIAAS_DAEMON_PORT'?"), "{text}");
    for (name, key) in
        [("fees.max.polygon-mainnet", "fees.max must"), ("reputation.agents.0x8", "reputation.agents must")]
    {
        let text =
            refused(Config::from_parts(None, [], pairs(&[(name, "1")])), &format!("flag for {name}"), key);
        assert!(text.contains("config.toml"), "{text}");
    }
}
