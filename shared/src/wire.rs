//! What travels between client, edge and prober. Edge and prober never import each other; they meet here.

pub mod access;
pub mod batch;
pub mod domain;
pub mod event;
pub mod form_answer;
mod hex;
pub mod probe;
pub mod problem;
pub mod reacher;
pub mod receipt;
pub mod request;
pub mod request_id;
pub mod response;
pub mod signature;
pub mod upstream;

pub use batch::{BatchRequest, BatchResponse};
pub use domain::DomainResponse;
pub use form_answer::FormAnswer;
pub use probe::{ProbeAnswer, ProbeRequest};
pub use problem::{Problem, ProblemKind};
pub use request::VerifyRequest;
pub use response::{Timing, VerifyResponse};
