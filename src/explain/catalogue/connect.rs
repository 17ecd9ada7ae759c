//! Connections, TLS, and the looks from elsewhere (boulder `va/va.go`, `va/tlsalpn.go`, `iana/ip.go`).

super::entries! {
    NetTimeoutConnect, "connection" 400, Depends, Connect;
        ["Timeout during connect"] => [PortFiltered, OtherServer, DeadAaaa];
    NetTimeoutAfter, "connection" 400, Retry, Answer;
        ["Timeout after connect", "your server may be slow or overloaded"]
            => [Overloaded, SlowLookup, DeadAaaa, PacketSize];
    NetRefused, "connection" 400, Depends, Connect;
        ["Connection refused"] => [NothingListens, OtherServer];
    NetReset, "connection" 400, No, Connect;
        ["Connection reset by peer"] => [Resets, NoBackend];
    NetUnreach, "connection" 400, Depends, Connect;
        ["Network unreachable"] => [DeadAaaa, OtherServer];
    NetH2, "connection" 400, No, Answer;
        ["Server is speaking HTTP/2 over HTTP"] => [Http2Plain];
    NetNotls, "malformed" 400, No, Tls;
        ["Server only speaks HTTP, not TLS"] => [HttpsPlain];
    TlsAlert, "tls" 400, No, Tls;
        ["remote error: tls:"] => [NoCertificate];
    NetOther, "connection" 400, Retry, Answer;
        ["Error getting validation data"] => [OddAnswer, Passing];
    NetConnectOld, "connection" 400, Depends, Connect;
        ["Could not connect to"] => [NothingListens, PortFiltered, OtherServer];
    NetReserved, "connection" 400, No, Connect;
        ["IP address is in a reserved address block"] => [PrivateAddress];
    MpicRpc, "serverInternal" 500, Retry, Ca;
        [
            "Secondary validation RPC failed",
            "Secondary validation RPC canceled",
            "Secondary validation RPC returned malformed result",
            "Remote PerformValidation RPC failed",
            "Remote PerformValidation RPC canceled",
        ] => [CaSide, Overloaded];
    MpicUnknown, "serverInternal" 500, Retry, Ca;
        [
            "validation failed but the problem is unavailable",
            "Insufficient remote perspectives",
            "Could not communicate with VA",
        ] => [CaSide];
    AlpnNegotiate, "unauthorized" 403, No, Tls;
        ["Cannot negotiate ALPN protocol"] => [OtherTls];
    AlpnCert, "unauthorized" 403, Depends, Tls;
        ["Incorrect validation certificate for tls-alpn-01 challenge"] => [OtherServer, OtherTls];
    AlpnContact, "malformed" 400, No, Tls;
        ["no IPv4 addresses to try as fallback", "No certs presented for"] => [DeadAaaa, OtherTls];
}
