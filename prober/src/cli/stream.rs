//! `rcpt work --from TOPIC --to TOPIC`.

use super::Fault;
use super::verify::Level;
use crate::config::Config;
use crate::queue::Address;
use crate::queue::kafka::is_name;

/// A stream of addresses, verified into a stream of verdicts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Streams, with RCPT_QUEUE=kafka://…")]
pub(super) struct Stream {
    /// Verify the addresses of this topic instead: plain text, or JSON objects with the address and perhaps an id
    #[arg(long, value_name = "TOPIC", requires = "to")]
    from: Option<String>,
    /// The topic of their verdicts, under the same key and with the same id and headers
    #[arg(long, value_name = "TOPIC", requires = "from")]
    to: Option<String>,
    /// The topic of messages that cannot be meant, as they came [default: FROM.dead]
    #[arg(long, value_name = "TOPIC", requires = "from")]
    dead: Option<String>,
    /// The consumer group that shares the work [default: PREFIX.FROM.TO]
    #[arg(long, value_name = "NAME", requires = "from")]
    group: Option<String>,
    /// The member of JSON objects that has the address
    #[arg(long, value_name = "NAME", default_value = "email")]
    member: String,
    /// How far to follow the question
    #[arg(long, value_enum, default_value_t = Level::Smtp)]
    level: Level,
    /// How long an address may be put off in all by greylists and rate limits
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    wait_s: u32,
}

/// Which topics.
#[derive(Debug, PartialEq, Eq)]
struct Topics {
    from: String,
    to: String,
    dead: String,
}

impl Stream {
    /// Whether a stream is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.from.is_some()
    }

    fn topics(&self) -> Result<Topics, Fault> {
        let (Some(from), Some(to)) = (self.from.clone(), self.to.clone()) else {
            return Err(Fault::BadUse("--from and --to: expected both".to_owned()));
        };
        let dead = self.dead.clone().unwrap_or_else(|| format!("{from}.dead"));
        if let Some(wrong) = [&from, &to, &dead].into_iter().find(|name| !is_name(name)) {
            return Err(Fault::BadUse(format!("expected the name of a topic, found {wrong:?}")));
        }
        // Verdicts that are taken for questions would never end.
        if from == to || from == dead {
            return Err(Fault::BadUse("--from: expected another topic than what comes of it goes to".to_owned()));
        }
        Ok(Topics { from, to, dead })
    }
}

/// The address of the Kafka.
fn address(config: &Config) -> Result<&crate::queue::kafka::Address, Fault> {
    match &config.queue {
        Address::Kafka(address) => Ok(address),
        _ => Err(Fault::BadUse("--from: expected RCPT_QUEUE=kafka://HOST:PORT beside it, found another queue".to_owned())),
    }
}

/// Verifies a stream until Ctrl-C or SIGTERM.
#[cfg(feature = "kafka")]
pub(super) async fn run(args: &Stream, config: &Config, concurrency: u16) -> Result<(), Fault> {
    use std::sync::Arc;
    use std::time::Duration;

    use crate::probe::Prober;
    use crate::stream::{self, Order, Tally};
    use crate::{logging, serve};

    let (Topics { from, to, dead }, address) = (args.topics()?, address(config)?.clone());
    if args.level == Level::Smtp && config.identity.is_none() {
        return Err(Fault::BadUse("RCPT_HELO and RCPT_MAIL_FROM are not set: expected both, or --level dns".to_owned()));
    }
    logging::start(config.log);
    super::lab::look_for(config).await;
    let prober = Arc::new(Prober::new(config).map_err(Fault::Failed)?);
    let order = Order {
        group: args.group.clone().unwrap_or_else(|| address.name(&format!("{from}.{to}"))),
        address,
        from,
        to,
        dead,
        member: args.member.clone(),
        level: args.level.into(),
        concurrency: concurrency.into(),
        patience: config.deadline,
        wait: Duration::from_secs(args.wait_s.into()),
    };
    tracing::info!(from = order.from, to = order.to, group = order.group, "verifying a stream");
    let (stop, tally) = (super::signals::watch()?, Arc::new(Tally::default()));
    let showing = tokio::spawn(show(Arc::clone(&tally)));
    let done = stream::run(Arc::clone(&prober), order, Arc::clone(&tally), stop).await;
    showing.abort();
    prober.farewells().finish(serve::LEAVE_TAKING).await;
    anstream::eprintln!("rcpt: {}", tally.standing());
    done.map_err(Fault::Failed)
}

/// Without Kafka no address of one is read to begin with.
#[cfg(not(feature = "kafka"))]
#[expect(clippy::unused_async, reason = "as it is with Kafka")]
pub(super) async fn run(args: &Stream, config: &Config, _: u16) -> Result<(), Fault> {
    args.topics()?;
    address(config)?;
    Err(Fault::BadUse(crate::queue::kafka::ABSENT.to_owned()))
}

/// Says now and then how far it is.
#[cfg(feature = "kafka")]
async fn show(tally: std::sync::Arc<crate::stream::Tally>) {
    const NOW_AND_THEN: std::time::Duration = std::time::Duration::from_secs(10);
    let (mut said, mut total) = (String::new(), 0);
    loop {
        tokio::time::sleep(NOW_AND_THEN).await;
        let standing = tally.standing();
        let (line, done) = (standing.to_string(), standing.counts.total());
        // A stream that rests is no news.
        if line != said {
            anstream::eprintln!("rcpt: {line}, {}/s", (done - total) / NOW_AND_THEN.as_secs());
        }
        (said, total) = (line, done);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Stream,
    }

    fn topics(words: &[&str]) -> Result<Topics, String> {
        let words = ["x"].iter().chain(words);
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        line.args.topics().map_err(|fault| fault.to_string())
    }

    #[test]
    fn ok_topics_and_what_would_never_end() {
        let found = topics(&["--from", "a", "--to", "b"]);
        assert_eq!(found, Ok(Topics { from: "a".to_owned(), to: "b".to_owned(), dead: "a.dead".to_owned() }));
        for words in [
            &["--from", "a"][..],
            &["--from", "a", "--to", "a"],
            &["--from", "a", "--to", "b", "--dead", "a"],
            &["--from", "a b", "--to", "b"],
        ] {
            assert!(topics(words).is_err(), "{words:?}");
        }
    }
}
