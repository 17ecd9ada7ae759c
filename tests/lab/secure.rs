//! Keys and certificates: zones signed by ldns, a certificate authority made by openssl.

use std::path::Path;

use super::daemon::{folder, shell};
use super::zone::Zone;

/// A signed zone, and the DS record that its parent should have.
pub(crate) struct Signed {
    /// The zone with its signatures.
    pub(crate) zone: Zone,
    /// `name TTL IN DS tag algorithm type digest`.
    pub(crate) ds: String,
}

/// Makes a key for the zone and signs it.
pub(crate) fn sign(base: &Path, zone: &Zone) -> Signed {
    sign_as(base, zone, "ECDSAP256SHA256", "")
}

/// The same with a key of this algorithm (and its size) and options of ldns-signzone.
pub(crate) fn sign_as(base: &Path, zone: &Zone, algorithm: &str, options: &str) -> Signed {
    let folder = folder(base, &format!("keys-{}", zone.origin.trim_end_matches('.')));
    let dir = folder.display();
    let (file, origin) = (zone.file(), zone.origin.trim_end_matches('.'));
    std::fs::write(folder.join(&file), zone.text()).unwrap();
    let key = shell(&format!("cd {dir} && ldns-keygen -r /dev/urandom -a {algorithm} -k {origin}"));
    let key = key.trim();
    shell(&format!("cd {dir} && ldns-signzone {options} -f signed {file} {key}"));
    let ds = shell(&format!("cd {dir} && ldns-key2ds -n -2 {key}.key")).trim().replace('\t', " ");
    let signed = std::fs::read_to_string(folder.join("signed")).unwrap();
    Signed { zone: Zone { signed: Some(signed), ..zone.clone() }, ds }
}

/// A certificate authority (`ca.pem`) and a certificate of it for an address and a name (`cert.pem`,
/// `key.pem`) in `folder`.
pub(crate) fn certificate(folder: &Path, ip: &str, name: &str) {
    let dir = folder.display();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    shell(&format!(
        "cd {dir} && openssl req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj '/CN=lab CA' \
         -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>&1"
    ));
    let extensions = format!(
        "basicConstraints=critical,CA:FALSE\nsubjectAltName=IP:{ip},DNS:{name}\nextendedKeyUsage=serverAuth\n"
    );
    std::fs::write(folder.join("leaf.ext"), extensions).unwrap();
    shell(&format!(
        "cd {dir} && openssl req {key} -keyout key.pem -out leaf.csr -subj '/CN={name}' 2>&1 && \
         openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile leaf.ext -out cert.pem 2>&1"
    ));
}
