//! Lists.

/// The requested part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The cursor returned with the previous page.
    pub cursor: Option<String>,
    /// The most items.
    pub limit: u32,
}

/// Part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Paged<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
    /// The number of all items, if requested.
    pub total: Option<u64>,
}
