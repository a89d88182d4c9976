//! The client against a stand-in for the daemon: its requests, and how it reads the answers.
#![cfg(feature = "client")]

#[cfg(test)]
mod client;
