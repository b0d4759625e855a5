//! The development stack: lab, prober and Worker, started and stopped together.
