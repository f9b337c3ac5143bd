use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Names of a repository's own settings file.
const SETTINGS_FILE_NAMES: [&str; 2] = ["strongroom.yaml", "strongroom.yml"];

/// The files that whoever can change the state files can change, too: what a pull request brings.
pub struct Repository {
    /// The working directory, with all links followed.
    working_dir: PathBuf,
    /// The root of the repository that it is in; itself, if it is in none.
    root: PathBuf,
    /// All roots: `root`, and those of the repositories that the state files are in, or their folders.
    roots: BTreeSet<PathBuf>,
    /// `root`, and those of the repositories that the state files are in by their names, whatever links lead to.
    named_roots: BTreeSet<PathBuf>,
}

impl Repository {
    /// The repository of the working directory, and those of the state files.
    pub fn discover(state_paths: &[PathBuf]) -> Self {
        let working_dir = Path::new(".").canonicalize().unwrap_or_else(|_| PathBuf::from("/"));
        Self::new(working_dir, state_paths)
    }

    fn new(working_dir: PathBuf, state_paths: &[PathBuf]) -> Self {
        let root = find_root(&working_dir).unwrap_or_else(|| working_dir.clone());
        let resolved = state_paths.iter().filter_map(|path| path.canonicalize().ok());
        let roots = resolved.filter_map(|path| find_root(&path).or_else(|| containing_folder(path)));
        let named = state_paths
            .iter()
            .filter_map(|path| find_named_root(&working_dir.join(path)));
        Self {
            named_roots: named.chain([root.clone()]).collect(),
            roots: roots.chain([root.clone()]).collect(),
            working_dir,
            root,
        }
    }

    /// Whether a file is in a repository, by its name or once its links are followed.
    pub fn contains(&self, path: &Path) -> bool {
        let normalized = normalize_path(&self.working_dir.join(path));
        self.contains_resolved(path) || normalized.ancestors().any(|above| self.is_inside(above))
    }

    /// Whether a path in the repository leads to a file elsewhere: whoever changes the repository chose it.
    pub fn escapes(&self, path: &Path) -> bool {
        let path = self.working_dir.join(path);
        let Ok(resolved) = path.canonicalize() else {
            return false;
        };
        let normalized = normalize_path(&path);
        let above: Vec<PathBuf> = normalized
            .ancestors()
            .filter_map(|above| above.canonicalize().ok())
            .collect();
        let mut roots = self.named_roots.iter().filter(|root| !resolved.starts_with(root));
        roots.any(|root| above.iter().any(|above| above.starts_with(root)))
    }

    /// Whether a file is in a repository once its links are followed.
    fn contains_resolved(&self, path: &Path) -> bool {
        self.is_inside(&self.working_dir.join(path))
    }

    fn is_inside(&self, path: &Path) -> bool {
        let resolved = path.canonicalize();
        resolved.is_ok_and(|path| self.roots.iter().any(|root| path.starts_with(root)))
    }

    /// The repository's own settings file: the nearest, from the working directory upwards.
    pub(crate) fn settings_file(&self) -> Option<PathBuf> {
        let folders = self
            .working_dir
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.root));
        let files = folders.flat_map(|folder| SETTINGS_FILE_NAMES.map(|name| folder.join(name)));
        files.into_iter().find(|path| path.symlink_metadata().is_ok())
    }
}

/// A path without `.` and `..`; links are not followed.
fn normalize_path(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
        path
    })
}

/// A folder itself, or the one of a file: where there is no repository, a state file comes with what lies beside it.
fn containing_folder(path: PathBuf) -> Option<PathBuf> {
    match path.is_dir() {
        true => Some(path),
        false => path.parent().map(Path::to_owned),
    }
}

/// The root of the repository that a path is in by its name; its folder, if there is none.
fn find_named_root(path: &Path) -> Option<PathBuf> {
    let normalized = normalize_path(path);
    let is_link = normalized.is_symlink();
    let folder = match normalized.is_dir() && !is_link {
        true => normalized.as_path(),
        false => normalized.parent()?,
    };
    let root = find_root(folder).unwrap_or_else(|| folder.to_owned());
    root.canonicalize().ok()
}

/// The root of the repository that a path is in. Of a repository within another (a submodule, a work tree), whose `.git`
/// is a file, it is the root of the outer one: both change together.
fn find_root(path: &Path) -> Option<PathBuf> {
    let mut found = None;
    for folder in path.ancestors() {
        let git = folder.join(".git");
        if git.exists() {
            found = Some(folder.to_owned());
        }
        if git.is_dir() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn create_folder(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        for name in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        (folder, root)
    }

    #[test]
    fn what_is_below_the_root_is_in_the_repository_and_what_is_beside_it_is_not() {
        let (_guard, root) = create_folder(&[
            "repo/.git/HEAD",
            "repo/a/kong.yaml",
            "repo/strongroom.yaml",
            "beside.yaml",
        ]);
        let repository = Repository::new(root.join("repo/a"), &[]);
        assert!(repository.contains(Path::new("kong.yaml")));
        assert!(repository.contains(Path::new("../other.yaml")));
        assert!(!repository.contains(Path::new("../../beside.yaml")));
        assert_eq!(repository.settings_file(), Some(root.join("repo/strongroom.yaml")));
    }

    #[test]
    fn without_a_root_the_working_directory_is_the_repository() {
        let (_guard, root) = create_folder(&["work/kong.yaml", "strongroom.yaml"]);
        let repository = Repository::new(root.join("work"), &[]);
        assert!(repository.contains(Path::new("kong.yaml")));
        assert!(!repository.contains(Path::new("../strongroom.yaml")));
        assert_eq!(repository.settings_file(), None);
    }

    #[test]
    fn state_files_bring_their_own_repository() {
        let (_guard, root) = create_folder(&["work/x", "repo/.git/HEAD", "repo/kong.yaml", "repo/settings.yaml"]);
        let repository = Repository::new(root.join("work"), &[root.join("repo/kong.yaml")]);
        assert!(repository.contains(&root.join("repo/settings.yaml")));
    }

    #[test]
    fn without_a_root_the_folder_of_a_state_file_is_its_repository() {
        let (_guard, root) = create_folder(&["work/x", "pr/in/kong.yaml", "pr/in/a/settings.yaml", "pr/above.yaml"]);
        for named in ["pr/in/kong.yaml", "pr/in"] {
            let repository = Repository::new(root.join("work"), &[root.join(named)]);
            assert!(repository.contains(Path::new("../pr/in/a/settings.yaml")), "{named}");
            assert!(!repository.contains(Path::new("../pr/above.yaml")), "{named}");
        }
    }

    #[test]
    fn links_hide_nothing() {
        let (_guard, root) = create_folder(&["repo/.git/HEAD", "repo/in.yaml", "out.yaml"]);
        std::os::unix::fs::symlink(root.join("repo/in.yaml"), root.join("link.yaml")).expect("a link");
        std::os::unix::fs::symlink(root.join("out.yaml"), root.join("repo/strongroom.yaml")).expect("a link");
        let repository = Repository::new(root.join("repo"), &[]);
        assert!(repository.contains(&root.join("link.yaml")));
        assert!(repository.contains(Path::new("strongroom.yaml")));
        assert!(repository.escapes(&root.join("repo/strongroom.yaml")));
        std::os::unix::fs::symlink(&root, root.join("repo/up")).expect("a link");
        assert!(repository.escapes(Path::new("up/out.yaml")));
        assert!(!repository.escapes(Path::new("in.yaml")));
        assert!(!repository.escapes(&root.join("out.yaml")));
    }

    #[test]
    fn a_submodule_is_a_part_of_what_it_is_in() {
        let (_guard, root) = create_folder(&["repo/.git/HEAD", "repo/sub/.git", "repo/settings.yaml"]);
        let repository = Repository::new(root.join("repo/sub"), &[]);
        assert!(repository.contains(&root.join("repo/settings.yaml")));
    }
}
