//! What fails before or beside the CA: the cPanel plugin, cPanel's AutoSSL, cert-manager's own look.

super::entries! {
    PanelMkdir, "" 0, No, Client, free;
        ["in your web directory"] => [WebDirectory];
    PanelTimeout, "" 0, Retry, Client;
        ["acme: challenge update timeout"] => [CaSlow, ServersDead, Overloaded];
    PanelConnect, "" 0, Retry, Client, free;
        ["~Error connecting to service:", "~Error registering account key:"] => [CaUnreachable];
    AutosslNoip, "" 0, Depends, Dns, free;
        ["does not resolve to any IP addresses", "does not resolve to any IPv4 addresses",
         "does not resolve to any IPv4 IP addresses", "does not resolve to any IPv6 IP addresses"]
            => [RecordMissing, NoAddress, ZoneElsewhere, LocalNames];
    AutosslPrivate, "" 0, No, Dns, free;
        ["resolves to a private IP address", "resolves to a loopback IP address"] => [LocalNames, PrivateAddress];
    AutosslOtherhost, "" 0, Yes, Dns, free;
        ["that does not exist on this server"] => [OtherServer];
    AutosslHttp, "" 0, Depends, Answer, free;
        ["the web server responded with the following error"] => [OtherServer, WrongRoot, Rewrites, WebFirewall];
    AutosslFetch, "" 0, Depends, Connect, free;
        ["The system failed to fetch the DCV"] => [OtherServer, NothingListens, PortFiltered];
    AutosslContent, "" 0, Depends, Answer, free;
        ["of the DCV file, as accessed at"] => [OtherServer, CatchAll];
    AutosslDns, "" 0, No, Client, free;
        [
            "~DNS DCV: No local authority",
            "~does not control a domain named",
            "~Neither HTTP nor DNS DCV preflight checks succeeded",
            "~SECURED_DOMAIN_DCV_FAILURE",
        ] => [DnsNotHere];
    SelfcheckStatus, "" 0, Depends, Client, free;
        ["Waiting for HTTP-01 challenge propagation"] => [OtherServer, WrongRoot, LocalNames];
}
