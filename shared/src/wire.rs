//! What travels between client, edge and prober. Edge and prober never import each other; they meet here.

pub mod probe;
pub mod problem;
pub mod request;
pub mod request_id;
pub mod response;
pub mod signature;
pub mod upstream;

pub use probe::{ProbeAnswer, ProbeRequest};
pub use problem::{Problem, ProblemKind};
pub use request::VerifyRequest;
pub use response::{Timing, VerifyResponse};
