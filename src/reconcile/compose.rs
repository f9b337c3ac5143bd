use rayon::prelude::*;

use yaml::{ComposeOptions, Diagnostic, FileId, Node, YamlChunks};

/// Reads a text as [`state::compose`] does, a long one on all cores.
pub fn compose_parallel(file: FileId, text: &str, options: &ComposeOptions<'_>) -> (Option<Node>, Vec<Diagnostic>) {
    let in_sections = || {
        let sections = YamlChunks::split(file, text, options)?;
        let parts = 0..sections.chunk_count();
        YamlChunks::join_chunks(parts.into_par_iter().map(|at| sections.read_chunk(at)).collect())
    };
    match in_sections() {
        Some(whole) => (Some(whole), Vec::new()),
        None => yaml::compose(file, text, options),
    }
}
