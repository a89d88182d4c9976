//! Commands that destroy or loosen show the change, and make it only when it is confirmed.

use std::process::Output;

use anyhow::{Context as _, Result};
use e2e::{PASSWORD, at_a_terminal};
use serde_json::{Value, json};

use crate::cli::Home;
use crate::operator::errors;

/// A daemon with a wallet named `main`.
fn home() -> Result<(Home, crate::cli::Running)> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let running = home.start(&[])?;
    home.done(&["wallet", "create", "main", "--chain", "ethereum", "--mode", "local"])?;
    Ok((home, running))
}

fn policy(home: &Home, policy_type: &str, rules: &Value) -> Result<String> {
    let rules = rules.to_string();
    let made = home.done(&["policy", "create", policy_type, "--wallet", "main", "--rules", &rules])?;
    Ok(made["id"].as_str().context("an id")?.to_owned())
}

/// The output for a person who types this.
fn typed(home: &Home, arguments: &[&str], answer: &str) -> Result<Output> {
    at_a_terminal(&mut home.command(arguments)?, answer)
}

#[test]
fn rules_that_allow_more_are_compared_and_confirmed() -> Result<()> {
    let (home, _running) = home()?;
    let limit =
        json!({ "instant_max_usd": 10, "delay_max_usd": 200, "daily_limit_usd": 200, "delay_seconds": 3600 });
    let id = policy(&home, "SPENDING_LIMIT", &limit)?;
    let rules = || -> Result<Value> { Ok(home.done(&["policy", "show", &id])?["rules"].clone()) };
    let before = rules()?;

    // A change that only tightens needs no confirmation, in scripts neither.
    let tighter =
        json!({ "instant_max_usd": 5, "delay_max_usd": 200, "daily_limit_usd": 200, "delay_seconds": 3600 });
    let done = home.command(&["policy", "update", &id, "--rules", &tighter.to_string()])?.output()?;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let told = errors(&done);
    assert!(told.contains("~ instant_max_usd 10") && told.contains("(tighter)"), "{told}");
    assert!(told.contains("SPENDING_LIMIT of wallet main on all networks, changed: tighter"), "{told}");
    let tightened = rules()?;
    assert_ne!(tightened, before);

    // A change that allows more, or leaves a limit out, needs a confirmation; a script is told how.
    let looser = json!({ "instant_max_usd": 50, "delay_max_usd": 200 }).to_string();
    let update = ["policy", "update", &id, "--rules", &looser];
    let (code, refused) = home.json(&update)?;
    assert_eq!((code, &refused["code"]), (2, &json!("CLI_ERROR")), "{refused}");
    let message = refused["message"].as_str().context("a message")?;
    assert!(message.contains("nothing was done") && message.contains("--yes"), "{message}");
    let told = errors(&home.command(&update)?.output()?);
    for part in ["~ instant_max_usd", "- daily_limit_usd", "~ delay_seconds 3600 -> 900", "(looser)"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let no = typed(&home, &update, "no\n")?;
    assert_eq!(no.status.code(), Some(1), "{no:?}");
    assert!(errors(&no).contains("Type yes") && errors(&no).contains("- daily_limit_usd"), "{no:?}");
    assert_eq!(rules()?, tightened, "nothing was done");
    let yes = typed(&home, &update, "yes\n")?;
    assert_eq!(yes.status.code(), Some(0), "{yes:?}");
    assert!(rules()?["daily_limit_usd"].is_null());
    let raise = json!({ "instant_max_usd": 70, "delay_max_usd": 200 }).to_string();
    home.done(&["policy", "update", &id, "--rules", &raise, "--yes"])?;

    // The same for switching it off and for the order of reports.
    assert_eq!(home.json(&["policy", "update", &id, "--priority", "3"])?.0, 0, "judges alike");
    let list = policy(&home, "WHITELIST", &json!({ "allowed_addresses": [OTHER, ANOTHER] }))?;
    assert_eq!(home.json(&["policy", "update", &list, "--enabled", "false"])?.0, 2);
    let longer = json!({ "allowed_addresses": [ANOTHER, THIRD] }).to_string();
    let told = errors(&home.command(&["policy", "update", &list, "--rules", &longer])?.output()?);
    assert!(told.contains(&format!("without \"{OTHER}\" with \"{THIRD}\"")), "{told}");
    Ok(())
}

const OTHER: &str = "0x00000000000000000000000000000000000000A1";
const ANOTHER: &str = "0x00000000000000000000000000000000000000A2";
const THIRD: &str = "0x00000000000000000000000000000000000000A3";

#[test]
fn what_is_deleted_is_confirmed() -> Result<()> {
    let (home, _running) = home()?;
    let id = policy(&home, "RATE_LIMIT", &json!({ "max_requests": 5, "window_seconds": 60 }))?;
    let delete = ["policy", "delete", &id];
    let (code, refused) = home.json(&delete)?;
    assert_eq!(code, 2, "{refused}");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("RATE_LIMIT of wallet main")));
    assert_eq!(home.done(&["policy", "show", &id])?["id"], json!(id), "it is still there");
    let yes = typed(&home, &delete, "yes\n")?;
    assert_eq!(yes.status.code(), Some(0), "{yes:?}");
    assert!(errors(&yes).contains("max_requests"), "what goes: {yes:?}");
    assert_eq!(home.json(&["policy", "show", &id])?.0, 5);
    // A missing thing needs no confirmation.
    assert_eq!(home.json(&delete)?.0, 5);
    Ok(())
}

#[test]
fn a_wallet_is_not_ended_by_a_slip() -> Result<()> {
    let (home, _running) = home()?;
    let status = || -> Result<Value> { Ok(home.done(&["wallet", "show", "main"])?["status"].clone()) };
    let address =
        home.done(&["wallet", "show", "main"])?["address"].as_str().context("an address")?.to_owned();
    let end = ["wallet", "terminate", "main"];
    assert_eq!(home.json(&end)?.0, 2);
    let no = typed(&home, &end, "y\n")?;
    assert_eq!((no.status.code(), status()?), (Some(1), json!("ACTIVE")), "{no:?}");
    let told = errors(&no);
    for part in ["cannot be undone", "move it first", address.as_str(), "evm-localnet"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let yes = typed(&home, &end, "yes\n")?;
    assert_eq!((yes.status.code(), status()?), (Some(0), json!("TERMINATED")), "{yes:?}");
    assert!(String::from_utf8(yes.stdout)?.contains(&address));
    assert_eq!(home.json(&end)?.0, 5, "already");
    home.done(&["wallet", "create", "second", "--chain", "ethereum", "--mode", "local"])?;
    assert_eq!(home.done(&["wallet", "terminate", "second", "--yes"])?["status"], "TERMINATED");
    Ok(())
}
