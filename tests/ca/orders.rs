//! The certificate authority: pebble; and its client: lego.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::stage::CA_RESOLVER;
use crate::lab::daemon::{Daemon, folder};
use crate::lab::runner::find;
use crate::lab::{now, pause, secure};

/// Where pebble answers.
const AT: &str = "127.0.0.1:14000";
/// An order that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(90);

/// A pebble that runs.
pub(crate) struct Pebble {
    folder: PathBuf,
    _daemon: Daemon,
}

impl Pebble {
    /// Starts it with the CA's resolver. It goes to the usual ports of the web.
    pub(crate) fn start(base: &Path) -> Pebble {
        let folder = folder(base, "pebble");
        secure::certificate(&folder, "127.0.0.1", "localhost");
        let config = format!(
            "{{\"pebble\": {{\"listenAddress\": \"{AT}\", \"managementListenAddress\": \"127.0.0.1:15000\", \
             \"certificate\": \"cert.pem\", \"privateKey\": \"key.pem\", \"httpPort\": 80, \"tlsPort\": 443, \
             \"ocspResponderURL\": \"\", \"externalAccountBindingRequired\": false}}}}\n"
        );
        std::fs::write(folder.join("pebble.json"), config).unwrap();
        let resolver = format!("{CA_RESOLVER}:53");
        let program = find("pebble").unwrap().to_string_lossy().into_owned();
        let args = [
            // No pauses, no made-up errors, and every order is validated anew.
            "PEBBLE_VA_NOSLEEP=1",
            "PEBBLE_WFE_NONCEREJECT=0",
            "PEBBLE_AUTHZREUSE=0",
            &program,
            "-config",
            "pebble.json",
            "-dnsserver",
            &resolver,
            "-strict=false",
        ];
        let daemon = Daemon::start(&folder, "pebble", "env", &args);
        let at: SocketAddr = AT.parse().unwrap();
        let end = now() + Duration::from_secs(15);
        while TcpStream::connect(at).is_err() {
            assert!(now() < end, "pebble does not listen");
            pause(Duration::from_millis(30));
        }
        Pebble { folder, _daemon: daemon }
    }

    /// Orders a certificate for `name`, whose web server serves the files of `webroot`. The error is what
    /// lego printed last.
    pub(crate) fn order(&self, name: &str, webroot: &Path) -> Result<(), String> {
        let out = self.folder.join("orders").join(name);
        drop(std::fs::remove_dir_all(&out));
        std::fs::create_dir_all(&out).unwrap();
        let log = std::fs::File::create(out.join("log")).unwrap();
        let mut child = Command::new(find("lego").unwrap())
            .args(["--accept-tos", "--email", "post@example.com", "--domains", name, "--path"])
            .arg(&out)
            .args(["--server", &format!("https://{AT}/dir"), "--http", "--http.webroot"])
            .arg(webroot)
            .arg("run")
            .env("LEGO_CA_CERTIFICATES", self.folder.join("ca.pem"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let end = now() + LIMIT;
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if now() > end => {
                    drop(child.kill());
                    drop(child.wait());
                    break None;
                }
                None => pause(Duration::from_millis(20)),
            }
        };
        let said = std::fs::read(out.join("log")).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        let certificate = out.join("certificates").join(format!("{name}.crt"));
        match status {
            Some(status) if status.success() && certificate.is_file() => Ok(()),
            Some(status) => {
                // The account's number and the time of day are of no interest.
                let last = said.lines().rev().find(|line| line.contains("error")).unwrap_or("no error told");
                Err(format!("{status}: {last}"))
            }
            None => Err("it took too long".to_owned()),
        }
    }
}
