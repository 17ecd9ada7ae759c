//! What a CA saw when it refused.

use super::coded;

coded! {
    /// The kinds of error text, in the order in which they are tried where several fit.
    Class {
        /// A name server said that there is no such name.
        DnsNxdomain = "dns.nxdomain",
        /// The answer was cut off, over TCP as well.
        DnsTruncated = "dns.truncated",
        /// No answer came in time.
        DnsTimeout = "dns.timeout",
        /// The CA's resolver got nothing that it could use.
        DnsServfail = "dns.servfail",
        /// Another error code.
        DnsRcode = "dns.rcode",
        /// The CA could not reach its own resolver.
        DnsNet = "dns.net",
        /// The CA's own resolver failed.
        DnsResolver = "dns.resolver",
        /// The parent has a DS record, and no key fits it.
        DnssecDnskeyMissing = "dnssec.dnskey_missing",
        /// The signatures do not hold.
        DnssecBogus = "dnssec.bogus",
        /// The signatures are too old.
        DnssecSigExpired = "dnssec.sig_expired",
        /// The signatures are not valid yet.
        DnssecSigFuture = "dnssec.sig_future",
        /// A signed zone answered without signatures.
        DnssecRrsigMissing = "dnssec.rrsig_missing",
        /// That something does not exist was not proved.
        DnssecNsecMissing = "dnssec.nsec_missing",
        /// An algorithm or a key that cannot be used.
        DnssecOther = "dnssec.other",
        /// No name server of the zone could be reached.
        DnsUnreachable = "dns.unreachable",
        /// The resolver gave another reason (RFC 8914).
        DnsEde = "dns.ede",
        /// The name has no address that the CA would use.
        DnsNodata = "dns.nodata",
        /// DNS-01: the TXT record is not there.
        Dns01Missing = "dns01.missing",
        /// DNS-01: another TXT record is there.
        Dns01Incorrect = "dns01.incorrect",
        /// The redirects run in a circle.
        RedirectLoop = "redirect.loop",
        /// More redirects than the CA follows.
        RedirectMany = "redirect.many",
        /// A redirect to a path of more than 2000 characters.
        RedirectLong = "redirect.long",
        /// A redirect by a status that the CA does not follow.
        RedirectCode = "redirect.code",
        /// A redirect to something that is not the web.
        RedirectScheme = "redirect.scheme",
        /// A redirect to a port other than 80 and 443.
        RedirectPort = "redirect.port",
        /// A redirect without a host.
        RedirectNohost = "redirect.nohost",
        /// A redirect whose host and path have run together.
        RedirectSlash = "redirect.slash",
        /// A redirect to a name that is not public.
        RedirectTld = "redirect.tld",
        /// A redirect to an address that is not public.
        RedirectReserved = "redirect.reserved",
        /// A redirect to an address instead of a name.
        RedirectIpOld = "redirect.ip_old",
        /// A redirect by a server with TLS before 1.2.
        RedirectTlsOld = "redirect.tls_old",
        /// A file came, with another content.
        HttpMismatch = "http.mismatch",
        /// The file is not there: 404 or 410.
        Http404 = "http.404",
        /// Access was refused: 401, 403, 406 or 451.
        Http40xAuth = "http.40x_auth",
        /// A CDN could not reach the server behind it: 520 to 527, 530.
        HttpCdn52x = "http.cdn_52x",
        /// The web server failed: another 5xx.
        Http5xx = "http.5xx",
        /// A redirect that leads nowhere: 3xx.
        Http3xx = "http.3xx",
        /// The request was refused: another 4xx.
        Http4xx = "http.4xx",
        /// A success that is not 200.
        Http2xx = "http.2xx",
        /// A page came instead of the file.
        HttpBody = "http.body",
        /// The answer broke off.
        HttpBodyread = "http.bodyread",
        /// No connection came about in time.
        NetTimeoutConnect = "net.timeout_connect",
        /// Connected, and then no answer in time.
        NetTimeoutAfter = "net.timeout_after",
        /// The port is closed.
        NetRefused = "net.refused",
        /// The connection was broken off.
        NetReset = "net.reset",
        /// There is no way to the address.
        NetUnreach = "net.unreach",
        /// HTTP/2 on the plain port.
        NetH2 = "net.h2",
        /// Plain HTTP on the port for HTTPS.
        NetNotls = "net.notls",
        /// The TLS handshake was refused.
        TlsAlert = "tls.alert",
        /// The answer could not be read.
        NetOther = "net.other",
        /// No connection, in words of before 2018.
        NetConnectOld = "net.connect_old",
        /// The address is not public.
        NetReserved = "net.reserved",
        /// CAA forbids it for several names.
        CaaMulti = "caa.multi",
        /// CAA forbids it.
        CaaForbids = "caa.forbids",
        /// The looks from elsewhere failed inside the CA.
        MpicRpc = "mpic.rpc",
        /// The looks from elsewhere did not come about.
        MpicUnknown = "mpic.unknown",
        /// TLS-ALPN-01: the protocol was not accepted.
        AlpnNegotiate = "alpn.negotiate",
        /// TLS-ALPN-01: another certificate was shown.
        AlpnCert = "alpn.cert",
        /// TLS-ALPN-01: nobody could be reached, or no certificate came.
        AlpnContact = "alpn.contact",
        /// The account is paused for that name.
        RatePaused = "rate.paused",
        /// Too many failed tries for that name.
        RateFailures = "rate.failures",
        /// The same certificate was issued too often.
        RateDuplicate = "rate.duplicate",
        /// Too many certificates for the domain.
        RatePerdomain = "rate.perdomain",
        /// Too many orders of the account.
        RateNeworders = "rate.neworders",
        /// Too many new accounts from one address.
        RateRegistrations = "rate.registrations",
        /// Too many open authorizations, in words of before 2024.
        RatePendingOld = "rate.pending_old",
        /// The CA is too busy.
        RateBusy = "rate.busy",
        /// The CA issues nothing for that name.
        PolicyForbidden = "policy.forbidden",
        /// The name has no public ending.
        PolicySuffix = "policy.suffix",
        /// The name is a public ending itself.
        PolicyTld = "policy.tld",
        /// A character that no such name has.
        PolicyChar = "policy.char",
        /// The name is not formed as names are.
        PolicyShape = "policy.shape",
        /// An address instead of a name.
        PolicyIp = "policy.ip",
        /// A wildcard where none can be.
        PolicyWild = "policy.wild",
        /// A name that a wildcard covers already.
        PolicyRedundant = "policy.redundant",
        /// Too many names.
        PolicyToomany = "policy.toomany",
        /// A name that repeats itself.
        PolicyOndemand = "policy.ondemand",
        /// A kind of identifier that the CA does not know.
        PolicyUnsupported = "policy.unsupported",
        /// The order was finalized too early.
        OrderNotready = "order.notready",
        /// That authorization had been judged already.
        AuthzNotpending = "authz.notpending",
        /// The client met an authorization that had failed.
        AuthzInvalidClient = "authz.invalid_client",
        /// The order or authorization is gone.
        AuthzExpired = "authz.expired",
        /// The authorizations of the order do not hold.
        AuthzNotvalid = "authz.notvalid",
        /// A nonce was used twice.
        ClientNonce = "client.nonce",
        /// The terms of service were not accepted.
        ClientTos = "client.tos",
        /// The account is not there, or switched off.
        ClientAccount = "client.account",
        /// The certificate request does not fit.
        ClientCsr = "client.csr",
        /// A profile that the CA does not know.
        ClientProfile = "client.profile",
        /// Must-staple, which is no longer offered.
        ClientMuststaple = "client.muststaple",
        /// A kind of challenge that cannot be used.
        ClientChallenge = "client.challenge",
        /// A request that the CA could not read.
        ClientJws = "client.jws",
        /// The transparency logs failed the CA.
        CaSct = "ca.sct",
        /// Something failed inside the CA.
        CaInternal = "ca.internal",
        /// The panel could not write the file.
        PanelMkdir = "panel.mkdir",
        /// The panel gave up waiting for the CA.
        PanelTimeout = "panel.timeout",
        /// The panel could not reach the CA.
        PanelConnect = "panel.connect",
        /// AutoSSL: the name has no address.
        AutosslNoip = "autossl.noip",
        /// AutoSSL: the name leads to a private address.
        AutosslPrivate = "autossl.private",
        /// AutoSSL: the name leads to another server.
        AutosslOtherhost = "autossl.otherhost",
        /// AutoSSL: the file was not served.
        AutosslHttp = "autossl.http",
        /// AutoSSL: the file could not be fetched.
        AutosslFetch = "autossl.fetch",
        /// AutoSSL: another content was served.
        AutosslContent = "autossl.content",
        /// AutoSSL: no proof by DNS either.
        AutosslDns = "autossl.dns",
        /// cert-manager: its own look at the file failed.
        SelfcheckStatus = "selfcheck.status",
        /// Pebble: the name could not be looked up.
        PebbleResolve = "pebble.resolve",
        /// Pebble: a status that is not 200.
        PebbleStatus = "pebble.status",
        /// Pebble: too many redirects.
        PebbleRedirect = "pebble.redirect",
        /// Pebble and Go programs: the port is closed.
        PebbleRefused = "pebble.refused",
    }
}
