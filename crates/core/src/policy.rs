//! Questions about policies, answered for people and programs: what a document grants, how a request is
//! decided, what a change gains, whether promises hold.
//!
//! The engine in `provost-iam` answers; this module reads what people write (documents as AWS hands them out,
//! scenarios, test files), says where in their files each statement stands, and makes reports of the answers.

mod answer;
mod attribution;
mod difference;
mod document;
mod explain;
mod scene;
mod simulate;
mod suite;

pub use answer::Witness;
pub use difference::{Difference, Direction, GainedAccess};
pub use document::{Document, DocumentError, Lines};
pub use explain::{
    Explanation, LintRemark, PassRoleReport, PathReport, Question, StatementReport, TrustedReport,
};
pub use scene::{Files, Scene, StatementPlace};
pub use simulate::{Scenario, Simulation, UnknownReport, simulate};
pub use suite::{CaseReport, CaseResult, Counterexample, Expectation, Suite, SuiteError, SuiteReport};

pub use provost_iam::facts::Kind;
pub use provost_iam::scenario::{
    LayersText, LevelText, NamedLevel, OneOrMany, PrincipalText, RequestText, ScenarioError, Unlisted,
};
