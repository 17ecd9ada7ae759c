//! What the web server answered (boulder `va/http.go`, `processHTTPValidation` and `validateHTTP01`).

super::entries! {
    HttpMismatch, "unauthorized" 403, Depends, Answer;
        ["The key authorization file from the server did not match this challenge"]
            => [OtherServer, OtherClient, CatchAll, EmptyFile];
    Http404, "unauthorized" 403, Depends, Answer;
        [] => [OtherServer, WrongRoot, Rewrites, FileGone];
    Http40xAuth, "unauthorized" 403, No, Answer;
        [] => [WebFirewall, Password, Countries];
    HttpCdn52x, "unauthorized" 403, No, Answer;
        [] => [CdnOrigin];
    Http5xx, "unauthorized" 403, Retry, Answer;
        [] => [SiteDown, Rewrites];
    Http3xx, "unauthorized" 403, No, Answer;
        [] => [NoLocation];
    Http4xx, "unauthorized" 403, No, Answer;
        [] => [HostRefused, WebFirewall];
    Http2xx, "unauthorized" 403, No, Answer;
        [] => [AnswersByApp];
    HttpBody, "unauthorized" 403, Depends, Answer;
        [] => [OtherServer, CatchAll, OtherClient, PaddedFile];
    HttpBodyread, "unauthorized" 403, Retry, Answer;
        ["Error reading HTTP response body"] => [CutShort];
    PebbleResolve, "connection" 400, Depends, Dns;
        ["could not resolve URL", "error occurred while resolving URL"] => [RecordMissing, LameDelegation];
    PebbleStatus, "unauthorized" 403, Depends, Answer;
        ["Non-200 status code from HTTP"] => [OtherServer, WrongRoot, Rewrites];
    PebbleRedirect, "connection" 400, No, Redirect;
        ["stopped after 10 redirects"] => [RewriteLoop, RewriteGrows];
    PebbleRefused, "connection" 400, Depends, Connect;
        ["connect: connection refused"] => [NothingListens, OtherServer];
}
