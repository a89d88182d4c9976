//! Folders of code that makes no requests. Belongs here: their list, and the words that no file in them may
//! contain.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::source::{code, paths, words};
use crate::tools::root;

/// The pure half of each chain.
const FOLDERS: &[&str] = &["crates/chains/src/evm/codec", "crates/chains/src/solana/codec"];
/// Words of code that waits, or can fail because of a node.
const WORDS: &[&str] = &["async", "await", "tokio", "futures_util", "reqwest", "ChainError"];
/// Modules that make requests.
const MODULES: &[&str] = &["rpc", "node", "price"];

/// Returns one sentence for each word that is not allowed in a file.
pub(crate) fn find() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        read(&root().join(folder), &mut found).with_context(|| format!("reading {folder}"))?;
    }
    Ok(found)
}

fn read(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            let named = asking(&fs::read_to_string(&path)?);
            found.extend(
                named.iter().map(|what| format!("{name} makes no requests and must not name {what}")),
            );
        }
    }
    Ok(())
}

/// Returns the words and paths in the text of a file that are not allowed.
fn asking(text: &str) -> Vec<String> {
    let text = code(text);
    let mut found: Vec<String> =
        words(&text).into_iter().filter(|word| WORDS.contains(word)).map(str::to_owned).collect();
    let asks = |path: &Vec<String>| path.iter().any(|part| MODULES.contains(&part.as_str()));
    found.extend(paths(&text).into_iter().filter(asks).map(|path| path.join("::")));
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_and_requests_are_found() {
        let text = "use crate::rpc::RpcPool; use super::node::rpc::Node; // ChainError\n\
                    async fn f() -> Result<(), crate::ChainError> { let node = \"tokio\"; g().await }";
        let found = ["ChainError", "async", "await", "crate::rpc::RpcPool", "super::node::rpc::Node"];
        assert_eq!(asking(text), found);
        assert!(asking("use crate::CodecError; fn node(rpc: u8) -> u8 { rpc }").is_empty());
    }
}
