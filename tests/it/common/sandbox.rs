//! A repository with state files, a home beside it, a control plane in a file, and vaults of the tests' own.
#![allow(dead_code)] // each test uses its part

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::hang::HANG;

/// What no run may print.
pub const TOKEN: &str = "hvs.canary-zyzzyva";

/// The variable that takes a [`Sandbox`]'s control plane away.
pub const NO_CONTROL_PLANE: (&str, &str) = ("STRONGROOM_KONG_ADDR", "");

/// A folder with `repo` (the working directory), `home` and what else a test makes in it.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a run left behind.
pub struct CommandOutput {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        sandbox.file("repo/.git/HEAD", "");
        sandbox.file("home/.keep", "");
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; says its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// Runs the program in the repository, in an environment that holds nothing else.
    pub fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
        let child = Command::new(env!("CARGO_BIN_EXE_strongroom"))
            .args(args)
            .current_dir(self.path("repo"))
            .env_clear()
            .env("HOME", self.path("home"))
            .env(
                "STRONGROOM_KONG_ADDR",
                format!("embedded:{}", self.path("kong.db").display()),
            )
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the program runs");
        let out = collect(child.stdout.take());
        let err = collect(child.stderr.take());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("the program ends") {
                break status;
            }
            if began.elapsed() > HANG {
                child.kill().expect("it is ended");
                panic!("strongroom {} does not end", args.join(" "));
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let ran = CommandOutput {
            exit: status.code().unwrap_or(-1),
            out: out.join().expect("its output"),
            err: err.join().expect("its errors"),
        };
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains("zyzzyva"), "a secret shows:\n{text}");
        }
        ran
    }

    /// Runs the program in the repository, with no control plane to ask.
    pub fn offline(&self, args: &[&str]) -> CommandOutput {
        self.run(args, &[NO_CONTROL_PLANE])
    }

    /// `diff` of the state.
    pub fn diff(&self, state: &str, args: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
        self.file("repo/kong.yaml", state);
        self.run(&[&["diff", "kong.yaml"], args].concat(), variables)
    }

    /// `sync` of the state, which must succeed.
    #[track_caller]
    pub fn sync(&self, state: &str, args: &[&str]) -> CommandOutput {
        self.file("repo/kong.yaml", state);
        self.run(&[&["sync", "kong.yaml", "--yes"], args].concat(), &[]).ends(0)
    }

    /// The verdicts of a `diff`, each with its reason.
    pub fn verdicts(&self, state: &str, args: &[&str], variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let ran = self.diff(state, &[args, &["--json-output"]].concat(), variables);
        ran.verdicts()
    }
}

impl CommandOutput {
    #[track_caller]
    pub fn ends(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn tells(self, text: &str) -> Self {
        assert!(
            self.err.contains(text),
            "{text:?} is not in\n{}\n{}",
            self.err,
            self.out
        );
        self
    }

    /// What `--json-output` wrote.
    #[track_caller]
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}\n{}", self.out, self.err))
    }

    #[track_caller]
    pub fn verdicts(&self) -> Vec<(String, String)> {
        let report = self.report();
        let references = report["references"].as_array().cloned().unwrap_or_default();
        let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        references
            .iter()
            .map(|one| (word(one, "verdict"), word(one, "reason")))
            .collect()
    }
}

/// Reads a stream to its end beside the run: a full pipe would stop it.
fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        let mut stream = stream.expect("a stream");
        stream.read_to_string(&mut text).expect("UTF-8");
        text
    })
}

/// One verdict with its reason.
pub fn verdict(verdict: &str, reason: &str) -> Vec<(String, String)> {
    vec![(verdict.to_owned(), reason.to_owned())]
}

/// A control plane of this program's own, served on a free port.
pub struct ServedControlPlane {
    pub address: String,
    child: Child,
}

impl ServedControlPlane {
    pub fn serve(args: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_strongroom"))
            .args(["control-plane", "--listen", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.expect("the program runs");
        let out = child.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("its address");
        let at = line.find("http://").unwrap_or_else(|| panic!("no address in {line:?}"));
        let address = line[at..].split_whitespace().next().expect("an address").to_owned();
        Self { address, child }
    }
}

impl Drop for ServedControlPlane {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Something that listens on this machine, answers as a HashiCorp Vault with one secret, and keeps all it receives.
pub struct VaultListener {
    address: SocketAddr,
    received: Arc<Mutex<String>>,
}

impl VaultListener {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || answer(stream, &kept));
            }
        });
        Self { address, received }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that came so far.
    pub fn received(&self) -> String {
        self.received.lock().expect("what came").clone()
    }
}

/// Keeps what comes, a connection without a word included, and gives the secret.
fn answer(mut stream: TcpStream, kept: &Mutex<String>) {
    kept.lock().expect("what came").push_str("CONNECTED\n");
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.contains("\r\n\r\n") {
        match stream.read(&mut bytes) {
            Ok(count) if count > 0 => text.push_str(&String::from_utf8_lossy(&bytes[..count])),
            _ => break,
        }
    }
    kept.lock().expect("what came").push_str(&text);
    let body = r#"{"data": {"key": "value-zyzzyva"}}"#;
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
