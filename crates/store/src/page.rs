//! The form of all lists: items and a cursor.

/// Maximum number of rows of one page.
pub const MAX_PAGE: u32 = 200;

/// A part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T, C> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass it as cursor to get the following rows; none at the end.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Makes a page of up to `limit + 1` fetched rows. An extra row only shows that there are more.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

/// Limits a page size to the permitted range.
pub(crate) fn clamp(limit: u32) -> u32 {
    limit.clamp(1, MAX_PAGE)
}
