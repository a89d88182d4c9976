//! A page of the documentation: its blocks of commands, and the texts that it says they print.

use anyhow::{Result, bail};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// Where a block can be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `sh`: anywhere.
    Anywhere,
    /// `sh,network`: where a public network answers.
    Network,
}

/// A block of commands.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Block {
    /// Its number on the page, from 1.
    pub(super) number: usize,
    pub(super) kind: Kind,
    pub(super) text: String,
    /// What it prints: in the first sentence after `Expected:`, the texts in backquotes.
    pub(super) printed: Vec<String>,
}

/// How the languages of the other blocks are called. A block of commands under another name would never be run.
const OTHERS: [&str; 4] = ["text", "toml", "json", "http"];

/// The blocks of commands of a page, or of one of its sections.
pub(super) fn blocks(page: &str, section: Option<&str>) -> Result<Vec<Block>> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut number = 0;
    let mut within = section.is_none();
    let mut code = None;
    let mut heading: Option<String> = None;
    let mut sentence = Sentence::None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, .. }) => {
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = heading.take();
                within = section.is_none() || heading.as_deref().map_or(within, |name| Some(name) == section);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                code = kind(&info)?.map(|kind| (kind, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((kind, text)) = code.take().filter(|_| within) {
                    number += 1;
                    blocks.push(Block { number, kind, text, printed: Vec::new() });
                }
            }
            Event::Start(Tag::Paragraph) => sentence = Sentence::Beginning,
            Event::Text(text) => {
                if let Some((_, code)) = &mut code {
                    code.push_str(&text);
                }
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                sentence = sentence.after(&text);
            }
            Event::Code(text) if sentence == Sentence::Expected && within => {
                if let Some(block) = blocks.last_mut() {
                    block.printed.push(text.into_string());
                }
            }
            _ => {}
        }
    }
    Ok(blocks)
}

/// What kind of block of commands this is, if it is one.
fn kind(info: &str) -> Result<Option<Kind>> {
    match info {
        "sh" => Ok(Some(Kind::Anywhere)),
        "sh,network" => Ok(Some(Kind::Network)),
        other if OTHERS.contains(&other) => Ok(None),
        other => bail!("a block is marked {other:?}; commands are marked sh or sh,network"),
    }
}

/// Where in a paragraph we are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sentence {
    None,
    Beginning,
    Expected,
}

impl Sentence {
    /// After this text, which holds no code and no end of line.
    fn after(self, text: &str) -> Self {
        let rest = match self {
            Self::None => return Self::None,
            Self::Beginning => text.strip_prefix("Expected:"),
            Self::Expected => Some(text),
        };
        match rest {
            Some(rest) if !rest.contains(". ") && !rest.ends_with('.') => Self::Expected,
            Some(_) | None => Self::None,
        }
    }
}

/// Whether an output has a text, in which `…` stands for anything.
pub(super) fn prints(output: &str, text: &str) -> bool {
    let mut rest = output;
    text.split('…').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn blocks_are_read_with_what_they_print() -> Result<()> {
    let page = "# A\n\n```sh\none\n```\n\nExpected: `1`, then\n`… is 2`. Not `3`.\n\n## B\n\n```text\nno\n```\n\n\
        ```sh,network\ntwo\n\nmore\n```\n\nText with `code`.\n\n### C\n\n```sh\nthree\n```\n\nExpected: no `…`\n";
    let block = |number, kind, text: &str, printed: &[&str]| Block {
        number,
        kind,
        text: text.to_owned(),
        printed: printed.iter().map(|&text| text.to_owned()).collect(),
    };
    let one = block(1, Kind::Anywhere, "one\n", &["1", "… is 2"]);
    let two = |number| block(number, Kind::Network, "two\n\nmore\n", &[]);
    let three = |number| block(number, Kind::Anywhere, "three\n", &["…"]);
    assert_eq!(blocks(page, None)?, [one, two(2), three(3)]);
    assert_eq!(blocks(page, Some("B"))?, [two(1), three(2)], "a section has its own numbers");
    for info in ["", "bash", "sh,norun", "console"] {
        assert!(blocks(&format!("```{info}\nrm x\n```\n"), None).is_err(), "{info:?}");
    }
    Ok(())
}

#[test]
fn an_ellipsis_stands_for_anything() {
    assert!(prints("Wrote /a/b (12 bytes).\n", "Wrote …/b (… bytes)."));
    assert!(!prints("Wrote /a/b (12 bytes).\n", "Wrote …/c (… bytes)."));
    assert!(!prints("b a", "a…b"));
}
