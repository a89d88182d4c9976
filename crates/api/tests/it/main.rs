//! The client against a stand-in for the daemon: what it sends, and how it reads what comes back.
#![cfg(feature = "client")]

#[cfg(test)]
mod client;
