//! The program: everything is in the library's `cli`.

/// Reading and planning allocate much and in small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    strongroom::cli::main()
}
