//! What is under way, polled as soon as something that it waits for was told.
//!
//! Whatever a request waits for is told within that request, and nothing else wakes it, so that none is polled on behalf of another: the runtime
//! would refuse it what it asks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use futures_util::future::LocalBoxFuture;
use shared::evidence::UnixMillis;
use wasm_bindgen::JsValue;

use super::call::next;
use super::{lasting, let_go};
use crate::clock;

/// Longer than any request or what is done behind it takes, in seconds. A caller that hangs up takes the runtime's part of a request along, and
/// nothing more is ever told of it.
const LOST_S: u64 = 180;

struct Task {
    number: u32,
    begun: UnixMillis,
    waker: Waker,
    work: LocalBoxFuture<'static, ()>,
}

thread_local! {
    /// What waits, roughly by age.
    static TASKS: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
    /// Numbers of what can go on.
    static READY: RefCell<VecDeque<u32>> = const { RefCell::new(VecDeque::new()) };
}

/// Wakes by number, since a waker may be sent to another thread, and a task may not.
struct Awaken(u32);

impl Wake for Awaken {
    fn wake(self: Arc<Self>) {
        READY.with_borrow_mut(|ready| ready.push_back(self.0));
    }
}

/// Begins work; where there is a `context`, its request lasts until it is done. It goes on with the next [`run`].
pub(crate) fn begin(work: LocalBoxFuture<'static, ()>, context: Option<&JsValue>) {
    let number = next();
    let waker = Waker::from(Arc::new(Awaken(number)));
    let work = match context {
        Some(context) => {
            lasting(number, context);
            Box::pin(async move {
                work.await;
                let_go(number);
            })
        }
        None => work,
    };
    TASKS.with_borrow_mut(|tasks| tasks.push(Task { number, begun: clock::now(), waker, work }));
    READY.with_borrow_mut(|ready| ready.push_back(number));
}

/// Does what can be done now.
pub(crate) fn run() {
    while let Some(number) = READY.with_borrow_mut(VecDeque::pop_front) {
        // Out of the list while it is polled: it may begin others.
        let Some(mut task) = take(number) else { continue };
        let waker = task.waker.clone();
        if task.work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            TASKS.with_borrow_mut(|tasks| tasks.push(task));
        }
    }
}

fn take(number: u32) -> Option<Task> {
    TASKS.with_borrow_mut(|tasks| {
        let at = tasks.iter().position(|task| task.number == number)?;
        Some(tasks.swap_remove(at))
    })
}

/// Forgets what was lost.
pub(crate) fn forget_lost(now: UnixMillis) {
    let is_lost = |task: &mut Task| now.seconds().saturating_sub(task.begun.seconds()) > LOST_S;
    let lost: Vec<Task> = TASKS.with_borrow_mut(|tasks| tasks.extract_if(.., is_lost).collect());
    // Dropped outside of the list: what they waited for is let go.
    drop(lost);
}
