//! End-to-end tests: the real binary, real nodes, real callers.
#![expect(clippy::expect_used, reason = "tests")]

mod story;
