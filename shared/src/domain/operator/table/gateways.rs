//! Filters before other people's mail hosts: the answer is the filter's, which may not ask the host behind it.

operators! {
    "abxsec" "ABX" unrecorded: "abxsec.com" M;
    "appriver" "AppRiver" unrecorded: "arsmtp.com" SA;
    "barracuda" "Barracuda" as_customers_set: "barracudanetworks.com" SM, "barracuda.com" M;
    "cisco" "Cisco Secure Email" unrecorded: "iphmx.com" MA;
    "cleanmail" "cleanmail" unrecorded: "cleanmail.ch" M, "cleanmail.safecenter.ch" M;
    "cloudfilter" "Cloudfilter" unrecorded: "cloudfilter.net" A;
    "cyren" "Cyren" unrecorded: "ctmail.com" S;
    "expurgate" "eXpurgate" unrecorded: "expurgate.net" S;
    "forcepoint" "Forcepoint" unrecorded: "mailcontrol.com" S;
    "hornetsecurity" "Hornetsecurity" unrecorded: "hornetsecurity.com" M, "hornetsecurity.ch" M;
    "libraesva" "Libraesva" unrecorded: "esvacloud.com" S;
    "mailchannels" "MailChannels" unrecorded: "mailchannels.net" E;
    "mcafee" "McAfee" unrecorded: "mxlogic.net" S;
    "mimecast" "Mimecast" as_customers_set: "mimecast.com" RSMA;
    "proofpoint" "Proofpoint" as_customers_set: "pphosted.com" SRMA, "gpphosted.com" R;
    "proofpoint_essentials" "Proofpoint Essentials" as_customers_set: "ppe-hosted.com" RM;
    "safentrix" "Safentrix" unrecorded: "safentrix.com" S;
    "seppmail" "SEPPmail" unrecorded: "seppmail.cloud" M, "seppmail.com" M;
    "siteground" "SiteGround" unrecorded: "mailspamprotection.com" ES;
    "smtproutes" "i-3.com" unrecorded: "smtproutes.com" S;
    "sophos" "Sophos" unrecorded: "hydra.sophos.com" M;
    "spamexperts" "SpamExperts" unrecorded: "antispamcloud.com" R, "spamexperts.com" SA, "spamexperts.eu" S, "spamexperts.net" S;
    "spamhero" "SpamHero" unrecorded: "spamh.com" S;
    "spamvor" "Spamvor" unrecorded: "spamvor.com" M;
    "symantec" "Symantec.cloud" as_customers_set: "messagelabs.com" SM, "inboundmx.com" S;
    "synaq" "SYNAQ" unrecorded: "synaq.com" A;
    "trellix" "Trellix" unrecorded: "email.fireeyecloud.com" S;
    "trend_micro" "Trend Micro" unrecorded: "tmes.trendmicro.com" M, "tmes.trendmicro.eu" M;
}
