use rayon::prelude::*;

use yaml::{ComposeOptions, Diagnostic, FileId, Node, YamlChunks};

/// Reads a text as [`yaml::compose`] does, a long one on all cores.
pub fn compose_parallel(file: FileId, text: &str, options: &ComposeOptions<'_>) -> (Option<Node>, Vec<Diagnostic>) {
    let compose_chunks = || {
        let chunks = YamlChunks::split(file, text, options)?;
        let indices = 0..chunks.chunk_count();
        YamlChunks::join_chunks(indices.into_par_iter().map(|at| chunks.read_chunk(at)).collect())
    };
    match compose_chunks() {
        Some(node) => (Some(node), Vec::new()),
        None => yaml::compose(file, text, options),
    }
}
