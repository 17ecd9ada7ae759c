//! Redirects (boulder `va/http.go`, `processRedirect` and `extractRequestTarget`).

super::entries! {
    RedirectLoop, "connection" 400, No, Redirect;
        ["Redirect loop detected"] => [RewriteLoop, FlexibleTls, DeadTarget];
    RedirectMany, "connection" 400, No, Redirect;
        ["Too many redirects"] => [RewriteGrows, RewriteLoop];
    RedirectLong, "connection" 400, No, Redirect;
        ["Redirect target too long"] => [RewriteGrows];
    RedirectCode, "connection" 400, No, Redirect;
        ["received disallowed redirect status code"] => [AnswersByApp];
    RedirectScheme, "connection" 400, No, Redirect;
        ["Invalid protocol scheme in redirect target"] => [BadLocation];
    RedirectPort, "connection" 400, No, Redirect;
        ["Invalid port in redirect target"] => [PanelPort];
    RedirectNohost, "connection" 400, No, Redirect;
        ["Invalid empty host in redirect target"] => [BadLocation];
    RedirectSlash, "connection" 400, No, Redirect;
        ["Check webserver config for missing '/' in redirect target"] => [MissingSlash];
    RedirectTld, "connection" 400, No, Redirect;
        ["Invalid host in redirect target, must end in IANA registered TLD"] => [InternalTarget, BadLocation];
    RedirectReserved, "connection" 400, No, Redirect;
        ["Invalid host in redirect target:"] => [InternalTarget];
    RedirectIpOld, "connection" 400, No, Redirect;
        ["Only domain names are supported, not IP addresses"] => [AddressTarget];
    RedirectTlsOld, "connection" 400, No, Redirect;
        ["redirected to an HTTPS server that doesn't support TLSv1.2 or better"] => [OldTls];
}
