//! Zone files.

/// A zone as text that nsd, knot and bind9 all read.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    /// With the trailing dot.
    pub(crate) origin: String,
    /// Raised with every edit.
    pub(crate) serial: u32,
    /// SOA TTL and MINIMUM: how long "does not exist" is kept.
    pub(crate) negative: u32,
    /// TTL of the records that give none.
    pub(crate) ttl: u32,
    /// Lines of the file.
    pub(crate) records: Vec<String>,
    /// The file as a signer wrote it, in place of the lines.
    pub(crate) signed: Option<String>,
}

impl Zone {
    /// An empty zone with serial 1.
    pub(crate) fn new(origin: &str) -> Zone {
        Zone {
            origin: origin.to_owned(),
            serial: 1,
            negative: 15,
            ttl: 300,
            records: Vec::new(),
            signed: None,
        }
    }

    /// With another TTL.
    pub(crate) fn ttl(mut self, ttl: u32) -> Zone {
        self.ttl = ttl;
        self
    }

    /// With another negative TTL.
    pub(crate) fn negative(mut self, negative: u32) -> Zone {
        self.negative = negative;
        self
    }

    /// With one more record, a line such as `www A 203.0.113.5`.
    pub(crate) fn with(mut self, line: &str) -> Zone {
        self.records.push(line.to_owned());
        self
    }

    /// The next version: every line for which `matches` is true is replaced, or dropped if `by` is empty.
    pub(crate) fn edited(&self, matches: &str, by: &str) -> Zone {
        let mut next = self.clone();
        next.serial += 1;
        next.records.retain(|line| matches.is_empty() || !line.contains(matches));
        if !by.is_empty() {
            next.records.push(by.to_owned());
        }
        next
    }

    /// The file.
    pub(crate) fn text(&self) -> String {
        if let Some(signed) = &self.signed {
            return signed.clone();
        }
        let Zone { origin, serial, negative, ttl, .. } = self;
        let mut text = format!("$ORIGIN {origin}\n$TTL {ttl}\n");
        text += &format!("@ {negative} SOA ns1.lab. post.lab. {serial} 3600 600 86400 {negative}\n");
        self.records.iter().for_each(|line| text += &format!("{line}\n"));
        text
    }

    /// The file's name.
    pub(crate) fn file(&self) -> String {
        if self.origin == "." { "root.zone".to_owned() } else { format!("{}zone", self.origin) }
    }
}
