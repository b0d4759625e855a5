//! Progressive answers: one event for each stage as it is finished. A caller that goes away takes with it whatever is still being asked.

use std::time::Duration;

use futures_util::future::{Either, LocalBoxFuture, ready, select};
use futures_util::{FutureExt as _, Stream, stream};
use shared::verdict::Step;
use shared::wire::event::{HEARTBEAT, Stage, to_event};
use worker::Delay;

use crate::verify::Inquiry;

/// How long nothing may be said. It is also how soon it is noticed that nobody listens any more, since only what is written can fail.
const SILENCE: Duration = Duration::from_secs(1);

/// An event that is coming, and who goes on after it; `None` behind the last.
type Coming = LocalBoxFuture<'static, (String, Option<Inquiry>)>;

/// The events of an inquiry whose address is parsed.
pub(crate) fn events(inquiry: Inquiry) -> impl Stream<Item = Result<Vec<u8>, worker::Error>> {
    let first: Coming = ready(tell(Stage::Syntax, inquiry)).boxed_local();
    stream::unfold(Some(first), |coming| async move {
        let (text, coming) = match select(coming?, Delay::from(SILENCE)).await {
            Either::Left(((event, inquiry), _)) => (event, inquiry.map(|inquiry| go_on(inquiry).boxed_local())),
            Either::Right(((), coming)) => (HEARTBEAT.to_owned(), Some(coming)),
        };
        Some((Ok(text.into_bytes()), coming))
    })
}

async fn go_on(mut inquiry: Inquiry) -> (String, Option<Inquiry>) {
    match inquiry.next() {
        Step::Resolve => {
            inquiry.resolve().await;
            tell(Stage::Dns, inquiry)
        }
        Step::Probe | Step::Judge => {
            inquiry.probe().await;
            tell(Stage::Smtp, inquiry)
        }
    }
}

/// The event, and the inquiry where it goes on.
fn tell(stage: Stage, inquiry: Inquiry) -> (String, Option<Inquiry>) {
    let is_final = inquiry.next() == Step::Judge;
    if is_final {
        inquiry.keep();
    }
    (to_event(stage, &inquiry.judge(), is_final), Some(inquiry).filter(|_| !is_final))
}
