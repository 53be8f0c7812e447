//! What the page may do, and who may show it: one text for the server (`serve.rs`), for the page's own `meta`, and for hosts
//! elsewhere.

/// What the page may load and run: of other hosts nothing but a lesson that its address names, by https, and no text as a script.
/// It stands in the page's own `meta` as well, where no host can forget it.
pub const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' https:; \
                          style-src 'self'; img-src 'self' data: blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'";

/// Headers of every answer; pages of these origins may have the page in a frame. Browsers take `frame-ancestors` from a header
/// alone, not from a `meta`.
///
/// `no-cache`: a browser asks again each time and hears 304 while nothing has changed, so a page that was built anew is never mixed
/// with a remembered one. Isolation (`cross-origin-…`) lets the page read its own memory and fine clocks, and lets nobody else.
pub fn all(frames: &str) -> [(&'static str, String); 7] {
    let policy = format!("{POLICY}; frame-ancestors {frames}");
    [
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("content-security-policy", policy.as_str()),
    ]
    .map(|(name, value)| (name, value.to_owned()))
}

/// The file `_headers`, as Netlify, Cloudflare Pages and others read it at the root of a site.
pub fn file() -> String {
    let lines: Vec<String> = all("'self'").iter().map(|(name, value)| format!("  {name}: {value}\n")).collect();
    format!(
        "# Headers of all files, as Netlify, Cloudflare Pages and their like read them at the root of a site.\n\
         # A course page of another host that shows Basin in a frame is named behind frame-ancestors 'self'.\n\
         /*\n{}",
        lines.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_what_the_server_sends() {
        let file = file();
        let told: Vec<&str> = file.lines().skip_while(|line| *line != "/*").skip(1).map(str::trim).collect();
        let sent = all("'self'").map(|(name, value)| format!("{name}: {value}"));
        assert_eq!(told, sent);
        // Netlify ignores what it cannot read in a line; a policy has none of its marks.
        assert!(!POLICY.contains(['\n', '"', '<', '#']), "{POLICY}");
    }
}
