//! The command line's output for people: lists, amounts, times and refusals.

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, OwnerKey, PASSWORD, generous_policy};
use serde_json::json;

use crate::cli::Home;
use crate::credential_matrix::unreachable_nodes;
use crate::operator::errors;

#[test]
fn a_refused_password_is_explained_in_words_of_the_command_line() -> Result<()> {
    let mut home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    home.env = vec![("WAIAAS_MASTER_PASSWORD", "not-the-password".to_owned())];
    let told = home.command(&["wallet", "list"])?.output()?;
    assert_eq!(told.status.code(), Some(4));
    let told = errors(&told);
    assert!(told.contains("WAIAAS_MASTER_PASSWORD_FILE") && !told.contains("X-Master-Password"), "{told}");
    Ok(())
}

#[test]
fn lists_fit_the_terminal_and_say_when_they_are_empty() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    let said = |arguments: &[&str], columns: &str| -> Result<String> {
        let output = home.command(arguments)?.env("COLUMNS", columns).output()?;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    let lists: [&[&str]; 5] = [
        &["wallet", "list"],
        &["policy", "list"],
        &["session", "list"],
        &["tx", "list"],
        &["change", "list"],
    ];
    for list in lists {
        let text = said(list, "80")?;
        assert!(text.lines().count() == 1 && text.trim_end().ends_with('.'), "{list:?}: {text}");
        let document = home.done(list)?;
        assert_eq!(document["data"], json!([]), "{list:?}: {document}");
    }
    home.done(&["quickset", "--mode", "testnet"])?;
    for list in &lists[..3] {
        for columns in ["60", "80", "400"] {
            let text = said(list, columns)?;
            let widest = text.lines().map(|line| line.chars().count()).max().context("lines")?;
            assert!(widest <= columns.parse()?, "{list:?} in {columns}: {text}");
            assert!(!text.contains('{'), "{list:?}: {text}");
        }
    }
    assert!(said(&["policy", "list"], "400")?.contains("Up to 10.00 USD at once"), "rules in sentences");
    let sessions = home.done(&["session", "list"])?;
    assert!(sessions["data"][0]["expiresAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{sessions}");
    Ok(())
}

#[test]
fn what_was_probably_meant_is_named() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    let limit = r#"{"instant_max_usd": 1, "instant_max_usd": 9}"#;
    let slip = r#"{"instant_max_us": 1}"#;
    let file = home.write("rules.json", limit)?.to_string_lossy().into_owned();
    let cases: [(&[&str], i32, &str); 8] = [
        (&["policy", "create", "SPENDING_LIMITS", "--rules", "{}"], 5, "did you mean SPENDING_LIMIT?"),
        (&["policy", "create", "SPENDING_LIMIT", "--rules", slip], 5, "did you mean 'instant_max_usd'?"),
        (&["policy", "create", "SPENDING_LIMIT", "--rules", "7"], 5, "an object"),
        (&["policy", "create", "RATE_LIMIT", "--network", "base-mainet", "--rules", "{}"], 5, "base-mainnet"),
        (&["policy", "create", "SPENDING_LIMIT", "--rules", limit], 2, "given twice"),
        (&["policy", "create", "SPENDING_LIMIT", "--rules-file", &file], 2, "given twice"),
        (&["tx", "list", "--status", "PENDING_APROVAL"], 2, "did you mean PENDING_APPROVAL?"),
        (&["start", "--set", "daemon.prot=1"], 6, "did you mean 'daemon.port'?"),
    ];
    for (arguments, code, named) in cases {
        let (ended, told) = home.json(arguments)?;
        assert_eq!(ended, code, "{arguments:?}: {told}");
        assert!(told.to_string().contains(named), "{arguments:?}: {told}");
    }
    let told = home.command(&["walet", "list"])?.output()?;
    assert!(told.status.code() == Some(2) && errors(&told).contains("wallet"), "{told:?}");
    Ok(())
}

#[test]
fn a_policy_that_is_there_is_named_with_the_command_that_changes_it() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    let made = home.done(&["quickset", "--mode", "testnet"])?;
    let row = made["policies"].as_array().into_iter().flatten().find(|row| row["type"] == "SPENDING_LIMIT");
    let id = row.and_then(|row| row["id"].as_str()).context("an id")?;
    let create = ["policy", "create", "SPENDING_LIMIT", "--wallet", "solana-testnet", "--rules"];
    let create = [&create[..], &[r#"{"instant_max_usd": 10}"#]].concat();
    let (code, refused) = home.json(&create)?;
    assert_eq!((code, &refused["code"]), (5, &json!("POLICY_ALREADY_EXISTS")), "{refused}");
    assert_eq!(refused["details"]["policyId"], json!(id), "{refused}");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains(id)), "{refused}");
    let told = errors(&home.command(&create)?.output()?);
    assert!(told.contains(&format!("waiaas policy update {id}")), "{told}");
    // An article goes with how the name is spoken.
    let tokens = r#"{"tokens": [{"address": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"}]}"#;
    let create = ["policy", "create", "ALLOWED_TOKENS", "--rules", tokens];
    home.done(&create)?;
    let told = errors(&home.command(&create)?.output()?);
    assert!(told.contains("an ALLOWED_TOKENS policy"), "{told}");
    Ok(())
}

#[test]
fn a_token_that_quickset_takes_out_of_the_file_is_named() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    let first = home.done(&["quickset", "--mode", "testnet"])?;
    assert_eq!(first["session"]["replaced"], json!(null), "{first}");
    let again = home.done(&["quickset", "--mode", "testnet"])?;
    assert_eq!((&again["session"]["reused"], &again["session"]["replaced"]), (&json!(true), &json!(null)));
    let sessions = home.done(&["session", "list"])?;
    let earlier = sessions["data"][0]["id"].as_str().context("a session")?.to_owned();
    let said = home.command(&["quickset", "--mode", "local"])?.output()?;
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    let said = String::from_utf8(said.stdout)?;
    assert!(
        said.contains("STILL WORKS") && said.contains(&format!("waiaas session revoke {earlier}")),
        "{said}"
    );
    // The file now has another session's token; once revoked, that one's end is told.
    let sessions = home.done(&["session", "list", "--wallet", "solana-local"])?;
    let second = sessions["data"][0]["id"].as_str().context("a session")?.to_owned();
    assert_ne!(second, earlier);
    home.done(&["session", "revoke", &second])?;
    let third = home.done(&["quickset", "--mode", "local"])?;
    let replaced = &third["session"]["replaced"];
    assert_eq!((&replaced["id"], &replaced["status"]), (&json!(second), &json!("REVOKED")), "{third}");
    Ok(())
}

#[test]
fn defaults_of_sessions_and_wallets_are_set_by_command() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    home.done(&["quickset", "--mode", "testnet"])?;
    let session = home.done(&["session", "list"])?["data"][0].clone();
    let id = session["id"].as_str().context("an id")?;
    assert_eq!(session["walletName"], "solana-testnet");
    let evm = home.done(&["wallet", "show", "evm-testnet"])?;
    let set = home.done(&["session", "default-wallet", id, "evm-testnet"])?;
    assert_eq!((&set["sessionId"], &set["walletId"]), (&json!(id), &evm["id"]));
    assert_eq!(home.done(&["session", "list"])?["data"][0]["walletName"], "evm-testnet");
    home.done(&["wallet", "create", "foreign"])?;
    assert_eq!(home.json(&["session", "default-wallet", id, "foreign"])?.0, 5, "not one of its wallets");

    assert_eq!(evm["network"], json!(null), "several could be meant");
    let set = home.done(&["wallet", "default-network", "evm-testnet", "base-sepolia"])?;
    assert_eq!(set["network"], "base-sepolia");
    assert_eq!(home.json(&["wallet", "default-network", "evm-testnet", "base-mainnet"])?.0, 5);
    let said = home.command(&["wallet", "list"])?.env("COLUMNS", "400").output()?;
    assert!(String::from_utf8(said.stdout)?.contains("base-sepolia"));
    let taken = home.done(&["wallet", "default-network", "evm-testnet", "--none"])?;
    assert_eq!(taken["network"], json!(null));
    assert_eq!(home.command(&["wallet", "default-network", "evm-testnet"])?.output()?.status.code(), Some(2));
    Ok(())
}

#[test]
fn the_rules_of_every_type_are_shown_without_a_daemon() -> Result<()> {
    let home = Home::new(None)?;
    let all = home.done(&["policy", "types"])?;
    let types: Vec<_> =
        all["data"].as_array().into_iter().flatten().filter_map(|row| row["type"].as_str()).collect();
    assert_eq!(types.len(), 21, "{all}");
    for name in types {
        let one = home.done(&["policy", "types", name])?;
        assert!(one["schema"]["properties"].is_object() && one["schema"]["example"].is_object(), "{one}");
    }
    let said = home.command(&["policy", "types", "spending_limit"])?.env("COLUMNS", "400").output()?;
    let said = String::from_utf8(said.stdout)?;
    for part in
        ["daily_limit_usd", "Length of a DELAY in seconds", "900", "policy create SPENDING_LIMIT --rules"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, told) = home.json(&["policy", "types", "SPENDING_LIMITS"])?;
    assert_eq!(code, 2);
    assert!(told.to_string().contains("did you mean SPENDING_LIMIT?"), "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_explained_in_sentences_that_fit() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let agent = Agent::create(&daemon, "solana").await?;
    let (to, other) = (OwnerKey::solana(5).address(), OwnerKey::solana(6).address());
    let operator = daemon.operator();
    operator.policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    operator.policy(&agent.wallet, "WHITELIST", json!({ "allowed_addresses": [other] })).await?;
    let refused = agent.send(&daemon, &to, "0.25").await?;
    let id = refused.body["details"]["transactionId"].as_str().context("a kept denial")?.to_owned();
    for command in [["tx", "show", id.as_str()], ["tx", "explain", id.as_str()]] {
        for columns in ["60", "100", "400"] {
            let said = daemon.cli_with(&command, &[("COLUMNS", columns)])?;
            assert_eq!(said.status.code(), Some(0), "{said:?}");
            let said = String::from_utf8(said.stdout)?;
            let most: usize = columns.parse()?;
            for line in said.lines() {
                // An id, an address or a hash stays in one piece.
                let long = line.split_whitespace().any(|word| word.chars().count() + 20 > most);
                assert!(long || line.chars().count() <= most, "{columns}: {line}");
            }
            assert!(!said.contains('{'), "no JSON: {said}");
            assert!(said.contains("0.25 SOL"), "{said}");
        }
    }
    let said = String::from_utf8(daemon.cli_with(&["tx", "explain", &id], &[("COLUMNS", "400")])?.stdout)?;
    for part in [
        "DENIED",
        "WHITELIST",
        "Up to 10.00 USD at once",
        "not asked",
        "none, so no approval was possible",
        "is the same.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let document = daemon.cli_json(&["tx", "explain", &id])?;
    assert!(document["facts"].is_object() && document["policies"].is_array(), "{document}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_not_followed_by_a_full_stop() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let agent = Agent::create(&daemon, "solana").await?;
    let body = json!({ "type": "TRANSFER", "too": OwnerKey::solana(5).address(), "to": "x", "amount": "1" });
    let answer = agent.api(&daemon).post("/v1/transactions/send", body).await?;
    let message = answer.body["message"].as_str().context("a message")?;
    assert!(message.ends_with("did you mean 'to'?"), "{message}");
    Ok(())
}
