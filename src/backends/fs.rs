//! `fs`: files of the data planes. A vault's `prefix` is a path there and is never opened here; `--dp-files` says which
//! directory of this machine stands for it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Backend, BackendContext};
use reference::{Finding, Reason, Secret, SecretRequest, SecretResponse, VaultTarget, split_resource};

/// Larger than any secret; a larger file is not read.
const MAX_FILE_BYTES: u64 = 1 << 20;

struct FsBackend {
    vault: String,
    prefix: String,
    directory: PathBuf,
}

/// Reads from the local directory that stands for the vault's.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let prefix = target.text("prefix").unwrap_or_default();
    let shown_prefix = if target.is_templated("prefix") {
        "PREFIX"
    } else {
        prefix
    };
    let trim = |path: &str| path.trim_end_matches('/').to_owned();
    let mapping = context
        .data_plane_files
        .iter()
        .find(|files| !prefix.is_empty() && trim(&files.data_plane_path) == trim(prefix));
    match mapping {
        Some(files) => Ok(Box::new(FsBackend {
            vault: target.name.clone(),
            prefix: shown_prefix.to_owned(),
            directory: files.local_directory.clone(),
        })),
        None => Err(unmapped_directory_finding(&target.name, shown_prefix)),
    }
}

fn unmapped_directory_finding(vault: &str, prefix: &str) -> Finding {
    let message = format!("the files of the vault '{vault}' are on the data planes, in {prefix}");
    Finding::new(Reason::DataPlaneFiles, message).about(vault).help(format!(
        "say which directory here holds the same: --dp-files {prefix}=DIR"
    ))
}

impl Backend for FsBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut fetched = Vec::with_capacity(requests.len());
            for request in requests {
                fetched.push(match self.read_secret(request).await {
                    Ok(secret) => SecretResponse::Text(secret),
                    Err(finding) => SecretResponse::Unavailable(finding),
                });
            }
            fetched
        }
        .boxed()
    }
}

impl FsBackend {
    async fn read_secret(&self, request: &SecretRequest) -> Result<Secret, Finding> {
        if request.version.is_some() {
            return Err(self.bad_version_finding(&request.resource));
        }
        let segments = split_resource(&self.vault, &request.resource)?;
        let directory = self.directory.clone();
        let relative: PathBuf = segments.iter().collect();
        let read = tokio::task::spawn_blocking(move || read_inside_directory(&directory, &relative)).await;
        match read.unwrap_or(Err(ErrorKind::Other)) {
            Ok(bytes) => Ok(Secret::new(bytes)),
            Err(kind) => Err(self.unreadable_file_finding(&request.resource, kind)),
        }
    }

    fn bad_version_finding(&self, resource: &str) -> Finding {
        Finding::new(
            Reason::BadVersion,
            format!("files have no versions, but one of '{resource}' is asked for"),
        )
        .about(resource)
        .help("leave the part after # out")
    }

    fn unreadable_file_finding(&self, resource: &str, kind: ErrorKind) -> Finding {
        let Self { vault, prefix, .. } = self;
        let (reason, what) = match kind {
            ErrorKind::NotFound => (Reason::NoSuchSecret, "does not exist"),
            ErrorKind::PermissionDenied => (
                Reason::PermissionDenied,
                "may not be read, or leads out of the directory",
            ),
            ErrorKind::IsADirectory => (Reason::BadResource, "is a directory"),
            _ => (Reason::ServerError, "cannot be read"),
        };
        Finding::new(
            reason,
            format!("the file '{resource}' below {prefix} (vault '{vault}') {what}"),
        )
        .about(resource)
        .help("the directory that --dp-files names must hold what the data planes have")
    }
}

/// The file's content, if the file is in the directory once all links are followed.
fn read_inside_directory(directory: &Path, relative: &Path) -> Result<Vec<u8>, ErrorKind> {
    let to_kind = |error: std::io::Error| error.kind();
    let root = directory.canonicalize().map_err(to_kind)?;
    let path = root.join(relative).canonicalize().map_err(to_kind)?;
    if !path.starts_with(&root) {
        return Err(ErrorKind::PermissionDenied);
    }
    let metadata = path.metadata().map_err(to_kind)?;
    if metadata.is_dir() {
        return Err(ErrorKind::IsADirectory);
    }
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(ErrorKind::Other);
    }
    std::fs::read(path).map_err(to_kind)
}
