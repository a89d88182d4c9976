//! Cycles of modules, which are forbidden in the crates and folders listed here.
//!
//! The source text is read, not compiled: paths that begin with `crate` or `super`, in `use` and elsewhere,
//! outside comments, strings and `#[cfg(test)]` modules. A name that a crate's root re-exports counts as the
//! module that defines it. Paths made by macros are not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::source::{code, paths, uses, words};
use crate::tools::root;

/// Folders whose modules have no cycle. Each has a `lib.rs` or a `mod.rs`.
const FOLDERS: &[&str] = &["crates/engine/src", "crates/engine/src/pipeline", "crates/store/src"];

/// The dependencies of each module, with a path that shows each.
type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// Returns every cycle, as lines to print.
pub(crate) fn find() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let edges = read(&root().join(folder)).with_context(|| format!("reading {folder}"))?;
        for cycle in components(&edges) {
            found.push(format!("modules of {folder} depend on each other: {}", list(&cycle)));
            for from in &cycle {
                let needed = edges.get(from).into_iter().flatten();
                for (to, example) in needed.filter(|(to, _)| cycle.contains(*to)) {
                    found.push(format!("  {from} -> {to}: {example}"));
                }
            }
        }
    }
    Ok(found)
}

fn list(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns the modules of a folder, with the modules that each depends on.
fn read(folder: &Path) -> Result<Edges> {
    let top = ["lib.rs", "mod.rs"].map(|name| folder.join(name)).into_iter().find(|path| path.is_file());
    let top = code(&fs::read_to_string(top.context("there is no lib.rs or mod.rs")?)?);
    let here = Here::of(folder, &top);
    let mut edges = Edges::new();
    for module in &here.modules {
        edges.entry(module.clone()).or_default();
        let mut files = vec![(folder.join(format!("{module}.rs")), vec![module.clone()])];
        collect(&folder.join(module), std::slice::from_ref(module), &mut files)?;
        for (file, place) in files.into_iter().filter(|(file, _)| file.is_file()) {
            let text = code(&fs::read_to_string(&file)?);
            let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
            for path in paths(&text) {
                if let Some(to) = here.module(&path, &place).filter(|to| to != module) {
                    let needed = edges.entry(module.clone()).or_default();
                    needed.entry(to).or_insert_with(|| format!("{name} has {}", path.join("::")));
                }
            }
        }
    }
    Ok(edges)
}

/// Adds the files under a module's own folder, each with the place of its module below `folder`.
fn collect(
    folder: &Path,
    place: &[String],
    files: &mut Vec<(std::path::PathBuf, Vec<String>)>,
) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let below: Vec<String> = place.iter().cloned().chain([name.clone()]).collect();
        match (path.is_dir(), name.as_str()) {
            (_, "tests") => {}
            (true, _) => collect(&path, &below, files)?,
            (false, "mod") => files.push((path, place.to_vec())),
            (false, _) => files.push((path, below)),
        }
    }
    Ok(())
}

/// A folder, as paths name it.
struct Here {
    /// Modules from the crate's root to the folder; none for the root itself.
    above: Vec<String>,
    modules: BTreeSet<String>,
    /// Names that the folder's own file re-exports, with the module that defines them.
    exports: BTreeMap<String, String>,
    /// The module whose names are all re-exported.
    all_of: Option<String>,
}

impl Here {
    fn of(folder: &Path, top: &str) -> Self {
        let parts = folder.iter().map(|part| part.to_string_lossy().into_owned());
        let above = parts.skip_while(|part| part != "src").skip(1).collect();
        let words: Vec<&str> = words(top);
        let modules = words.windows(3).filter(|three| three[0] == "mod" && three[2] == ";");
        let modules = modules.map(|three| three[1].to_owned()).collect();
        let mut here = Self { above, modules, exports: BTreeMap::new(), all_of: None };
        for mut path in uses(&words) {
            let at_home = path.first().is_some_and(|first| first == "self" || first == "crate");
            path.drain(..usize::from(at_home));
            let Some((module, [.., name])) =
                path.split_first().filter(|(first, _)| here.modules.contains(*first))
            else {
                continue;
            };
            match name.as_str() {
                "*" => here.all_of = Some(module.clone()),
                _ => drop(here.exports.insert(name.clone(), module.clone())),
            }
        }
        here
    }

    /// Returns the module of this folder that a path leads to, if the path is in the module at `place` below
    /// the folder.
    fn module(&self, path: &[String], place: &[String]) -> Option<String> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let absolute: Vec<String> = if supers > 0 {
            let from: Vec<&String> = self.above.iter().chain(place).collect();
            let kept = from.len().checked_sub(supers)?;
            from.into_iter().take(kept).chain(path.iter().skip(supers)).cloned().collect()
        } else {
            path.iter().skip(1).cloned().collect()
        };
        let name = absolute.strip_prefix(self.above.as_slice())?.first()?;
        if self.modules.contains(name) {
            return Some(name.clone());
        }
        self.exports.get(name).or(self.all_of.as_ref()).cloned()
    }
}

/// Returns the sets of modules in which each leads to every other.
fn components(edges: &Edges) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        edges.keys().map(|from| (from, reach(edges, from))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (from, to) in &reached {
        let back = |other: &&&String| reached.get(**other).is_some_and(|reached| reached.contains(from));
        let cycle: BTreeSet<String> = to.iter().filter(back).map(|name| (*name).clone()).collect();
        if !cycle.is_empty() && !found.contains(&cycle) {
            found.push(cycle);
        }
    }
    found
}

/// Returns every module that one leads to.
fn reach<'a>(edges: &'a Edges, from: &'a String) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for next in edges.get(module).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_module_of_the_folder() {
        let top = "mod a; pub mod b; mod views; pub use a::Thing; pub use views::*;";
        let here = Here::of(Path::new("crates/x/src"), top);
        let module = |path: &str, place: &[&str]| {
            let path: Vec<String> = path.split("::").map(str::to_owned).collect();
            let place: Vec<String> = place.iter().map(|part| (*part).to_owned()).collect();
            here.module(&path, &place)
        };
        assert_eq!(module("crate::b::c", &["a"]).as_deref(), Some("b"));
        assert_eq!(module("crate::Thing", &["b"]).as_deref(), Some("a"));
        assert_eq!(module("crate::Wallet", &["b"]).as_deref(), Some("views"));
        assert_eq!(module("super::super::b", &["a", "deep"]).as_deref(), Some("b"));
        assert_eq!(module("super::other", &["a", "deep"]).as_deref(), Some("a"));
        let inner = Here::of(Path::new("crates/x/src/a"), "mod one; mod two;");
        let path = ["crate", "a", "two", "f"].map(str::to_owned);
        assert_eq!(inner.module(&path, &["one".to_owned()]).as_deref(), Some("two"));
        assert_eq!(inner.module(&["crate", "b"].map(str::to_owned), &["one".to_owned()]), None);
    }

    #[test]
    fn cycles_are_found_and_trees_are_not() {
        let edge = |from: &str, to: &[&str]| {
            (from.to_owned(), to.iter().map(|to| ((*to).to_owned(), String::new())).collect())
        };
        let tree: Edges = [edge("a", &["b", "c"]), edge("b", &["c"]), edge("c", &[])].into();
        assert!(components(&tree).is_empty());
        let knot: Edges =
            [edge("a", &["b"]), edge("b", &["c"]), edge("c", &["a", "d"]), edge("d", &[])].into();
        assert_eq!(components(&knot), [["a", "b", "c"].map(str::to_owned).into()]);
    }
}
