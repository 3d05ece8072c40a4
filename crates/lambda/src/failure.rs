//! Why an invocation, or the start, came to nothing, as Lambda is told it.

use lambda_runtime::Diagnostic;
use provost_core::job::JobError;

/// A failure with the name alarms and retries can tell it by.
pub(crate) struct Failure {
    kind: &'static str,
    message: String,
}

impl Failure {
    /// The environment of the function is not as it must be.
    pub(crate) fn configuration(why: &anyhow::Error) -> Self {
        Self { kind: "Provost.Configuration", message: format!("{why:#}") }
    }

    /// The machine has no room for the program.
    pub(crate) fn machine(error: &std::io::Error) -> Self {
        Self { kind: "Provost.Machine", message: error.to_string() }
    }

    /// The event asks for what there is not.
    pub(crate) fn order(why: String) -> Self {
        Self { kind: "Provost.UnknownJob", message: why }
    }

    /// The event of AWS Config cannot be answered as it is.
    pub(crate) fn config_event(why: String) -> Self {
        Self { kind: "Provost.ConfigEvent", message: why }
    }

    /// AWS Config was not answered in time.
    pub(crate) fn out_of_time(why: String) -> Self {
        Self { kind: "Provost.OutOfTime", message: why }
    }

    /// The job could not do its work.
    pub(crate) fn job(error: &JobError) -> Self {
        Self { kind: "Provost.JobFailed", message: error.to_string() }
    }

    /// `Provost.JobFailed`.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// What happened, in a sentence that holds no secret.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

/// The runtime logs failures in this form; we have logged the message by then.
impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind)
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.kind.to_owned(), error_message: failure.message }
    }
}
