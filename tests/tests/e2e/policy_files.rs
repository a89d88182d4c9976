//! Policies as code, through the real binary: cases, comparisons, replays, and back into the daemon.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, OwnerKey};
use serde_json::{Value, json};

use crate::cli::Home;
use crate::credential_matrix::unreachable_nodes;
use crate::world::{SOL, World, solana_payee, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of a folder of the repository that end so, in order.
fn files(folder: &str, end: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder))? {
        let path = entry?.path().display().to_string();
        if path.ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Runs test files; all have to pass.
fn passes(home: &Home, files: &[String]) -> Result<Value> {
    let arguments: Vec<&str> =
        ["policy", "test"].into_iter().chain(files.iter().map(String::as_str)).collect();
    home.done(&arguments)
}

#[test]
fn the_templates_do_what_their_cases_say() -> Result<()> {
    let cases = files("policies", ".test.toml")?;
    let templates = files("policies", ".toml")?.len() - cases.len();
    assert_eq!((templates, cases.len()), (3, 3), "each template has its cases");
    let report = passes(&Home::new(None)?, &cases)?;
    assert!(report["passed"].as_u64().context("a number")? >= 30, "{report}");
    Ok(())
}

#[test]
fn every_type_has_cases_that_allow_that_refuse_and_at_the_boundary() -> Result<()> {
    let home = Home::new(None)?;
    let found = files("tests/policy-types", ".test.toml")?;
    let api: Value = serde_json::from_str(&std::fs::read_to_string(root().join("openapi.json"))?)?;
    let types = api["components"]["schemas"]["PolicyType"]["enum"].as_array().context("types")?;
    assert_eq!((types.len(), found.len()), (21, 21), "one file per type");
    for policy_type in types {
        let name = policy_type.as_str().context("a name")?;
        let file = root().join("tests/policy-types").join(format!("{}.test.toml", name.to_lowercase()));
        let report = passes(&home, &[file.display().to_string()])?;
        let cases = report["files"][0]["cases"].as_array().context("cases")?;
        let instant = |case: &Value| case["verdict"]["granted"]["tier"] == "INSTANT";
        // A refusal or a higher tier counts only if this very type is why. For CONTRACT_WHITELIST what is
        // granted at all takes the owner, for reasons of its own.
        let by = |case: &Value, list: &Value| {
            list.as_array().into_iter().flatten().any(|reason| reason["policyType"] == name) && !instant(case)
        };
        let refused = |case: &Value| {
            by(case, &case["verdict"]["denied"]) || by(case, &case["verdict"]["granted"]["reasons"])
        };
        assert!(cases.iter().any(instant), "{name}: nothing is allowed");
        assert!(cases.iter().any(refused), "{name}: nothing is refused or raised");
        let boundary = |case: &Value| case["name"].as_str().is_some_and(|name| name.contains("boundary"));
        assert!(cases.iter().any(boundary), "{name}: no boundary");
    }
    Ok(())
}

#[test]
fn a_case_that_fails_is_named_and_sets_the_exit_code() -> Result<()> {
    let home = Home::new(None)?;
    let file = home.path("a.test.toml");
    let case = |tier: &str| {
        format!(
            "[[policy]]\ntype = \"SPENDING_LIMIT\"\nrules = {{ instant_max_usd = 10 }}\n\
             [[case]]\nname = \"a coin\"\nsend = {{ to = \"0x1111111111111111111111111111111111111111\", \
             amount = \"1\" }}\ngiven = {{ assets = {{ ETH = {{ price = \"9\" }} }} }}\n\
             expect = {{ tier = \"{tier}\" }}\n"
        )
    };
    std::fs::write(&file, case("INSTANT"))?;
    let path = file.display().to_string();
    home.done(&["policy", "test", &path])?;
    std::fs::write(&file, case("DELAY"))?;
    let (code, report) = home.json(&["policy", "test", &path])?;
    let failed = &report["files"][0]["cases"][0];
    assert_eq!((code, &failed["passed"], &failed["got"]), (6, &json!(false), &json!("INSTANT")), "{report}");
    let output = home.command(&["policy", "test", &path])?.output()?;
    let printed = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(6));
    assert!(printed.contains("FAIL a coin") && printed.contains("expected: DELAY"), "{printed}");
    Ok(())
}

#[test]
fn a_bad_file_is_refused_with_file_key_and_reason() -> Result<()> {
    let home = Home::new(None)?;
    let file = home.path("bad.test.toml");
    let path = file.display().to_string();
    let case = "[[case]]\nname = \"x\"\neffects = []\nexpect = { tier = \"INSTANT\" }\n";
    for (written, at) in [
        ("[[case]]\nname = \"x\"\n".to_owned(), "expect"),
        (format!("{case}given = {{ ownr = \"NONE\" }}\n"), "case[0].given"),
        (
            format!(
                "{case}send = {{ to = \"0x1111111111111111111111111111111111111111\", amount = \"1\" }}\n"
            ),
            "case[0]",
        ),
        (format!("policies = \"missing.toml\"\n{case}"), "missing.toml"),
        (
            format!("[[policy]]\ntype = \"RATE_LIMIT\"\nrules = {{ max_requests = 1 }}\n{case}"),
            "window_seconds",
        ),
        (
            case.replace("effects = []", "effects = [{ effect = \"network_fee\", max = \"0x1\", maxx = 1 }]"),
            "maxx",
        ),
        (case.replace("INSTANT", "AT_ONCE"), "case[0].expect.tier"),
        (String::new(), "[[case]]"),
    ] {
        std::fs::write(&file, &written)?;
        let output = home.command(&["policy", "test", &path])?.output()?;
        let errors = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{written}{errors}");
        assert!(errors.contains(".toml") && errors.contains(at), "{at}: {errors}");
    }
    Ok(())
}

#[test]
fn a_diff_says_which_way_it_goes() -> Result<()> {
    let home = Home::new(None)?;
    let write = |name: &str, dollars: u32| -> Result<String> {
        let path = home.path(name);
        let row = "[[policy]]\ntype = \"SPENDING_LIMIT\"\nrules = { instant_max_usd = ";
        std::fs::write(&path, format!("{row}{dollars} }}\n"))?;
        Ok(path.display().to_string())
    };
    let (small, large) = (write("small.toml", 1)?, write("large.toml", 2)?);
    for (old, new, overall, code) in
        [(&small, &small, "same", 0), (&large, &small, "tighter", 0), (&small, &large, "looser", 6)]
    {
        assert_eq!(home.done(&["policy", "diff", old, new])?["overall"], overall);
        let (exit, diff) = home.json(&["policy", "diff", old, new, "--deny-looser"])?;
        assert_eq!((exit, &diff["overall"]), (code, &json!(overall)), "{diff}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_finds_what_a_candidate_would_have_decided() -> Result<()> {
    let world = World::solana().await?;
    let (to, stranger) = (solana_payee(9), solana_payee(8));
    world.policy("SPENDING_LIMIT", json!({ "instant_max_usd": 100_000 })).await?;
    world.policy("WHITELIST", json!({ "allowed_addresses": [to] })).await?;
    let tenth = (SOL / 10).to_string();
    for _ in 0..2 {
        world.send(&to, &tenth).await?.expect(201)?;
    }
    let denied = world.send(&stranger, &tenth).await?;
    assert_eq!(denied.status, 403, "{}", denied.body);

    let file = world.daemon.data_dir().join("candidate.toml");
    let path = file.display().to_string();
    let replay = |rows: String| -> Result<Value> {
        std::fs::write(&file, rows)?;
        world.daemon.cli_json(&["policy", "replay", &path, "--since", "1h"])
    };
    let limit = "[[policy]]\ntype = \"SPENDING_LIMIT\"\nrules = { instant_max_usd = 100000 }\n";
    let white = format!("[[policy]]\ntype = \"WHITELIST\"\nrules = {{ allowed_addresses = [\"{to}\"] }}\n");
    let same = replay(format!("{limit}{white}"))?;
    assert_eq!((&same["decisions"], &same["changed"]), (&json!(3), &json!(0)), "{same}");

    // Without the list the stranger is paid; the count of requests was not needed then, and it is known.
    let rate = "[[policy]]\ntype = \"RATE_LIMIT\"\nrules = { max_requests = 1, window_seconds = 3600 }\n";
    let other = replay(format!("{limit}{rate}"))?;
    assert_eq!((&other["changed"], &other["notKnown"]), (&json!(1), &json!(0)), "{other}");
    let example = &other["examples"][0];
    assert_eq!((&example["was"], &example["is"]), (&json!("INSTANT"), &json!("DENIED")), "{example}");
    assert!(other["newlyDeniedUsd"].as_f64().context("dollars")? > 0.0, "{other}");
    let open = replay(limit.to_owned())?;
    // The stranger was denied before the coin's price was asked, so the price is not known now.
    let unknown = &open["examples"][0];
    assert_eq!((&unknown["was"], &unknown["is"]), (&json!("DENIED"), &json!("UNKNOWN")), "{open}");
    assert_eq!((&open["unknown"], &open["notKnown"]), (&json!(1), &json!(1)), "{open}");
    assert_eq!((&open["changed"], &open["unpriced"], &unknown["usd"]), (&json!(0), &json!(0), &json!(null)));
    let said = world.daemon.cli(&["policy", "replay", &path, "--since", "1h"])?;
    let said = String::from_utf8(said.stdout)?;
    assert!(said.contains("UNKNOWN") && said.contains("denied before prices were asked"), "{said}");
    assert!(!said.contains("at best"), "{said}");
    // The old list can be judged without a price: it denies again.
    let again = replay(white.clone())?;
    assert_eq!(again["unknown"], json!(0), "{again}");
    let nothing = replay(String::new())?;
    assert_eq!(nothing["changed"], json!(2), "an empty set denies everything: {nothing}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_and_applied_is_the_same() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", json!({ "instant_max_usd": 10, "daily_limit_usd": 45.5 })).await?;
    let file = world.daemon.data_dir().join("exported.toml");
    let path = file.display().to_string();
    let export =
        || -> Result<String> { Ok(String::from_utf8(world.daemon.cli(&["policy", "export"])?.stdout)?) };
    let first = export()?;
    std::fs::write(&file, &first)?;
    let again = world.daemon.cli_json(&["policy", "apply", &path])?;
    assert_eq!((&again["steps"], &again["diff"]["overall"]), (&json!([]), &json!("same")), "{again}");
    assert_eq!(export()?, first);

    // One row more, first only shown, then applied; then taken away again.
    let more = format!(
        "{first}\n[[policy]]\ntype = \"RATE_LIMIT\"\nrules = {{ max_requests = 5, window_seconds = 60 }}\n"
    );
    let longer = world.daemon.data_dir().join("longer.toml").display().to_string();
    std::fs::write(&longer, &more)?;
    let shown = world.daemon.cli_json(&["policy", "apply", &longer, "--dry-run"])?;
    assert_eq!((&shown["steps"], &shown["diff"]["overall"]), (&json!([]), &json!("tighter")), "{shown}");
    assert_eq!(export()?, first, "a dry run changes nothing");
    let applied = world.daemon.cli_json(&["policy", "apply", &longer])?;
    assert_eq!(text(&applied["steps"][0], "what")?, "create", "{applied}");
    let diff = world.daemon.cli_json(&["policy", "diff", "--installed", &path])?;
    assert_eq!(diff["overall"], "looser", "{diff}");
    world.daemon.cli_json(&["policy", "apply", &path])?;
    assert_ne!(export()?, first, "without --prune nothing is deleted");
    let pruned = world.daemon.cli(&["policy", "apply", &path, "--prune"])?;
    assert_eq!(pruned.status.code(), Some(2), "what deletes a row is confirmed: {pruned:?}");
    assert_ne!(export()?, first, "nothing was deleted");
    world.daemon.cli_json(&["policy", "apply", &path, "--prune", "--yes"])?;
    assert_eq!(export()?, first);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_tightens_first_and_what_loosens_waits_for_a_proved_owner() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let (operator, owner) = (daemon.operator(), OwnerKey::evm(3)?);
    let agent = Agent::create(&daemon, "solana").await?;
    let (kept, gone) = (OwnerKey::solana(21).address(), OwnerKey::solana(22).address());
    let up_to = |dollars: u32| json!({ "instant_max_usd": dollars, "notify_max_usd": dollars, "delay_max_usd": dollars });
    operator.policy(&agent.wallet, "SPENDING_LIMIT", up_to(10)).await?;
    operator.policy(&agent.wallet, "WHITELIST", json!({ "allowed_addresses": [kept, gone] })).await?;
    agent.lock_owner(&daemon, &owner).await?;

    // The loosening row stands first in the file.
    let wallet = &agent.wallet;
    let rows = format!(
        "[[policy]]\ntype = \"SPENDING_LIMIT\"\nwallet = \"{wallet}\"\n\
         rules = {{ instant_max_usd = 500, notify_max_usd = 500, delay_max_usd = 500 }}\n\
         [[policy]]\ntype = \"WHITELIST\"\nwallet = \"{wallet}\"\nrules = {{ allowed_addresses = [\"{kept}\"] }}\n"
    );
    let file = daemon.data_dir().join("wanted.toml");
    std::fs::write(&file, rows)?;
    let path = file.display().to_string();
    let output = daemon.cli(&["--json", "policy", "apply", &path])?;
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let applied: Value = serde_json::from_slice(&output.stdout)?;
    let steps = applied["steps"].as_array().context("steps")?;
    let types: Vec<_> = steps.iter().map(|step| &step["type"]).collect();
    assert_eq!(types, ["WHITELIST", "SPENDING_LIMIT"], "{applied}");
    assert_eq!(steps[0].get("waits"), None, "{applied}");
    let rules = || async {
        let listed = operator.get("/v1/policies?limit=200").await?.expect(200)?;
        let of = |name: &str| {
            let rows = listed["data"].as_array().into_iter().flatten();
            rows.filter(|row| row["type"] == name).map(|row| row["rules"].clone()).collect::<Vec<_>>()
        };
        let most: Vec<_> =
            of("SPENDING_LIMIT").iter().map(|rules| rules["instant_max_usd"].as_f64()).collect();
        let allowed: Vec<_> =
            of("WHITELIST").iter().map(|rules| rules["allowed_addresses"].clone()).collect();
        anyhow::Ok((most, allowed))
    };
    assert_eq!(rules().await?, (vec![Some(10.0)], vec![json!([kept])]), "only what tightens is in force");

    // The owner's signature brings the rest into force, and nothing is left to apply.
    let change = operator.get(&format!("/v1/changes/{}", text(&steps[1], "waits")?)).await?.expect(200)?;
    owner.agrees(&daemon.anonymous(), &change).await?.expect(200)?;
    assert_eq!(rules().await?, (vec![Some(500.0)], vec![json!([kept])]));
    let again = daemon.cli_json(&["policy", "apply", &path])?;
    assert_eq!(again["diff"]["overall"], "same", "{again}");
    Ok(())
}
