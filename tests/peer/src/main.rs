//! What `check-if-email-exists` says of the addresses on standard input: `rcpt-peer PORT AT_ONCE SECONDS`, with the port of mail hosts, how many
//! addresses are asked about at once, and how long one connection may take.
//!
//! Its own word for each, in their order, and after how many microseconds. It finds hosts by the system's resolver, as it always does.

use std::io::{self, BufRead as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use check_if_email_exists::smtp::verif_method::{
    EverythingElseVerifMethod, GmailVerifMethod, HotmailB2BVerifMethod, HotmailB2CVerifMethod, MimecastVerifMethod, ProofpointVerifMethod,
    VerifMethod, VerifMethodSmtpConfig, YahooVerifMethod,
};
use check_if_email_exists::{CheckEmailInput, check_email};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u16>().expect("PORT AT_ONCE SECONDS"));
    let mut next = || arguments.next().expect("PORT AT_ONCE SECONDS");
    let (port, at_once, seconds) = (next(), next(), next());
    let method = method(port, Duration::from_secs(seconds.into()));
    let emails: Vec<String> = io::stdin().lock().lines().map(|line| line.expect("UTF-8")).collect();
    let queue = Arc::new(Mutex::new(emails.into_iter().enumerate()));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (queue, method) = (Arc::clone(&queue), method.clone());
        workers.spawn(async move {
            let mut answers = Vec::new();
            let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some((n, email)) = take() {
                let began = Instant::now();
                answers.push((n, ask(email, method.clone()).await, began.elapsed()));
            }
            answers
        });
    }
    let mut answers: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    answers.sort();
    for (_, word, took) in answers {
        println!("{word} {}", took.as_micros());
    }
}

/// Its own word; a panic is caught, and is one too.
async fn ask(email: String, verif_method: VerifMethod) -> String {
    let input = CheckEmailInput { to_email: email, verif_method, ..CheckEmailInput::default() };
    let checked = tokio::spawn(async move { check_email(&input).await.is_reachable }).await;
    checked.map_or_else(|_| "panicked".to_owned(), |word| format!("{word:?}").to_lowercase())
}

/// By SMTP whoever the operator is, one connection an address as is its default.
fn method(smtp_port: u16, timeout: Duration) -> VerifMethod {
    let smtp = VerifMethodSmtpConfig {
        from_email: "probe@prober.lab.example".to_owned(),
        hello_name: "prober.lab.example".to_owned(),
        smtp_port,
        smtp_timeout: Some(timeout),
        ..VerifMethodSmtpConfig::default()
    };
    VerifMethod {
        gmail: GmailVerifMethod::Smtp(smtp.clone()),
        hotmailb2b: HotmailB2BVerifMethod::Smtp(smtp.clone()),
        hotmailb2c: HotmailB2CVerifMethod::Smtp(smtp.clone()),
        mimecast: MimecastVerifMethod::Smtp(smtp.clone()),
        proofpoint: ProofpointVerifMethod::Smtp(smtp.clone()),
        yahoo: YahooVerifMethod::Smtp(smtp.clone()),
        everything_else: EverythingElseVerifMethod::Smtp(smtp),
        ..VerifMethod::default()
    }
}
