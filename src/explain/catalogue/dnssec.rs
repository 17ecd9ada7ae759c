//! Signatures, by the reasons that the CA's resolver gives (RFC 8914; boulder `bdns/problem.go`).

super::entries! {
    DnssecDnskeyMissing, "dns" 400, No, Dns;
        [] => [DsLeft, KeysChanged, KeysBlocked];
    DnssecBogus, "dns" 400, No, Dns;
        [] => [KeysChanged, DsLeft, SignaturesSpoilt, MixedSigning];
    DnssecSigExpired, "dns" 400, No, Dns;
        [] => [SignerStopped, SignerClock];
    DnssecSigFuture, "dns" 400, Retry, Dns;
        [] => [SignerClock];
    DnssecRrsigMissing, "dns" 400, No, Dns;
        [] => [MixedSigning, SignaturesSpoilt];
    DnssecNsecMissing, "dns" 400, No, Dns;
        [] => [DenialBroken];
    DnssecOther, "dns" 400, No, Dns;
        [] => [OddAlgorithm];
}
