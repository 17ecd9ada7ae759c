//! Orders, accounts and requests (boulder `wfe2/*.go`, `ra/ra.go`, `csr/csr.go`, `web/probs.go`).

super::entries! {
    OrderNotready, "orderNotReady" 403, Retry, Order, free;
        ["is not acceptable for finalization"] => [EarlierFailure];
    AuthzNotpending, "malformed" 400, Retry, Order, free;
        ["authorization must be pending"] => [JudgedAlready];
    AuthzInvalidClient, "" 0, Retry, Order, free;
        [] => [FailedOrder];
    AuthzExpired, "malformed" 404, Retry, Order, free;
        [
            "expired authorization",
            "No such authorization",
            "No such challenge",
            "No order for ID",
            "No order found for account ID",
            "Unable to find authorization",
        ] => [OrderGone];
    AuthzNotvalid, "unauthorized" 403, Retry, Order, free;
        ["authorizations for these identifiers", "authorizations for these names"] => [OrderGone, EarlierFailure];
    ClientNonce, "badNonce" 400, Retry, Order, free;
        ["JWS has an invalid anti-replay nonce", "anti-replay nonce"] => [NonceUsed];
    ClientTos, "malformed" 400, No, Order, free;
        ["must agree to terms of service", "must agree to the subscriber agreement"] => [Terms, OldClient];
    ClientAccount, "unauthorized" 403, No, Order, free;
        [
            "Account is not valid, has status",
            "An account with the provided public key exists but is",
            "KeyID header contained an invalid account URL",
            "No account exists with the provided key",
        ] => [AccountGone];
    ClientCsr, "badCSR" 400, No, Order, free;
        [
            "CSR does not specify same identifiers as Order",
            "CSR does not specify same DNS names as Order",
            "CSR does not specify same names as Order",
            "certificate public key must be different than account key",
            "unable to parse CSR",
            "Error parsing certificate request",
            "invalid public key in CSR",
        ] => [RequestWrong];
    ClientProfile, "invalidProfile" 400, No, Order, free;
        ["unrecognized profile name", "is not permitted to use certificate profile", "~error:invalidProfile"]
            => [ProfileWrong];
    ClientMuststaple, "unauthorized" 403, No, Order, free;
        ["OCSP must-staple extension is no longer available"] => [MustStaple];
    ClientChallenge, "malformed" 400, No, Order, free;
        ["invalid challenge type", "cannot validate challenge:"] => [OldClient];
    ClientJws, "malformed" 400, No, Order, free;
        [
            "JWS header",
            "JWS has",
            "reading JWS",
            "JWS verification",
            "JWS \"signatures\" field",
            "JWS \"header\" field",
            "signatures in JWS",
            "No embedded JWK",
            "POST-as-GET requests",
            "Request payload did not parse as JSON",
            "Content-Type header on POST",
            "Error unmarshaling JSON",
        ] => [OldClient];
    CaSct, "serverInternal" 500, Retry, Ca, free;
        ["Unable to meet CA SCT embedding requirements"] => [CtLogs];
    CaInternal, "serverInternal" 500, Retry, Ca, free;
        ["~error:serverInternal", "The service is down for maintenance", "~Internal server error"] => [CaSide];
}
