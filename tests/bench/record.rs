use std::path::Path;
use std::sync::{Arc, Mutex};

use strongroom::control_plane::{
    Client, Dialect, HttpSettings, HttpTransport, Request, Response, SystemClock, Transport, TransportError,
};

use super::flow;

/// Writes down what is asked for.
struct Recorder {
    inner: HttpTransport,
    paths: Mutex<Vec<String>>,
}

impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.paths.lock().expect("the paths").push(request.path.clone());
        self.inner.send(request).await
    }
}

/// Does a diff and writes the paths it asked for to a file.
pub async fn run(address: &str, state: &Path, output: &Path) {
    let inner = HttpTransport::new(&HttpSettings::new(address)).expect("a transport");
    let recorder = Recorder {
        inner,
        paths: Mutex::default(),
    };
    let client = Arc::new(Client::new(recorder, SystemClock, Dialect::gateway(), 10));
    flow::plan(&client, flow::read_text(state)).await;
    let paths = client.transport().paths.lock().expect("the paths").join("\n");
    std::fs::write(output, paths).expect("a file");
}
