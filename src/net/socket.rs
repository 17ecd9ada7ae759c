//! One connected UDP socket: everything that a line wants of the operating system.
//!
//! Linux takes several datagrams of one length in one call (UDP_SEGMENT, since 4.18) and brings them through most of
//! its stack as one: of what a question costs, sending it alone is the largest part. On the wire they are what they
//! would be if each had been sent by itself.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Datagrams that go in one call. The kernel takes 64 at least.
pub(super) const MOST_AT_ONCE: usize = 64;
/// More than a question ever permits; a longer datagram is cut, and then fails to decode.
const LONGEST: usize = 4096;

/// The socket.
pub(super) struct Socket {
    socket: UdpSocket,
    #[cfg(target_os = "linux")]
    grouping: linux::Grouping,
}

impl Socket {
    /// Opens a socket on a random port, which hears `server` alone.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(super) fn open(server: SocketAddr) -> io::Result<Self> {
        let socket = bind(server)?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        Ok(Socket {
            socket: UdpSocket::from_std(socket)?,
            #[cfg(target_os = "linux")]
            grouping: linux::Grouping::default(),
        })
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.socket.local_addr().map_or(0, |addr| addr.port())
    }

    /// Waits until there is something to read, or an error. An ICMP error makes a socket ready for "error" and not
    /// for "read".
    ///
    /// # Errors
    /// When the runtime is about to end.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.ready(Interest::READABLE | Interest::ERROR).await.map(|_| ())
    }

    /// Whether the socket takes more. If not, it wakes when it does.
    pub(super) fn is_writable(&self, cx: &mut Context<'_>) -> bool {
        matches!(self.socket.poll_send_ready(cx), Poll::Ready(Ok(())))
    }

    /// Hands over datagrams that have come, some at most, and tells how many.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when there is none.
    pub(super) fn receive(&self, each: impl FnMut(&[u8])) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        return linux::receive(&self.socket, each);
        #[cfg(not(target_os = "linux"))]
        return receive_one(&self.socket, each);
    }

    /// The error that came by ICMP, once.
    ///
    /// # Errors
    /// That error; "would block" when there is none, which tells the runtime so too.
    pub(super) fn pending_error(&self) -> io::Result<()> {
        self.socket.try_io(Interest::ERROR, || match self.socket.take_error()? {
            Some(error) => Err(error),
            None => Err(ErrorKind::WouldBlock.into()),
        })
    }

    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.socket.try_send(datagram).map(|_| ())
    }

    /// Sends datagrams of one length, at most [`MOST_AT_ONCE`], and tells how many of them left: all, or the first.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when the socket takes no more now.
    pub(super) fn send_alike(&self, datagrams: &[io::IoSlice<'_>]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        if datagrams.len() > 1
            && let Some(sent) = self.grouping.send(&self.socket, datagrams)
        {
            return sent.map(|()| datagrams.len());
        }
        match datagrams.first() {
            Some(first) => self.send(first).map(|()| 1),
            None => Ok(0),
        }
    }
}

fn receive_one(socket: &UdpSocket, mut each: impl FnMut(&[u8])) -> io::Result<usize> {
    let mut buffer = [0; LONGEST];
    let length = socket.try_recv(&mut buffer)?;
    each(&buffer[..length]);
    Ok(1)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::array;
    use std::cell::{Cell, RefCell};
    use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
    use std::os::fd::AsRawFd as _;

    use nix::errno::Errno;
    use nix::sys::socket::sockopt::UdpGsoSegment;
    use nix::sys::socket::{
        ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmsg, setsockopt,
    };
    use tokio::io::Interest;
    use tokio::net::UdpSocket;

    use super::LONGEST;

    /// Datagrams that are read in one call.
    const READ_AT_ONCE: usize = 16;

    /// Where they are read to.
    struct Inbox {
        octets: Vec<u8>,
        headers: MultiHeaders<()>,
    }

    thread_local! {
        // One for all sockets: what was read is sorted before others get a turn.
        static INBOX: RefCell<Inbox> = RefCell::new(Inbox {
            octets: vec![0; READ_AT_ONCE * LONGEST],
            headers: MultiHeaders::preallocate(READ_AT_ONCE, None),
        });
    }

    /// Hands over what has come.
    pub(super) fn receive(socket: &UdpSocket, mut each: impl FnMut(&[u8])) -> io::Result<usize> {
        INBOX.with_borrow_mut(|Inbox { octets, headers }| {
            let mut places = octets.chunks_exact_mut(LONGEST);
            let mut places: [_; READ_AT_ONCE] =
                array::from_fn(|_| [IoSliceMut::new(places.next().unwrap_or_default())]);
            let mut many = 0;
            let read = socket.try_io(Interest::READABLE, || {
                let (fd, flags) = (socket.as_raw_fd(), MsgFlags::MSG_DONTWAIT);
                for message in recvmmsg(fd, headers, places.iter_mut(), flags, None)? {
                    // An empty datagram has no slice.
                    each(message.iovs().next().unwrap_or_default());
                    many += 1;
                }
                // With fewer than there was room for that was all; the runtime need not ask to learn it.
                if many < READ_AT_ONCE { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match read {
                Err(error) if many > 0 && error.kind() == ErrorKind::WouldBlock => Ok(many),
                // A sandbox may let nobody call what few programs do.
                Err(error) if matches!(code(&error), Some(Errno::ENOSYS | Errno::EPERM)) => {
                    super::receive_one(socket, each)
                }
                read => read.map(|()| many),
            }
        })
    }

    fn code(error: &io::Error) -> Option<Errno> {
        error.raw_os_error().map(Errno::from_raw)
    }

    /// Whether the kernel, and the way to the server, take several datagrams in one call; unknown before the first.
    #[derive(Default)]
    pub(super) struct Grouping(Cell<Option<bool>>);

    impl Grouping {
        /// Sends all in one call; `None` where that cannot be done.
        pub(super) fn send(&self, socket: &UdpSocket, datagrams: &[IoSlice<'_>]) -> Option<io::Result<()>> {
            // A kernel that does not know it would take them for one datagram, and must be asked before.
            let knows = || setsockopt(socket, UdpGsoSegment, &0).is_ok();
            if !self.0.get().unwrap_or_else(knows) {
                self.0.set(Some(false));
                return None;
            }
            let each = u16::try_from(datagrams.first()?.len()).ok()?;
            let sent = socket.try_io(Interest::WRITABLE, || {
                let alike = [ControlMessage::UdpGsoSegments(&each)];
                let sent = sendmsg::<SockaddrStorage>(
                    socket.as_raw_fd(),
                    datagrams,
                    &alike,
                    MsgFlags::empty(),
                    None,
                );
                sent.map(|_| ()).map_err(io::Error::from)
            });
            let refused = |error: &io::Error| {
                // A device that adds no checksums, or a small MTU.
                matches!(code(error), Some(Errno::EIO | Errno::EINVAL | Errno::EMSGSIZE | Errno::EOPNOTSUPP))
            };
            let works = !sent.as_ref().is_err_and(refused);
            self.0.set(Some(works));
            works.then_some(sent)
        }

        #[cfg(test)]
        pub(super) fn works(&self) -> Option<bool> {
            self.0.get()
        }
    }
}

fn bind(server: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    for _ in 0..16 {
        match std::net::UdpSocket::bind((any, rand::random_range(1024..=u16::MAX))) {
            Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {}
            done => return done,
        }
    }
    std::net::UdpSocket::bind((any, 0))
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use super::*;

    async fn pair() -> (UdpSocket, Socket) {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let socket = Socket::open(server.local_addr().unwrap()).unwrap();
        socket.socket.writable().await.unwrap();
        (server, socket)
    }

    fn send_all(socket: &Socket, datagrams: &[Vec<u8>]) -> usize {
        let (mut calls, mut left) = (0, 0);
        while left < datagrams.len() {
            let rest: Vec<_> = datagrams[left..].iter().map(|one| IoSlice::new(one)).collect();
            left += socket.send_alike(&rest).unwrap();
            calls += 1;
        }
        calls
    }

    async fn heard(server: &UdpSocket, many: usize) -> Vec<Vec<u8>> {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        while all.len() < many {
            let length = server.recv(&mut buffer).await.unwrap();
            all.push(buffer[..length].to_vec());
        }
        all
    }

    #[tokio::test]
    async fn what_leaves_together_arrives_as_it_would_have_alone() {
        let (server, socket) = pair().await;
        let datagrams: Vec<Vec<u8>> = (0..MOST_AT_ONCE as u8).map(|i| vec![i; 45]).collect();
        let calls = send_all(&socket, &datagrams);
        assert_eq!(heard(&server, datagrams.len()).await, datagrams);
        #[cfg(target_os = "linux")]
        assert_eq!((calls, socket.grouping.works()), (1, Some(true)));
        #[cfg(not(target_os = "linux"))]
        assert_eq!(calls, datagrams.len());
    }

    /// More than one datagram can hold is refused, as a device without checksums refuses everything.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_may_not_leave_together_leaves_alone() {
        let (server, socket) = pair().await;
        let datagrams = [vec![1; 40_000], vec![2; 40_000]];
        assert_eq!(send_all(&socket, &datagrams), 2);
        assert_eq!(socket.grouping.works(), Some(false));
        assert_eq!(heard(&server, 2).await, datagrams);
    }

    #[tokio::test]
    async fn all_that_came_is_handed_over_and_nothing_is_made_up() {
        let (server, socket) = pair().await;
        server
            .connect(socket.socket.local_addr().map(|addr| (Ipv4Addr::LOCALHOST, addr.port())).unwrap())
            .await
            .unwrap();
        let sent: Vec<Vec<u8>> =
            (0..40).map(|i| vec![i; usize::from(i)]).chain([vec![9; LONGEST + 1]]).collect();
        for one in &sent {
            server.send(one).await.unwrap();
        }
        let mut came = Vec::new();
        while came.len() < sent.len() {
            socket.readable().await.unwrap();
            match socket.receive(|datagram| came.push(datagram.to_vec())) {
                Ok(many) => assert!(many > 0),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        assert_eq!(came[..40], sent[..40]);
        assert_eq!(came[40].len(), LONGEST, "cut");
        assert_eq!(socket.receive(|_| panic!("nothing is left")).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}
