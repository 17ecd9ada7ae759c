//! A wire tap before a resolver: it passes questions on, counts and keeps them, and can lose, change or
//! spread them over several caches. It stands on the address that propwatch is given, so what it counted is
//! what left for that resolver, whatever propwatch says.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::Message;
use propwatch::model::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::ask::Reply;
use super::daemon::address;
use super::now;

/// How several caches share one address.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spread {
    /// Each datagram goes to the next one.
    InTurn,
    /// The client's port decides, as with routers that hash flows.
    BySourcePort,
}

/// How a tap treats what passes.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// The part of the datagrams that is lost, each way, from 0 to 1.
    pub(crate) loss: f64,
    /// What is done to a reply.
    pub(crate) rewrite: fn(&mut Message),
    /// Which cache gets a question.
    pub(crate) spread: Spread,
}

impl Default for Manner {
    fn default() -> Self {
        Manner { loss: 0.0, rewrite: |_| (), spread: Spread::InTurn }
    }
}

/// A question that came by.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When.
    pub(crate) at: Timestamp,
    /// Name and type.
    pub(crate) question: String,
    /// What was answered, as far as an answer came.
    pub(crate) reply: Arc<Mutex<String>>,
}

/// A tap that listens on an address of its own.
#[derive(Clone)]
pub(crate) struct Tap {
    /// For the log.
    pub(crate) name: String,
    /// What propwatch is told to ask.
    pub(crate) at: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

struct Wiring {
    upstreams: Vec<SocketAddr>,
    manner: Manner,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Tap {
    /// A tap before one resolver.
    pub(crate) fn before(name: &str, at: &str, upstream: SocketAddr) -> Tap {
        Tap::start(name, at, &[upstream], Manner::default())
    }

    /// A tap before several, with a manner. Threads end with the story.
    pub(crate) fn start(name: &str, at: &str, upstreams: &[SocketAddr], manner: Manner) -> Tap {
        let ip: IpAddr = address(at);
        let at = SocketAddr::new(ip, 53);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let wiring = Arc::new(Wiring { upstreams: upstreams.to_vec(), manner, seen: Arc::clone(&seen) });
        let socket = UdpSocket::bind(at).unwrap();
        let listener = TcpListener::bind(at).unwrap();
        let streams = Arc::clone(&wiring);
        std::thread::spawn(move || datagrams(&Arc::new(socket), &wiring));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let wiring = Arc::clone(&streams);
                std::thread::spawn(move || relay(stream, &wiring));
            }
        });
        Tap { name: name.to_owned(), at, seen }
    }

    /// Everything that came by.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many questions came by.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Prints what came by, for somebody who looks for the reason of a failure.
    pub(crate) fn tell(&self) {
        for seen in self.seen() {
            println!("tap {}: {} {} -> {}", self.name, seen.at, seen.question, seen.reply.lock().unwrap());
        }
    }
}

impl Wiring {
    fn note(&self, bytes: &[u8], over: &str) -> Arc<Mutex<String>> {
        let question = match Message::from_vec(bytes) {
            Ok(m) => m.queries.iter().map(|q| format!("{} {}{over}", q.name(), q.query_type())).collect(),
            Err(_) => "junk".to_owned(),
        };
        let reply = Arc::new(Mutex::new("no reply".to_owned()));
        self.seen.lock().unwrap().push(Seen { at: now(), question, reply: Arc::clone(&reply) });
        reply
    }

    fn changed(&self, bytes: Vec<u8>, reply: &Mutex<String>) -> Vec<u8> {
        let Ok(mut message) = Message::from_vec(&bytes) else { return bytes };
        (self.manner.rewrite)(&mut message);
        *reply.lock().unwrap() = Reply::from(&message).brief();
        // Only what was changed is written anew, so that honest bytes pass as they are.
        match Message::from_vec(&bytes) {
            Ok(before) if before == message => bytes,
            _ => message.to_vec().unwrap_or(bytes),
        }
    }
}

fn datagrams(front: &Arc<UdpSocket>, wiring: &Arc<Wiring>) {
    let mut dice = StdRng::seed_from_u64(7);
    let mut turn = 0_usize;
    let mut buffer = vec![0; 65_535];
    while let Ok((length, client)) = front.recv_from(&mut buffer) {
        let bytes = buffer[..length].to_vec();
        let reply = wiring.note(&bytes, "");
        let (lost_there, lost_back) =
            (dice.random_bool(wiring.manner.loss), dice.random_bool(wiring.manner.loss));
        if lost_there {
            *reply.lock().unwrap() = "lost on the way there".to_owned();
            continue;
        }
        turn += 1;
        let key = match wiring.manner.spread {
            Spread::InTurn => turn,
            Spread::BySourcePort => usize::from(client.port()).wrapping_mul(40_503) >> 4,
        };
        let upstream = wiring.upstreams[key % wiring.upstreams.len()];
        let (front, wiring) = (Arc::clone(front), Arc::clone(wiring));
        std::thread::spawn(move || {
            let Ok(answer) = exchange(upstream, &bytes) else { return };
            let answer = wiring.changed(answer, &reply);
            if lost_back {
                reply.lock().unwrap().push_str(", lost on the way back");
            } else {
                drop(front.send_to(&answer, client));
            }
        });
    }
}

fn exchange(upstream: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(upstream)?;
    socket.set_read_timeout(Some(Duration::from_secs(15)))?;
    socket.send(bytes)?;
    let mut buffer = vec![0; 65_535];
    let length = socket.recv(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// Passes the questions of one stream on, one after the other.
fn relay(mut client: TcpStream, wiring: &Wiring) {
    let Ok(mut upstream) = TcpStream::connect(wiring.upstreams[0]) else { return };
    drop(client.set_nodelay(true));
    drop(upstream.set_nodelay(true));
    while let Ok(bytes) = framed(&mut client) {
        let reply = wiring.note(&bytes, " over tcp");
        if send(&mut upstream, &bytes).is_err() {
            return;
        }
        let Ok(answer) = framed(&mut upstream) else { return };
        let answer = wiring.changed(answer, &reply);
        if send(&mut client, &answer).is_err() {
            return;
        }
    }
}

fn framed(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn send(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut framed = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    framed.extend_from_slice(bytes);
    stream.write_all(&framed)
}
