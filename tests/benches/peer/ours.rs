//! Rcpt's library about the addresses on standard input, as the peer's program does it: its own word for each, in their order, and after how many
//! microseconds.

use std::io::{self, BufRead as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prober::config::{Config, Given};
use prober::probe::{Prober, Wishes};
use prober::verify::{Question, verify};
use shared::verdict::Level;
use tokio::task::JoinSet;

use super::run::SECONDS;

pub(crate) fn run(port: &str, at_once: &str) {
    let mut config = Config::from_given(Given::default(), true).expect("the lab's settings");
    config.dns = vec!["127.77.0.53:53".parse().expect("an address")];
    config.smtp_port = port.parse().expect("a port");
    let at_once: usize = at_once.parse().expect("a number");
    let emails: Vec<String> = io::stdin().lock().lines().map(|line| line.expect("UTF-8")).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let answers = runtime.block_on(async {
        let prober = Arc::new(Prober::new(&config).expect("a prober"));
        let answers = ask_all(&prober, emails, at_once).await;
        prober.farewells().finish(Duration::from_secs(3)).await;
        answers
    });
    for (_, word, took) in answers {
        println!("{word} {}", took.as_micros());
    }
}

async fn ask_all(prober: &Arc<Prober>, emails: Vec<String>, at_once: usize) -> Vec<(usize, &'static str, Duration)> {
    let queue = Arc::new(Mutex::new(emails.into_iter().enumerate()));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (queue, prober) = (Arc::clone(&queue), Arc::clone(prober));
        workers.spawn(async move {
            let mut answers = Vec::new();
            let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some((n, email)) = take() {
                let (began, patience) = (Instant::now(), Duration::from_secs(SECONDS));
                let question = Question { email: &email, level: Level::Smtp, patience, wishes: Wishes::default(), request_id: "bench" };
                let status = verify(&prober, question).await.status();
                answers.push((n, status.as_str(), began.elapsed()));
            }
            answers
        });
    }
    let mut answers: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    answers.sort_unstable();
    answers
}
