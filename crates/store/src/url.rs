//! The location of the database. Never shown as a whole: a PostgreSQL URL may contain a password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use thiserror::Error;

/// A database to open: `sqlite:PATH` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub(crate) Target);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Not a database URL that this daemon can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UrlError {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("a database URL is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")]
    Scheme,
    /// No path, an in-memory database (which would lose every record), or not UTF-8.
    #[error("an SQLite database needs the path of a file on disk")]
    Path,
    /// `postgres://` followed by text that cannot be parsed.
    #[error("a PostgreSQL URL is postgres://USER:PASSWORD@HOST:PORT/NAME, {0}")]
    Postgres(&'static str),
}

impl DatabaseUrl {
    /// The SQLite file at `path`.
    ///
    /// # Errors
    ///
    /// [`UrlError::Path`] if the path is empty, is an in-memory database or is not UTF-8.
    pub fn sqlite(path: &Path) -> Result<Self, UrlError> {
        let text = path.to_str().ok_or(UrlError::Path)?;
        if text.is_empty() || text.contains(":memory:") || text.contains('\0') {
            return Err(UrlError::Path);
        }
        let path = std::path::absolute(path).map_err(|_| UrlError::Path)?;
        Ok(Self(Target::Sqlite(path)))
    }

    /// Whether this is PostgreSQL.
    pub const fn is_postgres(&self) -> bool {
        matches!(self.0, Target::Postgres(_))
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Self::sqlite(Path::new(path.strip_prefix("//").unwrap_or(path)));
        }
        if let Some(rest) = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
            // The parser would take every part from the environment or a default.
            if rest.trim().is_empty() {
                return Err(UrlError::Postgres("and this one names no database"));
            }
            // The parser's own error quotes the URL, which contains a password.
            return match PgConnectOptions::from_str(text) {
                Ok(_) => Ok(Self(Target::Postgres(text.to_owned()))),
                Err(_) => Err(UrlError::Postgres(
                    "with a character such as / # ? @ : or a blank in user or password written as %2F and so on",
                )),
            };
        }
        Err(UrlError::Scheme)
    }
}

impl Target {
    /// The URL sqlx expects.
    pub(crate) fn to_sqlx(&self) -> String {
        match self {
            Self::Postgres(url) => url.clone(),
            Self::Sqlite(path) => {
                let mut url = String::from("sqlite://");
                for byte in path.to_string_lossy().bytes() {
                    if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
                        url.push(char::from(byte));
                    } else {
                        url.push_str(&format!("%{byte:02X}"));
                    }
                }
                url.push_str("?mode=rwc");
                url
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Sqlite(path) => write!(f, "DatabaseUrl(sqlite:{})", path.display()),
            Target::Postgres(_) => f.write_str("DatabaseUrl(postgres://…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_kinds_and_hides_passwords() {
        let url: DatabaseUrl = "postgres://u:hunter2@db/w".parse().expect("url");
        assert!(url.is_postgres());
        assert!(!format!("{url:?}").contains("hunter2"));
        let url: DatabaseUrl = "sqlite:/tmp/a b?#%.db".parse().expect("url");
        assert_eq!(url.0.to_sqlx(), "sqlite:///tmp/a%20b%3F%23%25.db?mode=rwc");
        assert_eq!("sqlite:///tmp/x.db".parse::<DatabaseUrl>(), "sqlite:/tmp/x.db".parse());
        for bad in [
            "postgres://u:hunter2#@db/w",
            "postgres://u:hun/ter2@db/w",
            "postgres://u:p@db:port/w",
            "postgres://u:p@db/w?sslmode=perhaps",
            "postgres://",
            "postgresql:// ",
        ] {
            let error = bad.parse::<DatabaseUrl>().expect_err(bad);
            assert!(matches!(error, UrlError::Postgres(_)) && !error.to_string().contains("ter2"), "{error}");
        }
        for bad in ["", "sqlite:", "sqlite::memory:", "mysql://x/y", "/tmp/x.db"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }
}
