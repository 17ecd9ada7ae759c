//! Looking names up (boulder `bdns/problem.go`, `va/dns.go`) and CAA records (`va/caa.go`).

super::entries! {
    DnsNxdomain, "dns" 400, Depends, Dns;
        [] => [RecordMissing, ZoneElsewhere, NameNotMeant, ServersBehind, Registry];
    DnsTruncated, "dns" 400, No, Dns;
        [] => [CaaTooLarge];
    DnsTimeout, "dns" 400, Depends, Dns;
        ["DNS query timed out"] => [ServersDead, OddQuestions, GlueBroken, SlowChain, Passing];
    DnsServfail, "dns" 400, Depends, Dns;
        [] => [LameDelegation, DnssecChain, OddQuestions, ServersDead];
    DnsRcode, "dns" 400, Retry, Dns;
        [] => [Passing, LameDelegation];
    DnsNet, "dns" 400, Retry, Ca;
        [] => [CaSide];
    DnsResolver, "dns" 400, Retry, Ca;
        [] => [CaSide];
    DnsUnreachable, "dns" 400, Depends, Dns;
        [] => [LameDelegation, ServersDead, DnsFirewall];
    DnsEde, "dns" 400, Depends, Dns;
        [] => [LameDelegation, DnssecChain, ServersDead];
    DnsNodata, "dns" 400, Depends, Dns;
        [
            "no valid A records found for",
            "no valid AAAA records found for",
            "No valid IP addresses found for",
            "No IPv4 addresses found for",
        ] => [NoAddress, PrivateAddress, DeadAlias, ServersBehind];
    Dns01Missing, "unauthorized" 403, Yes, Dns;
        ["No TXT record found at"] => [TxtMissing, TxtDoubled];
    Dns01Incorrect, "unauthorized" 403, Yes, Dns;
        ["Incorrect TXT record"] => [TxtStale, ChallengeAlias];
    CaaMulti, "caa" 403, No, Caa;
        ["more identifiers failed"] => [CaaOthers, CaaMisspelt, CaaParameters];
    CaaForbids, "caa" 403, Depends, Caa;
        ["prevents issuance"] => [CaaOthers, CaaMisspelt, CaaParameters, CaaCritical];
}
