//! Lists the files under `schemas/` so that a new kind is a new file and no Rust.
fn main() {
    println!("cargo:rerun-if-changed=schemas");
}
