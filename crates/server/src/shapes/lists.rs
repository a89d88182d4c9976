//! Pages of lists.

use waiaas_api::page::{All, Items, Listing};
use waiaas_engine::{Page, Paged};

use crate::problem::Failure;

pub(crate) fn listing<A, B>(paged: Paged<A>, shape: impl FnMut(A) -> B) -> Listing<B> {
    Listing {
        has_more: paged.next_cursor.is_some(),
        data: paged.items.into_iter().map(shape).collect(),
        next_cursor: paged.next_cursor,
        total: paged.total,
    }
}

pub(crate) fn items<A, B: Clone>(paged: Paged<A>, shape: impl FnMut(A) -> B) -> Items<B> {
    let data: Vec<B> = paged.items.into_iter().map(shape).collect();
    Items {
        has_more: paged.next_cursor.is_some(),
        items: data.clone(),
        data,
        cursor: paged.next_cursor.clone(),
        next_cursor: paged.next_cursor,
    }
}

/// A list without pages.
pub(crate) fn all<T: Clone>(data: Vec<T>) -> All<T> {
    All { items: data.clone(), data }
}

/// The requested page of a list in memory. The cursor is the id of the last entry of the previous page.
pub(crate) fn slice<T>(all: Vec<T>, page: &Page, id: impl Fn(&T) -> String) -> Result<Paged<T>, Failure> {
    let total = u64::try_from(all.len()).ok();
    let start = match &page.cursor {
        None => 0,
        Some(cursor) => all
            .iter()
            .position(|entry| id(entry) == *cursor)
            .map(|at| at.saturating_add(1))
            .ok_or_else(|| Failure::issue("cursor", "invalid", "not a cursor of this list"))?,
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = all.len().saturating_sub(start) > limit;
    let items: Vec<T> = all.into_iter().skip(start).take(limit).collect();
    let next_cursor = items.last().filter(|_| more).map(id);
    Ok(Paged { items, next_cursor, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_to_the_whole() {
        let all = || (0..5).collect::<Vec<u32>>();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = Page { cursor, limit: 2 };
            let part = slice(all(), &page, u32::to_string).expect("page");
            assert_eq!(part.total, Some(5));
            seen.extend(part.items);
            cursor = part.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all());
        let foreign = Page { cursor: Some("9".into()), limit: 2 };
        assert!(slice(all(), &foreign, u32::to_string).is_err());
        let exact = Page { cursor: None, limit: 5 };
        assert_eq!(slice(all(), &exact, u32::to_string).expect("page").next_cursor, None);
    }
}
