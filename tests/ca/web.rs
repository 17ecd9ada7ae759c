//! A web server of which every address, port and host name behaves as a row of a table says.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use hickory_net::tls::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::lab::daemon::{address, folder};
use crate::lab::{pause, secure};

/// No answer is waited for longer by anybody here.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a site does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Doing {
    /// Serves the files of its folder, 404 for what is not there.
    Serve,
    /// The same by an answer of its own making, head and body, out of the file's content.
    Raw(fn(&[u8]) -> Vec<u8>),
    /// This status with a page of its own, whatever was asked for.
    Status(u16),
    /// 200 with this text, whatever was asked for.
    Says(&'static str),
    /// This status with a `Location`; `{path}` stands for the path that was asked for.
    Redirect(u16, String),
    /// So many redirects in a row on itself, then the file.
    Hops(u16),
    /// Serves the file after this long.
    Slow(Duration),
    /// Reads the request and says nothing.
    Hang,
    /// Closes once it has read the request.
    Close,
    /// A body that never ends.
    Endless,
    /// A head that never ends.
    EndlessHead,
}

struct Site {
    doing: Doing,
    root: PathBuf,
}

type Sites = Arc<RwLock<HashMap<(SocketAddr, String), Site>>>;

/// The server: ports 80, 8080 and, by TLS, 443 on each of its addresses.
pub(crate) struct Web {
    sites: Sites,
}

impl Web {
    /// Listens on all of `addresses`. What no site is known for gets 404.
    pub(crate) fn start(base: &Path, addresses: &[&str]) -> Web {
        let keys = folder(base, "web-keys");
        secure::certificate(&keys, "203.0.113.10", "nobody.example.com");
        let chain = vec![CertificateDer::from_pem_file(keys.join("cert.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(keys.join("key.pem")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let (config, sites) = (Arc::new(config), Sites::default());
        for text in addresses {
            let ip = address(text);
            for port in [80, 443, 8080] {
                let listener = TcpListener::bind(SocketAddr::new(ip, port)).unwrap();
                let (sites, tls) = (Arc::clone(&sites), (port == 443).then(|| Arc::clone(&config)));
                std::thread::spawn(move || {
                    for stream in listener.incoming().flatten() {
                        let (sites, tls) = (Arc::clone(&sites), tls.clone());
                        // A client that goes away is its own affair.
                        std::thread::spawn(move || drop(serve(stream, tls, &sites)));
                    }
                });
            }
        }
        Web { sites }
    }

    /// From now on `host` behaves like this at this address and port; `root` is the folder of its files.
    pub(crate) fn site(&self, ip: &str, port: u16, host: &str, doing: Doing, root: &Path) {
        let ip: IpAddr = ip.parse().unwrap();
        let site = Site { doing, root: root.to_owned() };
        self.sites.write().unwrap().insert((SocketAddr::new(ip, port), host.to_ascii_lowercase()), site);
    }
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, sites: &Sites) -> std::io::Result<()> {
    let at = stream.local_addr()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match tls {
        None => talk(stream, at, sites),
        Some(config) => {
            let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
            let mut secured = StreamOwned::new(session, stream);
            talk(&mut secured, at, sites)?;
            secured.conn.send_close_notify();
            secured.flush()
        }
    }
}

/// One request, one answer.
fn talk(mut stream: impl Read + Write, at: SocketAddr, sites: &Sites) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
    let host = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("host:").map(|host| host.trim().to_owned()));
    let host = host.unwrap_or_default();
    let host = if host.ends_with(']') { host } else { host.split(':').next().unwrap_or("").to_owned() };
    let (doing, root) = match sites.read().unwrap().get(&(at, host)) {
        Some(site) => (site.doing.clone(), site.root.clone()),
        None => (Doing::Status(404), PathBuf::new()),
    };
    act(&mut stream, &doing, &root, &path)?;
    stream.flush()
}

fn act(stream: &mut impl Write, doing: &Doing, root: &Path, path: &str) -> std::io::Result<()> {
    match doing {
        Doing::Serve => stream.write_all(&file(root, path, |content| answer(200, "", content))),
        Doing::Raw(make) => stream.write_all(&file(root, path, make)),
        Doing::Status(status) => stream.write_all(&answer(*status, "", b"<html>not what you want</html>\n")),
        Doing::Says(text) => stream.write_all(&answer(200, "", text.as_bytes())),
        Doing::Redirect(status, to) => {
            let location = format!("Location: {}\r\n", to.replace("{path}", path));
            stream.write_all(&answer(*status, &location, b"elsewhere\n"))
        }
        Doing::Hops(count) => {
            let (done, rest) = hop(path);
            if done < *count {
                let location = format!("Location: /hop/{}{rest}\r\n", done + 1);
                return stream.write_all(&answer(302, &location, b"on and on\n"));
            }
            stream.write_all(&file(root, rest, |content| answer(200, "", content)))
        }
        Doing::Slow(time) => {
            pause(*time);
            stream.write_all(&file(root, path, |content| answer(200, "", content)))
        }
        Doing::Hang => {
            pause(PATIENCE);
            Ok(())
        }
        Doing::Close => Ok(()),
        Doing::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b'a'; 16_384])?;
            }
        }
        Doing::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-More: and more and more and more and more and more\r\n")?;
            }
        }
    }
}

/// How many hops a path has behind it, and where it wants to get.
fn hop(path: &str) -> (u16, &str) {
    let parsed = path.strip_prefix("/hop/").and_then(|rest| {
        let (count, _) = rest.split_once('/')?;
        Some((count.parse().ok()?, &rest[count.len()..]))
    });
    parsed.unwrap_or((0, path))
}

/// A whole answer for a file, or 404.
fn file(root: &Path, path: &str, make: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let inside = !path.contains("..") && !root.as_os_str().is_empty();
    let content = inside.then(|| std::fs::read(root.join(path.trim_start_matches('/'))).ok()).flatten();
    content.map_or_else(|| answer(404, "", b"no such file\n"), |content| make(&content))
}

/// A plain answer: `more` are whole header lines.
pub(crate) fn answer(status: u16, more: &str, body: &[u8]) -> Vec<u8> {
    let mut all = format!(
        "HTTP/1.1 {status} As asked\r\nServer: lab/1\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n",
        body.len()
    )
    .into_bytes();
    all.extend(body);
    all
}

/// The content with something before and so many times something after it, status 200.
pub(crate) fn around(before: &[u8], content: &[u8], after: u8, total: usize) -> Vec<u8> {
    let mut body = [before, content].concat();
    body.resize(total.max(body.len()), after);
    answer(200, "", &body)
}

/// In one chunk and without a length.
pub(crate) fn chunked(content: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let size = format!("{:x}\r\n", content.len());
    [head.as_bytes(), size.as_bytes(), content, b"\r\n0\r\n\r\n"].concat()
}

/// As gzip, in one stored block (RFC 1951, section 3.2.4; RFC 1952).
pub(crate) fn gzipped(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    body.extend(length.to_le_bytes());
    body.extend((!length).to_le_bytes());
    body.extend(content);
    body.extend(crc32(content).to_le_bytes());
    body.extend(u32::from(length).to_le_bytes());
    answer(200, "Content-Encoding: gzip\r\n", &body)
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
