//! End-to-end tests: the real binary, real nodes, real callers.

mod bad_input;
mod cli;
mod credential_matrix;
mod doors;
mod owners;
mod restore;
mod sessions;
mod article;
mod policies;
mod tiers;
mod story;
mod world;
mod crash;
mod faults;
mod postgres;
mod stage;
mod prices;
mod storage;
