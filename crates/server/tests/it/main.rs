//! The HTTP server in front of a real engine on a real socket. No chain is needed here: requests that reach
//! one are tested where nodes run.
#![expect(clippy::disallowed_methods, reason = "tests wait, measure and ask how long to run")]

#[cfg(test)]
mod admin;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod denials;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod early;
mod invariants;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod placing;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod transport;
#[cfg(test)]
mod web;
