//! Who is asked about, hidden in what hosts say.

use alloc::string::String;

use crate::mailbox::Mailbox;
use crate::smtp::{Reply, Stage, classify};

/// `reply` as it may be kept: without the names of `mailbox`, and without any other address. A mailbox may be named by a word that the rules
/// read (`user`, `unknown`): where hiding that changes what the reply means, it is hidden in addresses only.
pub fn mask_reply(stage: Stage, reply: &Reply, mailbox: &Mailbox) -> Reply {
    let with_text = |text| Reply { text, ..reply.clone() };
    let masked = with_text(mask_addresses(&names(mailbox).fold(reply.text.clone(), |text, name| mask_word(&text, name))));
    if classify(stage, &masked).kind == classify(stage, reply).kind { masked } else { with_text(mask_addresses(&reply.text)) }
}

/// The names that a host may know a mailbox by: its local part, and that without a subaddress.
pub(super) fn names(mailbox: &Mailbox) -> impl Iterator<Item = &str> {
    [Some(mailbox.local_part().trim_matches('"')), mailbox.base()].into_iter().flatten().filter(|name| !name.is_empty())
}

/// `text` with `word` masked wherever it stands as a word, and so whatever a host repeats of an address.
pub(super) fn mask_word(text: &str, word: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = find_word(rest, word) {
        masked.push_str(before);
        masked.push('…');
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// `text` with the local part of every address masked, and so that of a mailbox that mail is forwarded to; addresses in a URL included.
pub(super) fn mask_addresses(text: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, sign, after)) = find_sign(rest) {
        let kept = before.trim_end_matches(if sign == "@" { is_atom } else { is_unreserved });
        masked.push_str(kept);
        if kept.len() < before.len() {
            masked.push('…');
        }
        masked.push_str(sign);
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// The text before the next sign of an address, the sign, and the text behind it.
fn find_sign(text: &str) -> Option<(&str, &str, &str)> {
    let plain = text.split_once('@').map(|(before, after)| (before, "@", after));
    let encoded = text.split_once("%40").map(|(before, after)| (before, "%40", after));
    [plain, encoded].into_iter().flatten().min_by_key(|(before, ..)| before.len())
}

/// Whether a local part may hold it unquoted (RFC 5322 §3.2.3, RFC 6531 §3.3).
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

/// Whether a URL holds it as it is (RFC 3986 §2.3).
fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~+".contains(c)
}

/// The text before the next occurrence of `word` (ASCII case aside) that is no part of a longer word, and the text behind it.
fn find_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let is_part = |c: char| c.is_alphanumeric();
    let starts = text.char_indices().map(|(at, _)| at);
    for at in starts {
        let (before, from) = text.split_at_checked(at)?;
        let Some((found, after)) = from.split_at_checked(word.len()) else { continue };
        let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        if alone && found.eq_ignore_ascii_case(word) {
            return Some((before, after));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(mailbox: &str, reply: &str) -> String {
        let reply = Reply::parse(reply).expect("a reply");
        mask_reply(Stage::Rcpt, &reply, &Mailbox::parse(mailbox).expect("a mailbox")).text
    }

    #[test]
    fn ok_names_and_addresses_are_hidden() {
        for (mailbox, reply, expected) in [
            ("ghost@a.example", "550 5.1.1 <Ghost@a.example>: no ghost, ghosts here", "<…@a.example>: no …, ghosts here"),
            ("ada+news@a.example", "550 5.1.1 <ada@a.example>: ada is away", "<…@a.example>: … is away"),
            ("ada@a.example", "551 5.1.6 try <lovelace.ada+b@b.example>", "try <…@b.example>"),
            ("ada@a.example", "550 5.7.1 see https://a.example/?to=grace%40b.example&x", "see https://a.example/?to=…%40b.example&x"),
            ("ada@a.example", "550 5.1.1 ädä@b.example, @, a@@b", "…@b.example, @, …@@b"),
            ("\"ada b\"@a.example", "550 5.1.1 \"ada b\"@a.example unknown", "\"…\"@a.example unknown"),
        ] {
            assert_eq!(kept(mailbox, reply), expected, "{reply}");
        }
    }

    #[test]
    fn ok_what_is_hidden_does_not_change_the_meaning() {
        for (mailbox, reply, expected) in [
            ("user@a.example", "550 User unknown <user@a.example>", "User unknown <…@a.example>"),
            ("unknown@a.example", "550 User unknown", "User unknown"),
            ("ada@a.example", "550 User ada unknown", "User … unknown"),
        ] {
            let before = classify(Stage::Rcpt, &Reply::parse(reply).expect("a reply")).kind;
            let text = kept(mailbox, reply);
            assert_eq!(text, expected);
            assert_eq!(classify(Stage::Rcpt, &Reply::parse(&alloc::format!("550 {text}")).expect("a reply")).kind, before, "{reply}");
        }
    }
}
