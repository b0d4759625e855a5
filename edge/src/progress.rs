//! Progressive answers: one event for each stage as it is finished. A caller that goes away takes with it whatever is still being asked.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::{FutureExt as _, Stream, stream};
use shared::verdict::Step;
use shared::wire::event::{HEARTBEAT, Stage, to_event};
use shared::wire::{FormAnswer, VerifyResponse};

use crate::clock::sleep;
use crate::receipt::Receipts;
use crate::respond::Exchange;
use crate::verify::Inquiry;

/// How long nothing may be said. It is also how soon it is noticed that nobody listens any more, since only what is written can fail.
const SILENCE: Duration = Duration::from_secs(1);

/// Who is told.
pub(crate) struct Listener {
    /// How receipts are made.
    pub(crate) receipts: Rc<Receipts>,
    /// The request.
    pub(crate) exchange: Exchange,
    /// What asks for a receipt, which comes with the last event.
    pub(crate) nonce: Option<String>,
    /// Whether it is a page, which learns no more than its form needs.
    pub(crate) is_page: bool,
}

impl Listener {
    fn text(&self, verdict: &VerifyResponse) -> String {
        if self.is_page { FormAnswer::of(verdict).to_json() } else { verdict.to_json() }
    }
}

/// An event that is coming, and who goes on after it; `None` behind the last.
type Coming = LocalBoxFuture<'static, (String, Option<Inquiry>)>;

/// The events of an inquiry whose address is parsed.
pub(crate) fn events(inquiry: Inquiry, listener: Listener) -> impl Stream<Item = String> {
    let listener = Rc::new(listener);
    let first: Coming = tell(Stage::Syntax, inquiry, Rc::clone(&listener)).boxed_local();
    stream::unfold(Some(first), move |coming| {
        let listener = Rc::clone(&listener);
        async move {
            let (text, coming) = match select(coming?, sleep(SILENCE).boxed_local()).await {
                Either::Left(((event, inquiry), _)) => (event, inquiry.map(|inquiry| go_on(inquiry, listener).boxed_local())),
                Either::Right(((), coming)) => (HEARTBEAT.to_owned(), Some(coming)),
            };
            Some((text, coming))
        }
    })
}

async fn go_on(mut inquiry: Inquiry, listener: Rc<Listener>) -> (String, Option<Inquiry>) {
    match inquiry.next() {
        Step::Resolve => {
            inquiry.resolve().await;
            tell(Stage::Dns, inquiry, listener).await
        }
        Step::Probe | Step::Judge => {
            inquiry.probe().await;
            tell(Stage::Smtp, inquiry, listener).await
        }
    }
}

/// The event, and the inquiry where it goes on.
async fn tell(stage: Stage, inquiry: Inquiry, listener: Rc<Listener>) -> (String, Option<Inquiry>) {
    let verdict = inquiry.judge();
    if inquiry.next() != Step::Judge {
        return (to_event(stage, &listener.text(&verdict), false), Some(inquiry));
    }
    inquiry.keep();
    let verdict = listener.receipts.add(verdict, listener.nonce.as_deref(), &listener.exchange).await;
    (to_event(stage, &listener.text(&verdict), true), None)
}
