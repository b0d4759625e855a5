//! By what an asker knows that an answer belongs to a question of its own.

use shared::evidence::key;

/// What seals the questions of one job: a key that stays with the asker, so that nobody who has not read a question has its seal, and one for
/// another mailbox, another try or another route does not fit.
#[derive(Clone)]
pub struct Seal {
    key: Vec<u8>,
    job: String,
}

impl Seal {
    /// The seal of a job.
    pub fn new(key: Vec<u8>, job: &str) -> Self {
        Self { key, job: job.to_owned() }
    }

    /// The seal on the question about a mailbox of this number and address, on this try, after so many deaths, and along the route that `dns`
    /// says: the evidence of its domain as it is kept, so that it is written once for all of them.
    pub fn of(&self, id: i64, tries: u32, deaths: u32, address: &str, dns: &str) -> String {
        key::text(&self.key, &[&self.job, &id.to_string(), &tries.to_string(), &deaths.to_string(), address, dns])
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("job", &self.job).finish_non_exhaustive()
    }
}
