//! EVM networks.
