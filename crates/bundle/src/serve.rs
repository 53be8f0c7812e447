//! A static file server on loopback, for `cargo web` and the browser tests.
//!
//! Files, their types, ranges and compressed copies are `tower-http`'s work. Here: the port, and who is answered. Elsewhere: the
//! headers (`headers.rs`).

use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::Request;
use axum::http::header::{HOST, HeaderName, HeaderValue};
use axum::http::{StatusCode, uri::Authority};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::headers;

/// Port of the address that is printed, if it is free.
const FIRST_PORT: u16 = 8080;
/// Ports tried after it.
const PORTS: u16 = 100;

/// Pages that may have the page in a frame: those of this machine, where course pages are tried.
const FRAMES: &str = "'self' http://127.0.0.1:* http://localhost:*";

/// Serves `dist` on 127.0.0.1 until the process ends; prints the address first.
///
/// # Errors
/// `dist` has no page, or no port is free.
pub fn serve(dist: &Path, port: Option<u16>) -> Result<()> {
    ensure!(dist.join("index.html").is_file(), "{} has no page: build it first, without --no-build", dist.display());
    let listener = listen(port)?;
    let address = listener.local_addr().context("a bound port has an address")?;
    listener.set_nonblocking(true).with_context(|| format!("cannot serve on {address}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the system gives no threads")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).with_context(|| format!("cannot serve on {address}"))?;
        println!("Basin is at http://{address}/ (Ctrl-C ends it)");
        axum::serve(listener, router(dist)).await.context("the server stopped")
    })
}

/// Binds the port that was asked for, or the first free one.
fn listen(port: Option<u16>) -> Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("cannot listen on port {port}: choose another --port"));
    }
    (FIRST_PORT..FIRST_PORT + PORTS)
        .find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .with_context(|| format!("no port from {FIRST_PORT} to {} is free: choose one with --port", FIRST_PORT + PORTS - 1))
}

fn router(dist: &Path) -> Router {
    let files = ServeDir::new(dist).precompressed_br().precompressed_gzip();
    let typed = |(name, value): (&'static str, String)| (HeaderName::from_static(name), HeaderValue::try_from(value).expect("plain text"));
    let vary = ("vary", "accept-encoding".to_owned());
    headers::all(FRAMES)
        .into_iter()
        .chain([vary])
        .map(typed)
        .fold(Router::new().fallback_service(files), |router, (name, value)| router.layer(SetResponseHeaderLayer::overriding(name, value)))
        .layer(from_fn(own_host_only))
}

/// A page elsewhere may give its own name this machine's address; it is not answered under that name.
async fn own_host_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    match host.as_ref().map(Authority::host) {
        Some("127.0.0.1" | "localhost" | "[::1]") => next.run(request).await,
        _ => (StatusCode::MISDIRECTED_REQUEST, "this server answers as 127.0.0.1 and localhost only").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    use super::*;

    /// A folder `NAME/dist` with a page, a wasm file in two forms, and a secret beside it.
    fn site(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("basin-serve-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("dist")).expect("a temporary folder can be made");
        for (path, text) in [("dist/index.html", "page"), ("dist/a b.wasm", "wasm"), ("dist/a b.wasm.gz", "packed"), ("secret", "no")] {
            fs::write(folder.join(path), text).expect("a temporary file can be written");
        }
        folder.join("dist")
    }

    /// Status, headers as `name: value` lines, and body of the answer to a request with these headers.
    fn ask(dist: &Path, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a well-formed request");
        let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
        runtime.block_on(async {
            let answer = router(dist).oneshot(request).await.expect("it always answers");
            let lines: Vec<String> =
                answer.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect();
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), 1000).await.expect("a short answer");
            (status, lines.join("\n"), String::from_utf8(body.to_vec()).expect("text"))
        })
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:8080");

    #[test]
    fn files_inside_the_folder_alone_are_served() {
        let dist = site("inside");
        assert_eq!(ask(&dist, "GET", "/?device=cpu", &[HERE]).2, "page");
        assert_eq!(ask(&dist, "GET", "/a%20b.wasm?v=1", &[HERE]).2, "wasm");
        for outside in ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "//../secret", "/%00", "/missing", "/..%5csecret"] {
            assert_eq!(ask(&dist, "GET", outside, &[HERE]).0, 404, "{outside}");
        }
        assert_eq!(ask(&dist, "POST", "/", &[HERE]).0, 405);
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }

    #[test]
    fn every_answer_has_the_headers_and_its_type() {
        let dist = site("headers");
        for (path, typed) in [("/", "content-type: text/html"), ("/a%20b.wasm", "content-type: application/wasm")] {
            let (status, lines, _) = ask(&dist, "GET", path, &[HERE]);
            assert_eq!(status, 200);
            for (name, value) in headers::all(FRAMES) {
                assert!(lines.contains(&format!("{name}: {value}")), "{name}: {lines}");
            }
            assert!(lines.contains(typed), "{lines}");
        }
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }

    #[test]
    fn a_compressed_copy_is_sent_to_those_who_take_it() {
        let dist = site("accept");
        let of = |accepted: &str| ask(&dist, "GET", "/a%20b.wasm", &[HERE, ("accept-encoding", accepted)]).2;
        assert_eq!([of("gzip, deflate, br"), of("br;q=1.0, gzip;q=0.5")], ["packed", "packed"]);
        for refused in ["", "deflate", "br", "gzip;q=0", "gzipped"] {
            assert_eq!(of(refused), "wasm", "{refused}");
        }
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }

    #[test]
    fn other_names_are_not_answered() {
        let dist = site("names");
        for (host, status) in [("localhost:80", 200), ("[::1]:80", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421)] {
            assert_eq!(ask(&dist, "GET", "/", &[("host", host)]).0, status, "{host}");
        }
        assert_eq!(ask(&dist, "GET", "/", &[]).0, 421);
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }
}
