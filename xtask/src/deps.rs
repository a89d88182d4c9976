//! The permitted dependencies of each crate: a crate exists because of its restrictions. Within some crates,
//! no modules may depend on each other ([`cycles`]), and some make no requests ([`pure`]).

use anyhow::{Context as _, Result, bail};

use crate::tools::root;
use crate::{cycles, pure};

/// Crate, workspace members it may use, third-party crates it must not use directly.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("core", &[], &["tokio", "sqlx", "reqwest", "axum", "rand", "getrandom", "tracing"]),
    ("keys", &["core"], &["sqlx", "reqwest", "axum", "tokio"]),
    ("chains", &["core", "outbound"], &["sqlx", "axum"]),
    ("store", &["core"], &["reqwest", "axum"]),
    ("outbound", &[], &["sqlx", "axum"]),
    ("channels", &["core", "outbound"], &["sqlx", "axum", "reqwest"]),
    (
        "engine",
        &["core", "keys", "chains", "store", "api", "outbound", "channels"],
        &["axum", "clap", "sqlx", "reqwest"],
    ),
    ("api", &["core"], &["sqlx", "axum"]),
    ("server", &["engine", "api", "core"], &["sqlx"]),
    ("cli", &["server", "engine", "api"], &["sqlx", "alloy-consensus", "solana-message"]),
];

/// Third-party crates that only some crates may use, with these crates.
const FEW: &[(&str, &[&str])] =
    &[("getrandom", &["keys"]), ("rand", &[]), ("rand_core", &[]), ("fastrand", &[])];

/// Fails if a manifest breaks a rule, a crate has no rule, modules depend on each other, or a module that
/// makes no requests names one that does.
pub(crate) fn check() -> Result<()> {
    let mut broken = cycles::find()?;
    broken.extend(pure::find()?);
    for entry in std::fs::read_dir(root().join("crates")).context("reading crates/")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some((_, allowed, banned)) = RULES.iter().find(|(crate_name, ..)| *crate_name == name) else {
            broken.push(format!("crates/{name} has no rule in xtask/src/deps.rs"));
            continue;
        };
        for dependency in dependencies(&name)? {
            match dependency.strip_prefix("waiaas-") {
                Some(member) if !allowed.contains(&member) => {
                    broken.push(format!("{name} must not depend on {member}"));
                }
                None if banned.contains(&dependency.as_str()) || is_of_others(&dependency, &name) => {
                    broken.push(format!("{name} must not use {dependency}"));
                }
                _ => {}
            }
        }
    }
    if !broken.is_empty() {
        bail!("dependency rules broken:\n  {}", broken.join("\n  "));
    }
    Ok(())
}

/// Whether `FEW` permits this dependency to other crates only.
fn is_of_others(dependency: &str, name: &str) -> bool {
    FEW.iter().any(|(few, users)| *few == dependency && !users.contains(&name))
}

/// Returns the normal dependencies of a crate, from its manifest.
fn dependencies(name: &str) -> Result<Vec<String>> {
    let path = root().join("crates").join(name).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let manifest: toml::Table = text.parse().with_context(|| format!("parsing {}", path.display()))?;
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    Ok(table.into_iter().flat_map(|t| t.keys().cloned()).collect())
}
