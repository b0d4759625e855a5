//! Domains of forwarding services: each address there stands for a real, private mailbox.

/// Each domain with the service whose documentation names it. Names below them count as well (`me.anonaddy.com`).
///
/// Looked at on 2026-11-23. Aliases at the domain of a person's own, or of a whole provider
/// (iCloud's Hide My Email at `icloud.com`, Fastmail's masked addresses), cannot be told by their domain.
pub(super) const RELAYS: &[(&str, &str)] = &[
    ("33mail.com", "33Mail"),
    ("4wrd.cc", "addy.io, shared domains"),
    ("8alias.com", "SimpleLogin, alias domains"),
    ("8shield.net", "SimpleLogin, alias domains"),
    ("addy.biz", "addy.io, shared domains"),
    ("addy.io", "addy.io"),
    ("addymail.com", "addy.io, shared domains"),
    ("aleeas.com", "SimpleLogin, alias domains"),
    ("aliasvault.net", "AliasVault"),
    ("anonaddy.com", "addy.io, Help: the different kinds of aliases"),
    ("anonaddy.me", "addy.io, Help: the different kinds of aliases"),
    ("dralias.com", "SimpleLogin, alias domains"),
    ("duck.com", "DuckDuckGo Email Protection"),
    ("erine.email", "Erine.email"),
    ("mailer.me", "addy.io, shared domains"),
    ("mozmail.com", "Firefox Relay"),
    ("passfwd.com", "Proton Pass, hide-my-email aliases"),
    ("passinbox.com", "Proton Pass, hide-my-email aliases"),
    ("passmail.com", "Proton Pass, hide-my-email aliases"),
    ("passmail.net", "Proton Pass, hide-my-email aliases"),
    ("privaterelay.appleid.com", "Apple, Sign in with Apple: Hide My Email"),
    ("relay.firefox.com", "Firefox Relay, its first domain"),
    ("silomails.com", "SimpleLogin, alias domains"),
    ("simplelogin.co", "SimpleLogin, alias domains"),
    ("simplelogin.com", "SimpleLogin, alias domains"),
    ("simplelogin.fr", "SimpleLogin, alias domains"),
    ("simplelogin.io", "SimpleLogin"),
    ("slmail.me", "SimpleLogin, alias domains"),
    ("slmails.com", "SimpleLogin, alias domains"),
    ("use.startmail.com", "StartMail, aliases"),
];
