use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use strongroom::apply::{self, ApplyEvent, CancelToken};
use strongroom::control_plane::{Client, Clock, Dialect, HttpSettings, HttpTransport, SystemClock, Transport};
use strongroom::plan::{DeleteLimit, Guards};
use strongroom::reconcile::{
    Decision, PrefetchedSnapshot, PreparedRun, RunOptions, VerifyOptions, compose_parallel, prepare,
};
use strongroom::reference::Policy;
use strongroom::schema::Catalog;
use strongroom::state::{DesiredState, Scope, StateOptions, may_declare_select_tags, read_desired_state};
use strongroom::yaml::{ComposeOptions, FileId, TemplateEnvironment};
use tokio::task::{JoinHandle, spawn_blocking};

/// Reads a state file.
pub fn read(state: &Path) {
    let text = std::fs::read_to_string(state).expect("a state file");
    let desired = declared(&Catalog::recorded(), &text);
    assert!(!desired.entities.is_empty());
}

/// Does a diff of what is in sync.
pub async fn diff(address: &str, state: &Path) {
    // as the program, which ends then, and leaves it to the system to clean up
    let text = read_text(state);
    let prepared = ManuallyDrop::new(plan(&Arc::new(client(address)), text).await);
    let changes = prepared.plan().changes.len();
    assert_eq!(changes, 0);
}

/// Does a sync.
pub async fn sync(address: &str, state: &Path) {
    let text = read_text(state);
    let client = Arc::new(client(address));
    let prepared = plan(&client, text).await;
    let Decision::Approved(approved) = &prepared.decision else {
        panic!("the plan is withheld: {:?}", prepared.diagnostics);
    };
    let account = apply::apply_plan(
        approved,
        &prepared.catalog,
        &client,
        &|_: ApplyEvent<'_>| {},
        &CancelToken::never(),
    )
    .await;
    assert!(account.is_complete(), "{account:?}");
}

/// Reads a state file and a control plane, at the same time if the file names no tags, and makes the plan.
pub async fn plan<T: Transport + 'static, C: Clock + 'static>(
    client: &Arc<Client<T, C>>,
    text: JoinHandle<String>,
) -> PreparedRun {
    let catalog = Catalog::recorded();
    let mut early = PrefetchedSnapshot::new(client.clone(), catalog.clone());
    let text = early.drive_while(text).await.expect("no panic");
    if !may_declare_select_tags(text.as_bytes()) {
        early.begin_with_scope(Scope::default());
    }
    let recorded = catalog.clone();
    let reading = spawn_blocking(move || ManuallyDrop::new(declared(&recorded, &text)));
    let read = early.drive_while(reading).await;
    let desired = read.expect("what the file says");
    let options = RunOptions {
        guards: Guards {
            max_deletes: DeleteLimit::Count(u64::MAX),
            allow_empty: true,
            allow_delete_in_use: true,
        },
        verify_options: VerifyOptions::new(Policy::Warn),
        ..RunOptions::default()
    };
    match prepare(client, &catalog, &desired, &options, Some(early)).await {
        Ok(prepared) => prepared,
        Err(failure) => panic!("{failure:?}"),
    }
}

/// The text of a state file, read while a client is made.
pub fn read_text(state: &Path) -> JoinHandle<String> {
    let state = state.to_owned();
    spawn_blocking(|| std::fs::read_to_string(state).expect("a state file"))
}

/// What a state file says, read as the program does.
fn declared(catalog: &Catalog, text: &str) -> DesiredState {
    let options = ComposeOptions {
        environment: TemplateEnvironment::Strict(&|_| None),
        substitute_env: false,
    };
    let file = FileId(0);
    let (node, problems) = compose_parallel(file, text, &options);
    let node = node.unwrap_or_else(|| panic!("{problems:?}"));
    read_desired_state(vec![(file, node)], &StateOptions::default(), catalog)
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn client(address: &str) -> Client<HttpTransport, SystemClock> {
    let transport = HttpTransport::new(&HttpSettings::new(address)).expect("a transport");
    Client::new(transport, SystemClock, Dialect::gateway(), 10)
}
