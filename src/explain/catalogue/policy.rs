//! Names that the CA takes or refuses (boulder `policy/pa.go`, `ra/ra.go`, `wfe2/wfe.go`).

super::entries! {
    PolicyForbidden, "rejectedIdentifier" 400, No, Policy, free;
        [
            "The ACME server refuses to issue a certificate for this domain name",
            "because it is forbidden by policy",
            "Policy forbids issuing for name",
        ] => [Forbidden];
    PolicySuffix, "malformed" 400, No, Policy, free;
        [
            "Domain name does not end with a valid public suffix",
            "Domain name does not end in a valid public suffix",
            "Domain name does not end with a public suffix",
            "Domain name does not end in a public suffix",
            "Domain name does not end with a valid IANA suffix",
            "Domain name does not end in a IANA suffix",
        ] => [NotPublic];
    PolicyTld, "malformed" 400, No, Policy, free;
        ["Domain name is an ICANN TLD", "Domain name is a wildcard for an ICANN TLD"] => [SuffixItself];
    PolicyChar, "malformed" 400, No, Policy, free;
        ["Domain name contains an invalid character"] => [BadCharacter];
    PolicyShape, "malformed" 400, No, Policy, free;
        [
            "Domain name has more than 10 labels",
            "Domain name ends in a dot",
            "Domain name needs at least one dot",
            "Domain name can not have two dots in a row",
            "Domain name is longer than 253 bytes",
            "Domain name contains malformed punycode",
            "Domain name contains an invalid label in a reserved format",
            "Domain name has more than one wildcard",
            "Domain name contains an invalid wildcard",
            "Domain has a label (component between dots) longer than 63 bytes",
            "Identifier value (name) is empty",
        ] => [Misspelt];
    PolicyIp, "malformed" 400, No, Policy, free;
        [
            "Identifier type is DNS but value is an IP address",
            "The ACME server can not issue a certificate for an IP address",
            "IP address is invalid",
            "does not permit IP address identifiers",
        ] => [AddressAsName];
    PolicyWild, "malformed" 400, No, Policy, free;
        ["Wildcard domain names are not supported", "Challenge type http-01 not supported by authorization"]
            => [WildcardHttp];
    PolicyRedundant, "malformed" 400, No, Policy, free;
        ["is redundant with a wildcard domain in the same request"] => [Redundant];
    PolicyToomany, "malformed" 400, No, Policy, free;
        ["Order cannot contain more than", "Cumulative length of all identifier values was greater than"]
            => [TooManyNames];
    PolicyOndemand, "rejectedIdentifier" 400, No, Policy, free;
        ["too many subdomain labels indicative of recursive on-demand issuance"] => [OnDemand];
    PolicyUnsupported, "unsupportedIdentifier" 400, No, Policy, free;
        ["unsupported identifier:", "included unsupported identifier"] => [OddIdentifier];
}
