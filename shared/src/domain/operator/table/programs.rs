//! Mail for programs, aliases and throw-away addresses: what is accepted is passed on, or read by a machine.

operators! {
    "aws" "Amazon Web Services" unrecorded: "inbound-smtp.*.amazonaws.com" S, "workmail.amazonaws.com" E, "awsapps.com" EM;
    "cloudflare" "Cloudflare Email Routing" as_customers_set: "mx.cloudflare.net" E, "mx.cloudflare.com" E;
    "duck" "DuckDuckGo Email Protection" unrecorded: "duck.com" EA;
    "fakemailgenerator" "Fake Mail Generator" unrecorded: "fakemailgenerator.com" S;
    "forward_email" "Forward Email" unrecorded: "forwardemail.net" U;
    "improvmx" "ImprovMX" unrecorded: "improvmx.com" U;
    "mail_tm" "Mail.tm" unrecorded: "mail.tm" A;
    "mailgun" "Mailgun" unrecorded: "mailgun.org" S;
    "mailinator" "Mailinator" unrecorded: "mailinator.com" SA, "mx.powered.name" S;
    "mandrill" "Mailchimp Transactional" unrecorded: "mandrillapp.com" S;
    "mxrecord" "MXRecord" unrecorded: "mxrecord.io" E, "mxrecord.mx" E;
    "postmark" "Postmark" unrecorded: "inbound.postmarkapp.com" S;
    "private_relay" "iCloud Private Relay" unrecorded: "privaterelay.appleid.com" EA;
    "sendgrid" "SendGrid" unrecorded: "mx.sendgrid.net" S;
    "simplelogin" "SimpleLogin" unrecorded: "simplelogin.co" A;
    "temp_mail" "Temp Mail" unrecorded: "temp-mail.org" S, "temp-mail.ru" S;
    "yopmail" "YOPmail" unrecorded: "yopmail.com" A;
}
