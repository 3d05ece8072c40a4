//! Provost as a Lambda function. It wires the ports to AWS and starts jobs. No decisions live here.
//!
//! Lambda starts the program `bootstrap`, gives it one event after the other, and stops the clock in between.
//! What every invocation needs anew (its lock, its budget of calls, the name its log lines bear) is made in
//! `invocation`; what can be kept (configuration, catalog) is made here, once. This is a library and `bootstrap`
//! a line, so that log lines come from a crate with our name.

mod answer;
mod clock;
mod config_rule;
mod environment;
mod failure;
mod init_error;
mod invocation;
mod logging;
mod order;
mod places;
mod publishing;
mod switched_off;
mod time_left;

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use tracing::{Level, error};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::invocation::Function;

/// What Lambda sets and nobody else; without it there is nobody to ask for events.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// The program: handles events until Lambda ends it.
#[must_use]
pub fn main() -> ExitCode {
    let Ok(interface) = std::env::var(RUNTIME_API) else { return not_in_lambda() };
    let environment = Environment::read();
    let level = environment.as_ref().map_or(Level::INFO, |environment| environment.log_level);
    logging::start(&logging::process_name(), level);
    logging::tell_panics();
    // One thread: a job waits for AWS, and the smallest functions have a fraction of one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let function = environment.map_err(|why| Failure::configuration(&why)).and_then(Function::start);
    match (runtime, function) {
        (Ok(runtime), Ok(function)) => runtime.block_on(serve(&function, level)),
        (Err(error), _) => could_not_start(&interface, &Failure::machine(&error)),
        (Ok(_), Err(failure)) => could_not_start(&interface, &failure),
    }
}

/// Handles one event after the other.
async fn serve(function: &Function, level: Level) -> ExitCode {
    let handle = |event: LambdaEvent<Value>| {
        logging::start(&event.context.request_id, level);
        function.handle(event.payload, event.context.deadline, event.context.invoked_function_arn)
    };
    match Runtime::new(service_fn(handle)).run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(error = %error, "Lambda's interface does not answer.");
            ExitCode::FAILURE
        }
    }
}

fn could_not_start(interface: &str, failure: &Failure) -> ExitCode {
    error!(error = failure.message(), "The function could not start.");
    init_error::report(interface, failure);
    ExitCode::FAILURE
}

#[expect(clippy::print_stderr, reason = "somebody started the program by hand, and reads this")]
fn not_in_lambda() -> ExitCode {
    eprintln!(
        "bootstrap: this is Provost's Lambda function, which Lambda starts ({RUNTIME_API} is not set); \
         on a machine of your own the program is `provost`"
    );
    ExitCode::FAILURE
}
