//! Rust source as text: its words and paths, without comments, strings and `#[cfg(test)]` modules.

/// Returns every path of a file that begins with `crate` or `super`.
pub(crate) fn paths(text: &str) -> Vec<Vec<String>> {
    let words = words(text);
    let mut found = uses(&words);
    let mut rest = words.as_slice();
    while let Some((word, after)) = rest.split_first() {
        if *word == "crate" || *word == "super" {
            let mut path = vec![(*word).to_owned()];
            let mut next = after;
            while let ["::", name, more @ ..] = next {
                if !is_name(name) {
                    break;
                }
                path.push((*name).to_owned());
                next = more;
            }
            found.push(path);
            rest = next;
        } else {
            rest = after;
        }
    }
    found.retain(|path| path.len() > 1 && matches!(path[0].as_str(), "crate" | "super"));
    found
}

/// Returns the paths of all `use` declarations, one by one.
pub(crate) fn uses(words: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if *word == "use" {
            rest = tree(after, &[], &mut found);
        }
    }
    found
}

/// Reads one tree of a `use` declaration; returns the words after it.
fn tree<'a, 'w>(words: &'w [&'a str], above: &[String], found: &mut Vec<Vec<String>>) -> &'w [&'a str] {
    let mut path = above.to_vec();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        match *word {
            "::" => rest = after,
            "{" => {
                rest = after;
                while let Some(next) = rest.first() {
                    match *next {
                        "}" => return &rest[1..],
                        "," => rest = &rest[1..],
                        _ => rest = tree(rest, &path, found),
                    }
                }
                return rest;
            }
            // The module itself; an alias does not matter here.
            "self" if !path.is_empty() => rest = after,
            "as" => rest = after.get(1..).unwrap_or_default(),
            "*" => {
                path.push("*".to_owned());
                rest = after;
            }
            name if is_name(name) => {
                path.push(name.to_owned());
                rest = after;
            }
            _ => break,
        }
    }
    found.push(path);
    rest
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Splits text into names, `::`, and single other characters.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            c if inside(c) => rest.find(|c| !inside(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            other => other.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        found.push(word);
        rest = after.trim_start();
    }
    found
}

/// Returns the text without comments, strings and `#[cfg(test)]` modules.
pub(crate) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => raw_string(rest),
            '"' => string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if skipped > 0 {
            out.push(' ');
            rest = &rest[skipped..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    without_tests(&out)
}

/// Returns the length of the string literal at the beginning.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of the raw string literal at the beginning; 0 if there is none.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let (begin, end) = (2 + hashes, format!("\"{}", "#".repeat(hashes)));
    text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len())
}

/// Returns the length of the character literal at the beginning; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_), _) => text[3..].find('\'').map_or(0, |at| at + 4),
        (Some(_), Some((at, '\'')), _) => at + 1,
        _ => 0,
    }
}

/// Removes modules that are compiled for tests only.
fn without_tests(text: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let Some((before, after)) = text.split_once(MARK) else { return text.to_owned() };
    let body = after.find('{').filter(|open| words(&after[..*open]).contains(&"mod"));
    let Some(open) = body.filter(|open| !after[..*open].contains(';')) else {
        return format!("{before}{}", without_tests(after));
    };
    let mut depth = 0_usize;
    for (at, c) in after.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return format!("{before}{}", without_tests(&after[at + 1..])),
            '}' => depth -= 1,
            _ => {}
        }
    }
    before.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> Vec<String> {
        paths(&code(text)).iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn paths_are_read_wherever_they_are() {
        let text = r##"
            // use crate::comment;
            /* crate::comment */
            use crate::a::{self, b::{C, D as E}, *};
            pub(crate) use super::f;
            fn g<'a>() -> crate::h::I { let _ = ("crate::text", r#"crate::"raw""#, '"', '\'', crate::j::k::<u8>()); }
        "##;
        let found = ["crate::a", "crate::a::b::C", "crate::a::b::D", "crate::a::*", "super::f"];
        let other = ["crate::a", "super::f", "crate::h::I", "crate::j::k"];
        assert_eq!(joined(text), [found.as_slice(), &other].concat());
    }

    #[test]
    fn modules_of_tests_do_not_count() {
        let text = "use crate::a; #[cfg(test)] mod tests { fn f() { crate::b::c(); } } use crate::d;\n\
                    #[cfg(test)] mod more; fn g() { crate::e(); }";
        assert_eq!(joined(text), ["crate::a", "crate::d", "crate::a", "crate::d", "crate::e"]);
    }
}
