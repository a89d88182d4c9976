//! Settings written with a unit.

use std::time::Duration;

use super::*;

#[test]
fn durations_and_sizes_may_have_a_unit_in_every_source() {
    let text = "[daemon]\nshutdown_timeout = '1m'\n[security]\nsession_ttl = '24h'\nsession_absolute_lifetime = '3d'\n\
        approval_timeout = 900\nmax_body_bytes = '64KiB'\n[confirmation]\npoll_interval_ms = '2s'\n";
    let env = pairs(&[
        ("WAIAAS_SECURITY_MASTER_LOCKOUT_CAP_SECONDS", "15m"),
        ("WAIAAS_KEYSTORE_ARGON2_MEMORY", "1GiB"),
    ]);
    let flags = pairs(&[("prices.max_age_seconds", "90s"), ("security.max_body_bytes", "1MiB")]);
    let config = Config::from_parts(Some((Path::new("c.toml"), text)), env, flags).expect("config");
    assert_eq!(config.daemon.shutdown_timeout, 60);
    assert_eq!((config.security.session_ttl, config.security.session_absolute_lifetime), (86_400, 259_200));
    assert_eq!((config.security.approval_timeout, config.security.max_body_bytes), (900, 1_048_576));
    assert_eq!(config.confirmation.poll_interval(), Duration::from_secs(2));
    assert_eq!(config.security.master_lockout_cap_seconds, 900);
    assert_eq!((config.keystore.argon2_memory, config.prices.max_age_seconds), (1_048_576, 90));
}

#[test]
fn bounds_hold_after_the_conversion_and_are_named_with_their_unit() {
    for (key, text, bounds) in [
        ("security.session_ttl", "4m", "must be 300 to 2592000 seconds"),
        ("security.session_ttl", "31d", "must be 300 to 2592000 seconds"),
        ("security.approval_timeout", "299", "must be 300 to 86400 seconds"),
        ("confirmation.poll_interval_ms", "99ms", "must be 100 to 60000 milliseconds"),
        ("security.max_body_bytes", "11MiB", "must be 1024 to 10485760 bytes"),
        ("security.max_body_bytes", "1023B", "must be 1024 to 10485760 bytes"),
        ("keystore.argon2_memory", "63MiB", "must be 65536 to 1048576 KiB"),
        ("keystore.argon2_memory", "999999999999999999GiB", "must be "),
    ] {
        let place = format!("flag for {key}");
        refused(Config::from_parts(None, [], pairs(&[(key, text)])), &place, &format!("{key} {bounds}"));
        let (section, name) = key.split_once('.').expect("key");
        let text =
            if text.bytes().all(|b| b.is_ascii_digit()) { text.to_owned() } else { format!("'{text}'") };
        let place = "/data/config.toml: line 2";
        refused(file(&format!("[{section}]\n{name} = {text}\n")), place, &format!("{key} {bounds}"));
    }
}

#[test]
fn other_units_and_other_spellings_are_refused_with_the_units_there_are() {
    for text in ["1month", "1M", "1.5h", "1 h", "64KiB", "500ms", "-5m", "", "x"] {
        let result = file(&format!("[security]\nsession_ttl = '{text}'\n"));
        let text = refused(
            result,
            "/data/config.toml: line 2",
            "security.session_ttl must be a whole number of seconds",
        );
        assert!(text.ends_with("s, m, h, d"), "{text}");
    }
    // A number in quotes needs a unit; only in variables and flags is text without one a number.
    refused(
        file("[security]\nsession_ttl = '3600'\n"),
        "/data/config.toml",
        "must be a whole number of seconds",
    );
    // A unit for a setting without one.
    refused(file("[daemon]\nport = '1h'\n"), "/data/config.toml", "daemon.port must be a whole number");
    refused(
        file("[keystore]\nargon2_time = '3s'\n"),
        "/data/config.toml",
        "argon2_time must be a whole number",
    );
}

#[test]
fn explained_values_read_back_as_the_same_configuration() {
    let text = "[security]\nsession_ttl = '1h'\nmax_body_bytes = '64KiB'\n[confirmation]\npoll_interval_ms = '1500ms'\n";
    let first = file(text).expect("config");
    let of = |config: &Config, key: &str| {
        config.explained().iter().find(|setting| setting.key == key).expect(key).value.to_string()
    };
    for (key, value) in [
        ("security.session_ttl", "3600"),
        ("security.max_body_bytes", "65536"),
        ("confirmation.poll_interval_ms", "1500"),
    ] {
        assert_eq!(of(&first, key), value);
        let again = Config::from_parts(None, [], pairs(&[(key, value)])).expect("again");
        assert_eq!(of(&again, key), value);
    }
}
