//! The name that was probably meant.

/// The candidate nearest to `text`, if one is near enough to be a slip of the hand: at most a third of its
/// characters differ (Damerau-Levenshtein, which counts two swapped neighbours as one). Evaluation is passed over.
///
/// ```
/// assert_eq!(waiaas_core::nearest("prot", ["port", "hostname"]), Some("port"));
/// assert_eq!(waiaas_core::nearest("quite_another", ["port", "hostname"]), None);
/// ```
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any name there is; the comparison takes the product of both lengths.
    if text.len() > 64 {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let near = candidates.into_iter().filter_map(|candidate| {
        let distance = strsim::damerau_levenshtein(&text, &candidate.to_ascii_lowercase());
        let allowed = candidate.chars().count().div_ceil(3).min(4);
        (distance <= allowed && distance < candidate.chars().count()).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_of_the_hand_are_found_and_other_words_are_not() {
        let types = ["SPENDING_LIMIT", "ALLOWED_TOKENS", "WHITELIST", "RATE_LIMIT"];
        for (text, meant) in [
            ("SPENDINGLIMIT", Some("SPENDING_LIMIT")),
            ("spending_limit", Some("SPENDING_LIMIT")),
            ("SPENDING_LIMITS", Some("SPENDING_LIMIT")),
            ("WHITLEIST", Some("WHITELIST")),
            ("RATELIMIT", Some("RATE_LIMIT")),
            ("COOLDOWN", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, types), meant, "{text}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), types), None);
    }
}
