//! All tests that take more than one floor, in one executable: a folder a floor. `tests/README.md` says where a test goes.

mod backends;
mod cli;
mod common;
mod control_plane;
mod embedded;
mod house;
mod plan;
mod references;
mod schema;
mod state;
mod yaml;
