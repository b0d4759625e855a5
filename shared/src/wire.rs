//! What travels between client, edge and prober. Edge and prober never import each other; they meet here.

pub mod batch;
pub mod domain;
pub mod event;
pub mod probe;
pub mod problem;
pub mod reacher;
pub mod request;
pub mod request_id;
pub mod response;
pub mod signature;
pub mod upstream;

pub use batch::{BatchRequest, BatchResponse};
pub use domain::DomainResponse;
pub use probe::{ProbeAnswer, ProbeRequest};
pub use problem::{Problem, ProblemKind};
pub use request::VerifyRequest;
pub use response::{Timing, VerdictRow, VerifyResponse};
