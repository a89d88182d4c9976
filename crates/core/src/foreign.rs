//! Text that comes from elsewhere: characters that deceive a reader, and how an error repeats a text.

/// Maximum length of a text that is repeated in an error, in characters; a CAIP-19 id is shorter.
const LONGEST_NAME: usize = 100;

/// Foreign text, such as a name, as an error repeats it: shortened, and with everything but visible ASCII escaped,
/// so that no character is invisible, moves others or looks like another.
pub fn shown(name: &str) -> String {
    let mut text = String::new();
    for (i, c) in name.chars().enumerate() {
        if i == LONGEST_NAME {
            text.push('…');
            break;
        }
        match c {
            ' '..='~' if c != '\\' => text.push(c),
            _ => text.extend(c.escape_default()),
        }
    }
    text
}

/// Whether a character is a control other than tab and line ends, or shows nothing, or changes how
/// others are shown: Unicode's format characters (category Cf), line and paragraph separators, and the
/// fillers among the default ignorable code points (Unicode 16, DerivedCoreProperties).
pub const fn misleads(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control() && !matches!(character, '\n' | '\t' | '\r');
    }
    matches!(
        character,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character deceives the reader of a text of one line: it [`misleads`], or ends the line.
pub const fn deceives(character: char) -> bool {
    character.is_ascii_control() || misleads(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_without_hidden_characters() {
        assert_eq!(shown("walletId"), "walletId");
        assert_eq!(shown("eip155:1/erc20:0x00"), "eip155:1/erc20:0x00");
        assert_eq!(shown("a\u{202e}b\n\u{430}\\"), "a\\u{202e}b\\n\\u{430}\\\\");
        assert_eq!(shown(&"x".repeat(1000)), format!("{}…", "x".repeat(100)));
    }

    #[test]
    fn line_ends_deceive_in_one_line_only() {
        for c in ['\n', '\r', '\t'] {
            assert!(deceives(c) && !misleads(c));
        }
        for c in ['\u{0}', '\u{7f}', '\u{85}', '\u{200f}', '\u{202e}', '\u{2066}', '\u{feff}'] {
            assert!(deceives(c) && misleads(c));
        }
        assert!("Grüße, 世界 🙂".chars().all(|c| !deceives(c)));
    }
}
