//! What can be behind a refusal.

use super::coded;

coded! {
    /// A cause that a person can do something about, or wait for.
    Trouble {
        /// The name is not in the zone that the world uses.
        RecordMissing = "record-missing",
        /// The zone that was edited is not the one that the world uses.
        ZoneElsewhere = "zone-elsewhere",
        /// The name was never meant to exist.
        NameNotMeant = "name-not-meant",
        /// Some name servers do not have the new record yet.
        ServersBehind = "servers-behind",
        /// The delegation is new, still spreading, or withdrawn.
        Registry = "registry",
        /// Name servers that do not answer.
        ServersDead = "servers-dead",
        /// Name servers with a wrong address, or in one family only.
        GlueBroken = "glue-broken",
        /// Aliases or name servers in slow zones.
        SlowChain = "slow-chain",
        /// Name servers that drop CAA or mixed-case questions.
        OddQuestions = "odd-questions",
        /// Name servers that do not know the zone.
        LameDelegation = "lame-delegation",
        /// Signatures that do not hold.
        DnssecChain = "dnssec-chain",
        /// More CAA records than fit, and no TCP.
        CaaTooLarge = "caa-too-large",
        /// A DS record left at the registrar.
        DsLeft = "ds-left",
        /// Keys changed without the DS record.
        KeysChanged = "keys-changed",
        /// Keys that do not come through.
        KeysBlocked = "keys-blocked",
        /// Signatures spoilt on the way to a name server.
        SignaturesSpoilt = "signatures-spoilt",
        /// Signed and unsigned name servers side by side.
        MixedSigning = "mixed-signing",
        /// Nobody renews the signatures.
        SignerStopped = "signer-stopped",
        /// The signer's clock is wrong.
        SignerClock = "signer-clock",
        /// Proofs of absence are missing.
        DenialBroken = "denial-broken",
        /// An algorithm that the CA does not take.
        OddAlgorithm = "odd-algorithm",
        /// A firewall in front of the name servers.
        DnsFirewall = "dns-firewall",
        /// The name exists without an address.
        NoAddress = "no-address",
        /// The address is private or reserved.
        PrivateAddress = "private-address",
        /// An alias to a name without an address.
        DeadAlias = "dead-alias",
        /// The TXT record is not published.
        TxtMissing = "txt-missing",
        /// The TXT record was made under a doubled name.
        TxtDoubled = "txt-doubled",
        /// An old TXT record.
        TxtStale = "txt-stale",
        /// The challenge's name is an alias to somebody else.
        ChallengeAlias = "challenge-alias",
        /// A fault that passes.
        Passing = "passing",
        /// The CA's own trouble.
        CaSide = "ca-side",
        /// The CA is slow, or waits for dead servers.
        CaSlow = "ca-slow",
        /// The request reached another server.
        OtherServer = "other-server",
        /// An IPv6 address that leads elsewhere.
        StaleAaaa = "stale-aaaa",
        /// The file lies in another document root.
        WrongRoot = "wrong-root",
        /// Rewrite rules catch the path.
        Rewrites = "rewrites",
        /// The file was removed too early.
        FileGone = "file-gone",
        /// Every path gives the same page.
        CatchAll = "catch-all",
        /// Another ACME client answers.
        OtherClient = "other-client",
        /// The file is empty.
        EmptyFile = "empty-file",
        /// Something stands around the file's content.
        PaddedFile = "padded-file",
        /// A web application firewall refuses the CA.
        WebFirewall = "web-firewall",
        /// A password or a deny rule.
        Password = "password",
        /// Some countries are shut out.
        Countries = "countries",
        /// The CDN cannot reach the server behind it.
        CdnOrigin = "cdn-origin",
        /// The application is down, or the account suspended.
        SiteDown = "site-down",
        /// A redirect without a target.
        NoLocation = "no-location",
        /// The web server does not take requests for that name.
        HostRefused = "host-refused",
        /// An application answers for the path.
        AnswersByApp = "answers-by-app",
        /// Answers break off.
        CutShort = "cut-short",
        /// Two rules that undo each other.
        RewriteLoop = "rewrite-loop",
        /// A CDN asks by HTTP and is sent to HTTPS.
        FlexibleTls = "flexible-tls",
        /// The redirect's target cannot be reached.
        DeadTarget = "dead-target",
        /// A rule that makes every target longer.
        RewriteGrows = "rewrite-grows",
        /// A broken redirect target.
        BadLocation = "bad-location",
        /// A redirect to a panel's own port.
        PanelPort = "panel-port",
        /// A redirect without its slash.
        MissingSlash = "missing-slash",
        /// A redirect into a private network.
        InternalTarget = "internal-target",
        /// A redirect to a bare address.
        AddressTarget = "address-target",
        /// TLS that is too old.
        OldTls = "old-tls",
        /// A firewall drops the connections.
        PortFiltered = "port-filtered",
        /// An IPv6 address at which nothing answers.
        DeadAaaa = "dead-aaaa",
        /// The web server is too slow.
        Overloaded = "overloaded",
        /// A slow lookup used up the time.
        SlowLookup = "slow-lookup",
        /// Large packets do not come through.
        PacketSize = "packet-size",
        /// No web server on that port.
        NothingListens = "nothing-listens",
        /// A filter breaks connections off.
        Resets = "resets",
        /// A proxy with nothing behind it.
        NoBackend = "no-backend",
        /// HTTP/2 switched on for port 80.
        Http2Plain = "http2-plain",
        /// Port 443 speaks plain HTTP.
        HttpsPlain = "https-plain",
        /// No certificate yet where the redirect leads.
        NoCertificate = "no-certificate",
        /// An answer that is not HTTP.
        OddAnswer = "odd-answer",
        /// Somebody else answers on port 443.
        OtherTls = "other-tls",
        /// CAA lists other CAs only.
        CaaOthers = "caa-others",
        /// CAA meant for this CA, and misspelt.
        CaaMisspelt = "caa-misspelt",
        /// CAA with parameters that shut this account or method out.
        CaaParameters = "caa-parameters",
        /// CAA with a critical tag that nobody knows.
        CaaCritical = "caa-critical",
        /// Five failures within an hour.
        TooManyFailures = "too-many-failures",
        /// Over a thousand failures in a row.
        Paused = "paused",
        /// The certificate exists, several times.
        SetIssued = "set-issued",
        /// The domain is shared with many others.
        DomainIssued = "domain-issued",
        /// The account is shared by many sites.
        ManyOrders = "many-orders",
        /// Many accounts from one server.
        ManyAccounts = "many-accounts",
        /// A client that leaves authorizations open.
        ManyPending = "many-pending",
        /// The CA sheds load.
        CaBusy = "ca-busy",
        /// The name is on a list of the CA.
        Forbidden = "forbidden",
        /// A name for private networks, or a misspelt ending.
        NotPublic = "not-public",
        /// A public ending is nobody's name.
        SuffixItself = "suffix-itself",
        /// A character that a host name cannot have.
        BadCharacter = "bad-character",
        /// A slip in the list of names.
        Misspelt = "misspelt",
        /// An address in the list of names.
        AddressAsName = "address-as-name",
        /// A wildcard needs a proof by DNS.
        WildcardHttp = "wildcard-http",
        /// A wildcard covers the other name.
        Redundant = "redundant",
        /// More names than one certificate takes.
        TooManyNames = "too-many-names",
        /// A client asks for whatever it is asked for.
        OnDemand = "on-demand",
        /// The client asks for something that is no name.
        OddIdentifier = "odd-identifier",
        /// An earlier failure was ignored.
        EarlierFailure = "earlier-failure",
        /// Two clicks or two clients at once.
        JudgedAlready = "judged-already",
        /// The order had failed before.
        FailedOrder = "failed-order",
        /// The order is too old, or of the other service.
        OrderGone = "order-gone",
        /// A harmless slip in the conversation.
        NonceUsed = "nonce-used",
        /// The account never accepted the terms.
        Terms = "terms",
        /// The account is gone, or of the other service.
        AccountGone = "account-gone",
        /// A certificate request that does not fit.
        RequestWrong = "request-wrong",
        /// A setting of the client.
        ProfileWrong = "profile-wrong",
        /// The must-staple option.
        MustStaple = "must-staple",
        /// The client is out of date.
        OldClient = "old-client",
        /// The transparency logs are in trouble.
        CtLogs = "ct-logs",
        /// The web directory cannot be written.
        WebDirectory = "web-directory",
        /// The hosting server cannot reach the CA.
        CaUnreachable = "ca-unreachable",
        /// The hosting server has a view of its own.
        LocalNames = "local-names",
        /// DNS is hosted elsewhere.
        DnsNotHere = "dns-not-here",
    }
}
