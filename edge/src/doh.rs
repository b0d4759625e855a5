//! The DNS over HTTPS (RFC 8484), in wire format and by GET, so that equal questions are equal URLs and caches can help.
//!
//! Resolvers are asked in the order of the configuration. The first that answers the question decides; an absent name is an answer, a failure
//! of the resolver's is not. Only the domain travels, never the address.

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::join;
use shared::dns::{Answer, DnsFailure, Question};
use shared::domain::Domain;
use shared::evidence::{DnsEvidence, RouteFact};
use worker::{Headers, Method, Request, RequestInit, RequestRedirect};

use crate::clock::{self, Until};
use crate::exchange::{Exchanged, Failure, exchange};

const MEDIA_TYPE: &str = "application/dns-message";
/// The most octets of a DNS message (RFC 1035 §4.2.2).
const MAX_MESSAGE: usize = 65_535;

/// The mail route of `domain`, found out by `until`.
pub(crate) async fn route(resolvers: &[String], domain: &Domain, until: Until) -> DnsEvidence {
    let outcome = find_route(&Asker { resolvers, until }, domain.as_ascii()).await;
    DnsEvidence { at: clock::now(), outcome }
}

async fn find_route(asker: &Asker<'_>, domain: &str) -> Result<RouteFact, DnsFailure> {
    let mx = asker.ask(domain, Question::Mx).await?;
    if let Some(fact) = RouteFact::of_mx(&mx) {
        return Ok(fact);
    }
    let (a, aaaa) = join(asker.ask(domain, Question::A), asker.ask(domain, Question::Aaaa)).await;
    RouteFact::of_addresses(&mx, &a, &aaaa)
}

struct Asker<'a> {
    resolvers: &'a [String],
    until: Until,
}

impl Asker<'_> {
    /// Asks one resolver after the other, each for an equal share of the time that is left.
    async fn ask(&self, name: &str, question: Question) -> Result<Answer, DnsFailure> {
        let query = BASE64URL_NOPAD.encode(&question.encode(name)?);
        let mut told = DnsFailure::TimedOut;
        for (n, resolver) in self.resolvers.iter().enumerate() {
            let until = self.until.share(self.resolvers.len() - n);
            match ask_one(resolver, &query, name, question, until).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => told = more_telling(told, failure),
            }
        }
        Err(told)
    }
}

/// What a resolver said is more telling than that another said nothing.
fn more_telling(one: DnsFailure, other: DnsFailure) -> DnsFailure {
    let rank = |failure| match failure {
        DnsFailure::ServerFailure | DnsFailure::Refused | DnsFailure::Unfounded | DnsFailure::Other => 3,
        DnsFailure::Malformed => 2,
        DnsFailure::Unreachable => 1,
        DnsFailure::TimedOut => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

async fn ask_one(resolver: &str, query: &str, name: &str, question: Question, until: Until) -> Result<Answer, DnsFailure> {
    let request = request(resolver, query).map_err(|_| DnsFailure::Unreachable)?;
    let Exchanged { status, media_type, body } = exchange(request, MAX_MESSAGE, until).await.map_err(|failure| match failure {
        Failure::TimedOut => DnsFailure::TimedOut,
        Failure::Broken => DnsFailure::Unreachable,
    })?;
    if status != 200 {
        return Err(DnsFailure::Unreachable);
    }
    if media_type != MEDIA_TYPE {
        return Err(DnsFailure::Malformed);
    }
    Answer::decode(&body, name, question)
}

fn request(resolver: &str, query: &str) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("accept", MEDIA_TYPE)?;
    let mut init = RequestInit::new();
    // A resolver that sends us elsewhere is set up wrongly; following it would let it choose whom we ask.
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    Request::new_with_init(&format!("{resolver}?dns={query}"), &init)
}
