//! Lists.

/// Which part of a list is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Most items wanted.
    pub limit: u32,
}

/// Part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts, if there is one.
    pub next_cursor: Option<String>,
    /// How many there are in all, where that was asked for.
    pub total: Option<u64>,
}
