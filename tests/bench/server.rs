use std::sync::Arc;
use std::thread::JoinHandle;

use strongroom::control_plane::{Method, Request};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions, serve};
use strongroom::schema::Catalog;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::states::State;

/// The embedded control plane over HTTP, on threads of its own.
pub struct Server {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a state.
    pub fn start(state: &State) -> Self {
        let opened = EmbeddedControlPlane::open(Catalog::recorded(), EmbeddedOptions::default());
        let control_plane = Arc::new(opened.expect("a control plane"));
        fill(&control_plane, state);
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = serve(control_plane, listener, std::future::pending()) => served.expect("served"),
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn fill(control_plane: &EmbeddedControlPlane, state: &State) {
    for (path, body) in &state.bodies {
        let request = Request {
            method: Method::Post,
            path: path.clone(),
            body: Some(body.to_string().into_bytes()),
        };
        let answer = control_plane.handle(&request);
        assert_eq!(answer.status, 201, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
}
