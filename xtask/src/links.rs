//! Relative links and anchors in the Markdown files of the repository: each must resolve, and each page of
//! the book must be in its table of contents. A link of the book must lead to a page or file of the book,
//! because the rendered book contains nothing else; a file that a page includes is read in the page's place.
//! Links to other hosts are not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::tools::root;

/// The folder of the book's pages, and the page that lists them.
const BOOK: &str = "docs/src";
const SUMMARY: &str = "SUMMARY.md";
/// Folders without documentation of this repository.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// The relevant content of a Markdown file.
#[derive(Default)]
struct Page {
    /// The targets of its links, as written.
    links: Vec<String>,
    /// The anchors of its headings.
    anchors: BTreeSet<String>,
    /// Files that mdBook includes in it.
    included: Vec<String>,
}

/// Fails if a link does not resolve, or if a page of the book is not in its table of contents.
pub(crate) fn check() -> Result<()> {
    let root = root();
    let mut files = Vec::new();
    find(&root, &mut files)?;
    let mut pages = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        pages.insert(file.strip_prefix(&root)?.to_owned(), read(&text));
    }
    let broken = broken(&pages, |path| root.join(path).exists());
    if !broken.is_empty() {
        bail!("the documentation's links are broken:\n  {}", broken.join("\n  "));
    }
    Ok(())
}

/// Adds every Markdown file below a folder.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                find(&entry.path(), found)?;
            }
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn read(text: &str) -> Page {
    let mut page = Page::default();
    // The text of the current heading.
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let id = anchor(&heading.take().unwrap_or_default());
                // A repeated heading is numbered.
                let numbered = (1..).map(|number| format!("{id}-{number}"));
                let free = std::iter::once(id.clone()).chain(numbered).find(|id| !page.anchors.contains(id));
                page.anchors.extend(free);
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    let includes = text.lines().filter_map(|line| line.strip_prefix("{{#include ")?.strip_suffix("}}"));
    page.included = includes.map(|file| file.trim().to_owned()).collect();
    page
}

/// Returns the anchor of a heading, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || matches!(letter, '-' | '_') => Some(letter),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

/// Returns the faults of the links, one sentence each. Paths are relative to the repository's root.
fn broken(pages: &BTreeMap<PathBuf, Page>, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, page) in pages {
        let place = file.display();
        let wrong = page.links.iter().filter_map(|link| Some((link, fault(pages, file, link, &exists)?)));
        broken.extend(wrong.map(|(link, fault)| format!("{place}: {link} {fault}")));
        for included in &page.included {
            let Some(there) = join(file, included).and_then(|target| pages.get(&target)) else {
                broken.push(format!("{place} includes {included}, which does not exist"));
                continue;
            };
            let wrong =
                there.links.iter().filter_map(|link| Some((link, fault(pages, file, link, &exists)?)));
            broken.extend(wrong.map(|(link, fault)| format!("{place}: {link} of {included} {fault}")));
        }
    }
    let summary = Path::new(BOOK).join(SUMMARY);
    let links = pages.get(&summary).into_iter().flat_map(|page| &page.links);
    let listed: BTreeSet<_> = links.filter_map(|link| join(&summary, link)).collect();
    for page in pages.keys().filter(|page| page.starts_with(BOOK) && **page != summary) {
        if !listed.contains(page) {
            broken.push(format!("{} is not in {}", page.display(), summary.display()));
        }
    }
    broken
}

/// Returns the fault of a link in a file.
fn fault(
    pages: &BTreeMap<PathBuf, Page>,
    file: &Path,
    link: &str,
    exists: impl Fn(&Path) -> bool,
) -> Option<&'static str> {
    if leads_elsewhere(link) {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, id)| (path, Some(id)));
    let target = if path.is_empty() { Some(file.to_owned()) } else { join(file, path) };
    let Some(target) = target.filter(|target| exists(target)) else { return Some("leads nowhere") };
    if file.starts_with(BOOK) && !target.starts_with(BOOK) {
        return Some("leaves the book");
    }
    anchor.is_some_and(|anchor| !has_anchor(pages, &target, anchor)).then_some("names no heading")
}

/// Whether a link has a scheme, so that it leads to another host.
fn leads_elsewhere(link: &str) -> bool {
    link.split_once(':').is_some_and(|(scheme, _)| scheme.chars().all(|letter| letter.is_ascii_alphabetic()))
}

/// Whether the page, or a file included in it, has the heading.
fn has_anchor(pages: &BTreeMap<PathBuf, Page>, file: &Path, anchor: &str) -> bool {
    let Some(page) = pages.get(file) else { return false };
    let included = page.included.iter().filter_map(|included| pages.get(&join(file, included)?));
    std::iter::once(page).chain(included).any(|page| page.anchors.contains(anchor))
}

/// Returns the path that a link of a file names; none above the repository.
fn join(file: &Path, link: &str) -> Option<PathBuf> {
    let mut path = file.parent()?.to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_of_the_repository_resolve() {
        check().expect("the links resolve");
    }

    /// Returns the faults of pages with these texts, with `a.rs` beside them.
    fn found(texts: &[(&str, &str)]) -> Vec<String> {
        let pages: BTreeMap<_, _> =
            texts.iter().map(|(path, text)| (PathBuf::from(path), read(text))).collect();
        broken(&pages, |path| pages.contains_key(path) || path == Path::new("a.rs"))
    }

    #[test]
    fn links_that_resolve_are_right() {
        let texts = [
            (
                "README.md",
                "[a](docs/src/b.md#c-code-and-d) [b](#e) [c](a.rs) [d](https://x.org/y)\n# E\n# E\n[e](#e-1)",
            ),
            ("docs/src/b.md", "# C: `code` and *d*!\n[up](c.md), `[not](a-link.md)`\n```\n[nor](this)\n```"),
            ("NOTES.md", "# E\n# E\n[here](#e-1) [both](NOTES.md#e) [d](https://x.org/y)"),
            ("docs/src/c.md", "{{#include ../../NOTES.md}}\n"),
            ("docs/src/NOTES.md", "{{#include ../../NOTES.md}}\n"),
            ("docs/src/SUMMARY.md", "- [B](b.md)\n  - [C](c.md)\n- [C](c.md#e)\n- [N](NOTES.md)"),
        ];
        assert_eq!(found(&texts), Vec::<String>::new());
    }

    #[test]
    fn links_that_do_not_resolve_are_found() {
        for (link, wrong) in [
            ("b.md", "leads nowhere"),
            ("../README.md", "leads nowhere"),
            ("/a.rs", "leads nowhere"),
            ("#x", "names no heading"),
            ("a.rs#x", "names no heading"),
            ("README.md#e-1", "names no heading"),
        ] {
            let text = format!("# E\n[a]({link})");
            assert_eq!(found(&[("README.md", &text)]), [format!("README.md: {link} {wrong}")]);
        }
        let include = "{{#include ../gone.md}}";
        let lost = "docs/src/b.md includes ../gone.md, which does not exist";
        assert_eq!(found(&[("docs/src/b.md", include), ("docs/src/SUMMARY.md", "[b](b.md)")]), [lost]);
    }

    #[test]
    fn a_link_that_leaves_the_book_is_found() {
        let summary = ("docs/src/SUMMARY.md", "[B](b.md)");
        let texts = [("README.md", "# E"), ("docs/src/b.md", "[up](../../README.md#e)"), summary];
        assert_eq!(found(&texts), ["docs/src/b.md: ../../README.md#e leaves the book"]);
        let texts = [("README.md", "[a](a.rs)"), ("docs/src/b.md", "{{#include ../../README.md}}"), summary];
        assert_eq!(found(&texts), ["docs/src/b.md: a.rs of ../../README.md leads nowhere"]);
    }

    #[test]
    fn a_page_outside_the_table_of_contents_is_found() {
        let texts =
            [("docs/src/b.md", "# B"), ("docs/src/c.md", "# C"), ("docs/src/SUMMARY.md", "[B](b.md)")];
        assert_eq!(found(&texts), ["docs/src/c.md is not in docs/src/SUMMARY.md"]);
    }
}
