//! A static file server on loopback, for `cargo web` and the browser tests.
//!
//! Every answer says `no-cache`: a browser asks again each time and hears 304 while nothing changed, so a
//! rebuilt page is never mixed with a remembered one.

use std::fs;
use std::io::{self, Cursor, Write};
use std::net::TcpListener;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, anyhow, ensure};
use tiny_http::{Header, Method, Request, Response, Server};

use crate::compress::copy_of;

/// Port of the address that is printed, if it is free.
const FIRST_PORT: u16 = 8080;
/// Ports tried after it.
const PORTS: u16 = 100;
/// Requests answered at once: a browser opens up to six connections to a host.
const THREADS: usize = 6;

/// Serves `dist` on 127.0.0.1 until the process ends; prints the address first.
///
/// # Errors
/// `dist` has no page, or no port is free.
pub fn serve(dist: &Path, port: Option<u16>) -> Result<()> {
    ensure!(dist.join("index.html").is_file(), "{} has no page: build it first, without --no-build", dist.display());
    // Links inside the folder may not lead out of it: paths are compared after they are resolved.
    let dist = dist.canonicalize().with_context(|| format!("cannot open {}", dist.display()))?;
    let listener = listen(port)?;
    let address = listener.local_addr().context("a bound port has an address")?;
    let server = Server::from_listener(listener, None).map_err(|error| anyhow!("cannot serve on {address}: {error}"))?;
    println!("Basin is at http://{address}/ (Ctrl-C ends it)");

    let server = Arc::new(server);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (server, dist) = (Arc::clone(&server), dist.clone());
            thread::spawn(move || {
                for request in server.incoming_requests() {
                    let answer = answer(&dist, &request);
                    // The browser may have gone away meanwhile; there is nobody to tell.
                    let _ = respond(request, answer);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().map_err(|_| anyhow!("the server stopped: a bug of basin-bundle"))?;
    }
    Ok(())
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

type Answer = Response<Cursor<Vec<u8>>>;

/// Sends `answer` as the last one of its connection.
///
/// `tiny_http` (0.12) gives each connection a thread of its pool. Two that come while one thread is free, and has not woken
/// up yet, are both left to that one: the second waits until some connection ends, and browsers keep theirs for minutes.
fn respond(request: Request, answer: Answer) -> io::Result<()> {
    let bytes = last_answer(&request, answer)?;
    let mut writer = request.into_writer();
    writer.write_all(&bytes)?;
    writer.flush()
}

/// `answer` as it is sent, with the header for which the library has no way.
fn last_answer(request: &Request, answer: Answer) -> io::Result<Vec<u8>> {
    let (mut bytes, only_head) = (Vec::new(), *request.method() == Method::Head);
    answer.raw_print(&mut bytes, request.http_version().clone(), request.headers(), only_head, None)?;
    let status_line = bytes.iter().position(|&byte| byte == b'\n').expect("an answer has a status line") + 1;
    bytes.splice(status_line..status_line, *b"Connection: close\r\n");
    Ok(bytes)
}

fn answer(dist: &Path, request: &Request) -> Answer {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return plain(405, "only GET and HEAD are answered");
    }
    let Some(path) = resolve(dist, request.url()) else {
        return plain(404, "there is no such file");
    };
    let (body_path, encoding) = choose(&path, header_of(request, "Accept-Encoding").unwrap_or_default());
    let (Ok(bytes), Ok(meta)) = (fs::read(&body_path), fs::metadata(&body_path)) else {
        return plain(404, "there is no such file");
    };
    let changed = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |age| age.as_nanos());
    let tag = format!("\"{changed:x}-{:x}{encoding}\"", bytes.len());
    let known = header_of(request, "If-None-Match").is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let answer = if known { Response::from_data(Vec::new()).with_status_code(304) } else { Response::from_data(bytes) };
    // With its length, not in chunks: then a browser can tell a broken download.
    let mut answer = answer.with_chunked_threshold(usize::MAX);
    answer.add_header(header("Content-Type", content_type(&path)));
    answer.add_header(header("Cache-Control", "no-cache"));
    answer.add_header(header("Vary", "Accept-Encoding"));
    answer.add_header(header("ETag", &tag));
    if !encoding.is_empty() {
        answer.add_header(header("Content-Encoding", encoding));
    }
    answer
}

/// The file that a request's address names; `None` if there is none inside `dist`.
fn resolve(dist: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let decoded = decode(path)?;
    let mut file = dist.to_path_buf();
    for part in Path::new(decoded.trim_start_matches('/')).components() {
        match part {
            Component::Normal(name) if !name.to_string_lossy().contains(['\\', ':', '\0']) => file.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    if file.is_dir() {
        file.push("index.html");
    }
    let file = file.canonicalize().ok()?;
    (file.starts_with(dist) && file.is_file()).then_some(file)
}

/// `%20` → space; `None` if the escapes are broken or not UTF-8.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The file to send, compressed if the browser takes it so and a copy exists, and its `Content-Encoding`.
fn choose(path: &Path, accepted: &str) -> (PathBuf, &'static str) {
    for (name, ending) in [("br", "br"), ("gzip", "gz")] {
        let accepts = accepted.split(',').any(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            parts.next() == Some(name) && parts.next() != Some("q=0")
        });
        let copy = copy_of(path, ending);
        if accepts && copy.is_file() {
            return (copy, name);
        }
    }
    (path.to_path_buf(), "")
}

/// Browsers refuse modules and compile wasm slowly when this is wrong.
fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("csv" | "tsv" | "txt" | "jsonl") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn plain(status: u16, text: &str) -> Answer {
    Response::from_string(text).with_status_code(status)
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("names and values above are plain ASCII")
}

fn header_of<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().iter().find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder `NAME/dist` with a page, a wasm file in two forms and a secret beside it.
    fn site(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("basin-serve-{name}-{}", std::process::id()));
        let dist = folder.join("dist");
        fs::create_dir_all(dist.join("data")).expect("a temporary folder can be made");
        for (path, text) in [
            ("dist/index.html", "page"),
            ("dist/a b.wasm", "wasm"),
            ("dist/a b.wasm.gz", "packed"),
            ("dist/data/index.html", "inner"),
            ("secret", "no"),
        ] {
            fs::write(folder.join(path), text).expect("a temporary file can be written");
        }
        dist.canonicalize().expect("it exists")
    }

    #[test]
    fn addresses_name_files_inside_the_folder_alone() {
        let dist = site("inside");
        assert_eq!(resolve(&dist, "/"), Some(dist.join("index.html")));
        assert_eq!(resolve(&dist, "/?device=cpu"), Some(dist.join("index.html")));
        assert_eq!(resolve(&dist, "/a%20b.wasm?v=1"), Some(dist.join("a b.wasm")));
        assert_eq!(resolve(&dist, "/data/"), Some(dist.join("data/index.html")));
        for outside in [
            "/../secret",
            "/%2e%2e/secret",
            "/data/../../secret",
            "/..%2fsecret",
            "//../secret",
            "/%00",
            "/%",
            "/%zz",
            "/missing",
            "/..%5csecret",
        ] {
            assert_eq!(resolve(&dist, outside), None, "{outside}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dist.join("../secret"), dist.join("link")).expect("a link can be made");
            assert_eq!(resolve(&dist, "/link"), None);
        }
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }

    #[test]
    fn browsers_are_told_to_close_each_connection() {
        let dist = site("close");
        let ask: Request = tiny_http::TestRequest::new().with_path("/").into();
        let answer = answer(&dist, &ask);
        let bytes = last_answer(&ask, answer).expect("memory takes it all");
        let text = String::from_utf8(bytes).expect("the page is text");
        assert!(text.starts_with("HTTP/1.1 200 OK\r\nConnection: close\r\n"), "{text}");
        assert!(text.contains("\r\nContent-Length: 4\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\npage"), "{text}");
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }

    #[test]
    fn a_compressed_copy_is_sent_to_those_who_take_it() {
        let dist = site("accept");
        let wasm = dist.join("a b.wasm");
        let packed = dist.join("a b.wasm.gz");
        assert_eq!(choose(&wasm, "gzip, deflate, br"), (packed.clone(), "gzip"));
        assert_eq!(choose(&wasm, "br;q=1.0, gzip;q=0.5"), (packed, "gzip"));
        for refused in ["", "deflate", "br", "gzip;q=0", "gzipped"] {
            assert_eq!(choose(&wasm, refused), (wasm.clone(), ""), "{refused}");
        }
        fs::remove_dir_all(dist.parent().expect("it has one")).expect("ours to remove");
    }
}
