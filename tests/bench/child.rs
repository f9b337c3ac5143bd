use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::gauge::{Figures, peak_memory, processor_time};
use super::{floor, flow, record};

/// What marks a process as a child of the bench.
const MARK: &str = "--bench-child";

/// What a child does.
#[derive(Clone, Copy, Debug)]
pub enum Job {
    /// Does a diff and writes down what it asked for.
    Record,
    /// Asks for the same again, and parses each answer once.
    ReadBare,
    /// Does a diff.
    Diff,
    /// Sends bodies.
    WriteBare,
    /// Does a sync.
    Sync,
    /// Reads a state file.
    Read,
}

/// What a child left behind.
pub struct Result {
    figures: Figures,
    output: PathBuf,
}

impl Result {
    pub fn figures(&self) -> Figures {
        self.figures
    }

    pub fn output(&self) -> &Path {
        &self.output
    }

    pub fn lines(&self) -> usize {
        std::fs::read_to_string(&self.output)
            .unwrap_or_default()
            .lines()
            .count()
    }
}

impl Job {
    /// Does the work in a process of its own.
    pub fn run(self, address: &str, input: &Path) -> Result {
        let output = input.with_extension("out");
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args([MARK, &format!("{self:?}"), address])
            .args([input, output.as_path()])
            .output()
            .expect("a child");
        let text = String::from_utf8_lossy(&child.stdout).into_owned();
        let told: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [wall, cpu, peak] = told[..] else {
            panic!("{self:?}: {text}{}", String::from_utf8_lossy(&child.stderr));
        };
        Result {
            figures: Figures { wall, cpu, peak },
            output,
        }
    }

    fn of(word: &str) -> Self {
        let jobs = [
            Self::Record,
            Self::ReadBare,
            Self::Diff,
            Self::WriteBare,
            Self::Sync,
            Self::Read,
        ];
        let job = jobs.into_iter().find(|job| format!("{job:?}") == word);
        job.expect("a job")
    }

    async fn work(self, address: &str, input: &Path, output: &Path) {
        match self {
            Self::Record => record::run(address, input, output).await,
            Self::ReadBare => floor::read(address, input).await,
            Self::Diff => flow::diff(address, input).await,
            Self::WriteBare => floor::write(address, input).await,
            Self::Sync => flow::sync(address, input).await,
            Self::Read => flow::read(input),
        }
    }
}

/// Whether this process is a child.
pub fn is_one() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == MARK)
}

/// Does the work of a child, and tells what it used.
pub fn run() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, _, job, address, input, output] = &arguments[..] else {
        panic!("arguments of a child");
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (began, used) = (Instant::now(), processor_time());
    runtime.block_on(Job::of(job).work(address, Path::new(input), Path::new(output)));
    println!(
        "{} {} {}",
        began.elapsed().as_secs_f64(),
        processor_time() - used,
        peak_memory()
    );
}
