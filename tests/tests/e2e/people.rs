//! What people read at the command line: lists, amounts, times and refusals.

use anyhow::{Context as _, Result};
use e2e::PASSWORD;
use serde_json::json;

use crate::cli::Home;
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
        (&["policy", "create", "SPENDING_LIMIT", "--rules", limit], 1, "given twice"),
        (&["policy", "create", "SPENDING_LIMIT", "--rules-file", &file], 1, "given twice"),
        (&["tx", "list", "--status", "PENDING_APROVAL"], 1, "did you mean PENDING_APPROVAL?"),
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
