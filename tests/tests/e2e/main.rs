//! End-to-end tests: the real binary, real nodes, real callers.

mod article;
mod bad_input;
mod calls;
mod changes;
mod cli;
mod crash;
mod credential_matrix;
mod doors;
mod exposure;
mod faults;
mod nodes;
mod owners;
mod policies;
mod postgres;
mod prices;
mod replace;
mod restore;
mod sessions;
mod stage;
mod storage;
mod story;
mod tiers;
mod witness;
mod world;
