//! Limits (boulder `ratelimits/limiter.go`, `wfe2/wfe.go`).

super::entries! {
    RatePaused, "rateLimited" 429, No, Limits, free;
        ["Your account is temporarily prevented from requesting certificates for"] => [Paused];
    RateFailures, "rateLimited" 429, Yes, Limits, free;
        ["too many failed authorizations"] => [TooManyFailures];
    RateDuplicate, "rateLimited" 429, Yes, Limits, free;
        ["already issued for this exact set of", "already issued for exact set of"] => [SetIssued];
    RatePerdomain, "rateLimited" 429, Yes, Limits, free;
        ["already issued for"] => [DomainIssued];
    RateNeworders, "rateLimited" 429, Yes, Limits, free;
        ["too many new orders"] => [ManyOrders];
    RateRegistrations, "rateLimited" 429, Yes, Limits, free;
        ["too many new registrations", "too many registrations"] => [ManyAccounts];
    RatePendingOld, "rateLimited" 429, Yes, Limits, free;
        ["too many currently pending authorizations"] => [ManyPending];
    RateBusy, "rateLimited" 503, Retry, Limits, free;
        ["Service busy; retry later"] => [CaBusy];
}
