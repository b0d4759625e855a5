//! What the runtime was asked and takes time: it has a number, by which the core is told what it came to.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::let_go;

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// One of [`Came`], or a status of HTTP.
    code: u32,
    /// What is to be read.
    pub(crate) text: String,
    /// What is no text.
    pub(crate) octets: Vec<u8>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// The runtime threw, or whoever was asked broke off.
    Failed,
    /// As it should.
    Done,
    /// There is none, or no more.
    Nothing,
    /// It is larger than it may be.
    TooMuch,
    /// Its time is over.
    Late,
    /// With an answer of this status.
    Answered(u16),
}

impl Outcome {
    /// How it ended; the numbers stand in `edge/src/runtime.js`.
    pub(crate) fn came(&self) -> Came {
        match self.code {
            1 => Came::Done,
            2 => Came::Nothing,
            3 => Came::TooMuch,
            4 => Came::Late,
            status @ 100..=999 => Came::Answered(u16::try_from(status).unwrap_or_default()),
            _ => Came::Failed,
        }
    }
}

enum State {
    Open(Option<Waker>),
    Settled(Outcome),
}

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// Few at a time: those of the requests that wait just now.
    static CALLS: RefCell<Vec<(u32, State)>> = const { RefCell::new(Vec::new()) };
}

/// A call that is under way. Dropped, it is stopped.
#[derive(Debug)]
pub(crate) struct Call(u32);

impl Call {
    /// Makes a call, by the number that it is given.
    pub(crate) fn begin(ask: impl FnOnce(u32)) -> Self {
        let number = next();
        CALLS.with_borrow_mut(|calls| calls.push((number, State::Open(None))));
        ask(number);
        Self(number)
    }
}

/// A number that is nobody's.
pub(crate) fn next() -> u32 {
    NEXT.replace(NEXT.get().wrapping_add(1))
}

/// What call `number` came to. One that was let go meanwhile is not heard.
pub(crate) fn settle(number: u32, code: u32, text: String, octets: Vec<u8>) {
    let waker = CALLS.with_borrow_mut(|calls| {
        let (_, state) = calls.iter_mut().find(|(known, _)| *known == number)?;
        match std::mem::replace(state, State::Settled(Outcome { code, text, octets })) {
            State::Open(waker) => waker,
            State::Settled(_) => None,
        }
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Future for Call {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        CALLS.with_borrow_mut(|calls| {
            let Some(at) = calls.iter().position(|(known, _)| *known == self.0) else { return Poll::Pending };
            match calls.swap_remove(at) {
                (_, State::Settled(outcome)) => Poll::Ready(outcome),
                (number, State::Open(_)) => {
                    calls.push((number, State::Open(Some(context.waker().clone()))));
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let open = CALLS.with_borrow_mut(|calls| {
            let at = calls.iter().position(|(known, _)| *known == self.0)?;
            Some(calls.swap_remove(at))
        });
        // What was settled already is over in the runtime, too.
        if let Some((number, State::Open(_))) = open {
            let_go(number);
        }
    }
}
