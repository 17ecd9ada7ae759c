//! The body of an answer: where it ends, and what it is once its encoding is undone. Bounded whatever a
//! server sends.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use super::http::Wire;
use crate::model::Broken;

/// Octets of one line between chunks (Go's `maxLineLength`).
const MOST_LINE: usize = 4096;
/// Lines after the last chunk.
const MOST_TRAILERS: usize = 64;
/// Octets of gzip that may give nothing before it is given up.
const MOST_GZIP: usize = 1 << 20;

/// How a body is told from what may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many octets are left.
    Length(u64),
    /// Chunks (RFC 9112, section 7.1).
    Chunked {
        /// Octets left of this chunk.
        left: u64,
        /// Whether there was a chunk before, whose last line end has not been read.
        begun: bool,
        /// Whether the last chunk is over.
        over: bool,
    },
    /// Until the connection ends.
    ToClose,
}

impl Framing {
    pub(super) fn chunked() -> Self {
        Framing::Chunked { left: 0, begun: false, over: false }
    }

    /// The next octets of the body; none at its end.
    pub(super) async fn piece(&mut self, wire: &mut Wire) -> Result<Option<Vec<u8>>, Broken> {
        match self {
            Framing::ToClose => {
                let more = !wire.unread().is_empty() || wire.fill().await?;
                Ok(more.then(|| wire.take(usize::MAX)))
            }
            Framing::Length(left) => some(wire, left).await,
            Framing::Chunked { left, begun, over } => {
                if *over {
                    return Ok(None);
                }
                if *left == 0 {
                    if *begun && !line(wire).await?.is_empty() {
                        return Err(Broken::NotHttp);
                    }
                    *begun = true;
                    *left = chunk_size(&line(wire).await?)?;
                    if *left == 0 {
                        *over = true;
                        trailers(wire).await?;
                        return Ok(None);
                    }
                }
                some(wire, left).await
            }
        }
    }
}

/// At least one of `left` octets, which are all still to come.
async fn some(wire: &mut Wire, left: &mut u64) -> Result<Option<Vec<u8>>, Broken> {
    if *left == 0 {
        return Ok(None);
    }
    if wire.unread().is_empty() && !wire.fill().await? {
        return Err(Broken::Closed);
    }
    let piece = wire.take(usize::try_from(*left).unwrap_or(usize::MAX));
    *left -= piece.len() as u64;
    Ok(Some(piece))
}

/// One line, without its end.
async fn line(wire: &mut Wire) -> Result<Vec<u8>, Broken> {
    loop {
        if let Some(end) = wire.unread().iter().position(|byte| *byte == b'\n') {
            let mut line = wire.take(end + 1);
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(line);
        }
        if wire.unread().len() > MOST_LINE {
            return Err(Broken::NotHttp);
        }
        if !wire.fill().await? {
            return Err(Broken::Closed);
        }
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, Broken> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let digits = std::str::from_utf8(size).ok().filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()));
    digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).ok_or(Broken::NotHttp)
}

async fn trailers(wire: &mut Wire) -> Result<(), Broken> {
    for _ in 0..MOST_TRAILERS {
        if line(wire).await?.is_empty() {
            return Ok(());
        }
    }
    Err(Broken::HeadersTooLong)
}

/// Takes in a body up to a bound.
pub(super) enum Sink {
    /// As it comes.
    Plain(Bounded),
    /// Through gzip (RFC 1952), and how many octets have gone in.
    Gzip(Box<MultiGzDecoder<Bounded>>, usize),
}

/// Octets up to a bound; the one that does not fit is an error.
pub(super) struct Bounded {
    octets: Vec<u8>,
    most: usize,
}

impl Bounded {
    fn is_full(&self) -> bool {
        self.octets.len() >= self.most
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_full() && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let room = bytes.len().min(self.most - self.octets.len());
        self.octets.extend_from_slice(&bytes[..room]);
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    pub(super) fn new(gzip: bool, most: usize) -> Self {
        let bounded = Bounded { octets: Vec::new(), most };
        if gzip { Sink::Gzip(Box::new(MultiGzDecoder::new(bounded)), 0) } else { Sink::Plain(bounded) }
    }

    /// Takes a piece; true when there is enough.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<bool, Broken> {
        match self {
            Sink::Plain(bounded) => {
                let room = piece.len().min(bounded.most - bounded.octets.len());
                bounded.octets.extend_from_slice(&piece[..room]);
                Ok(bounded.is_full())
            }
            Sink::Gzip(decoder, taken) => {
                *taken += piece.len();
                let done = decoder.write_all(piece).and_then(|()| decoder.flush());
                let full = decoder.get_ref().is_full();
                if !full && (done.is_err() || *taken > MOST_GZIP + decoder.get_ref().most) {
                    return Err(Broken::Encoding);
                }
                Ok(full)
            }
        }
    }

    /// The body is over.
    pub(super) fn finish(&mut self) -> Result<(), Broken> {
        let Sink::Gzip(decoder, _) = self else { return Ok(()) };
        let done = decoder.try_finish();
        if done.is_err() && !decoder.get_ref().is_full() { Err(Broken::Encoding) } else { Ok(()) }
    }

    /// What came out.
    pub(super) fn into_octets(self) -> Vec<u8> {
        match self {
            Sink::Plain(bounded) => bounded.octets,
            Sink::Gzip(decoder, _) => decoder.get_ref().octets.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn undone(pieces: &[&[u8]], most: usize) -> Result<Vec<u8>, Broken> {
        let mut sink = Sink::new(true, most);
        for piece in pieces {
            if sink.push(piece)? {
                return Ok(sink.into_octets());
            }
        }
        sink.finish()?;
        Ok(sink.into_octets())
    }

    #[test]
    fn gzip_is_undone_however_it_is_cut() {
        let packed = gzip(b"hello");
        assert_eq!(undone(&[&packed], 128).unwrap(), b"hello");
        let octets: Vec<&[u8]> = packed.chunks(1).collect();
        assert_eq!(undone(&octets, 128).unwrap(), b"hello");
        assert_eq!(undone(&[&packed, &packed], 128).unwrap(), b"hellohello", "two members");
        assert_eq!(undone(&[&packed[..packed.len() - 3]], 128), Err(Broken::Encoding));
        assert_eq!(undone(&[b"no gzip at all"], 128), Err(Broken::Encoding));
        let mut wrong = packed.clone();
        let crc = wrong.len() - 8;
        wrong[crc] ^= 1;
        assert_eq!(undone(&[&wrong], 128), Err(Broken::Encoding));
    }

    #[test]
    fn a_bomb_is_cut_at_its_bound() {
        let bomb = gzip(&vec![0; 100 << 20]);
        assert_eq!(undone(&[&bomb], 128).unwrap().len(), 128);
        let nothing = gzip(b"");
        let mut sink = Sink::new(true, 128);
        let ended = (0..200_000).find_map(|_| sink.push(&nothing).err());
        assert_eq!(ended, Some(Broken::Encoding), "members without end that hold nothing");
    }

    #[test]
    fn sizes_of_chunks_are_hexadecimal() {
        assert_eq!(chunk_size(b"1F;name=value"), Ok(31));
        assert_eq!(chunk_size(b"5  "), Ok(5));
        for wrong in [&b""[..], b"-1", b"0x5", b"5 5", b"11112222333344445"] {
            assert_eq!(chunk_size(wrong), Err(Broken::NotHttp), "{wrong:?}");
        }
    }
}
