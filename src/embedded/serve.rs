use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{self, HeaderMap, StatusCode};
use axum::response::Response as HttpResponse;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use url::form_urlencoded;

use super::EmbeddedControlPlane;
use super::error::EmbeddedError;
use super::multipart::{parse_boundary, parse_multipart};
use control_plane::{Method, Request, Response};

/// The largest body that is read, as on a node.
const MAX_BODY_BYTES: usize = 10 << 20;

/// A body, as far as it is understood without knowing the path.
enum RequestBody {
    Json(Vec<u8>),
    Form(Vec<(String, String)>),
}

/// Serves a control plane by HTTP until `shutdown` is over; then answers what was asked and ends.
///
/// # Errors
/// None known: a connection that breaks ends alone.
pub async fn serve(
    control_plane: Arc<EmbeddedControlPlane>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // an answer is one small packet, which must not wait for the next
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let router = Router::new().fallback(handle_http).with_state(control_plane);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn handle_http(State(control_plane): State<Arc<EmbeddedControlPlane>>, request: HttpRequest) -> HttpResponse {
    let (head, body) = request.into_parts();
    if head.method == http::Method::OPTIONS {
        return options_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return to_http_response(EmbeddedError::Message(413, "Request body too large".to_owned()).into_response());
    };
    // the database blocks
    let answer = tokio::task::spawn_blocking(move || handle_blocking(&control_plane, &head, body)).await;
    to_http_response(
        answer
            .unwrap_or_else(|_| EmbeddedError::Message(500, "An unexpected error occurred".to_owned()).into_response()),
    )
}

fn handle_blocking(control_plane: &EmbeddedControlPlane, head: &http::request::Parts, body: Bytes) -> Response {
    match to_admin_request(control_plane, head, body) {
        Ok(request) => {
            let mut response = control_plane.handle(&request);
            if head.method == http::Method::HEAD {
                response.body.clear();
            }
            response
        }
        Err(error) => error.into_response(),
    }
}

fn to_admin_request(
    control_plane: &EmbeddedControlPlane,
    head: &http::request::Parts,
    body: Bytes,
) -> Result<Request, EmbeddedError> {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut request = Request {
        method: parse_method(&head.method).ok_or(EmbeddedError::MethodNotAllowed)?,
        path,
        body: None,
    };
    let writes = matches!(request.method, Method::Post | Method::Put | Method::Patch);
    if writes && !body.is_empty() {
        request.body = Some(match parse_request_body(&head.headers, &body)? {
            RequestBody::Json(text) => text,
            RequestBody::Form(fields) => control_plane.form_to_json(&request, &fields),
        });
    }
    Ok(request)
}

fn parse_request_body(headers: &HeaderMap, body: &[u8]) -> Result<RequestBody, EmbeddedError> {
    let unsupported = || EmbeddedError::Message(415, "Unsupported media type".to_owned());
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(unsupported)?;
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    match media_type.to_ascii_lowercase().as_str() {
        "application/json" => Ok(RequestBody::Json(body.to_vec())),
        "application/x-www-form-urlencoded" => {
            Ok(RequestBody::Form(form_urlencoded::parse(body).into_owned().collect()))
        }
        "multipart/form-data" => parse_boundary(content_type)
            .and_then(|boundary| parse_multipart(boundary, body))
            .map(RequestBody::Form)
            .ok_or_else(|| EmbeddedError::Message(400, "Cannot parse multipart body".to_owned())),
        _ => Err(unsupported()),
    }
}

fn parse_method(method: &http::Method) -> Option<Method> {
    Some(match method.as_str() {
        "GET" | "HEAD" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return None,
    })
}

fn options_response() -> HttpResponse {
    let mut response = HttpResponse::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let methods = http::HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    response.headers_mut().insert(ALLOW, methods);
    response
}

fn to_http_response(response: Response) -> HttpResponse {
    let empty = response.status == 204;
    let mut answer = HttpResponse::new(Body::from(response.body));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !empty {
        let json = http::HeaderValue::from_static("application/json; charset=utf-8");
        answer.headers_mut().insert(CONTENT_TYPE, json);
    }
    answer
}
