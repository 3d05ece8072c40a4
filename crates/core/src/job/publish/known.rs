//! What people know already, and so what is news.

use std::collections::HashSet;

use super::Ports;
use super::news::News;
use crate::compare::{Change, Changed, Compared, each_change};
use crate::job::JobError;
use crate::job::report::each_evaluation;
use crate::model::{Digest, Evaluation, Run, Verdict};
use crate::port::Told;
use crate::waiver::WaiverFile;

/// What is new in `run` for people who were told that much.
pub(super) async fn since(
    ports: &Ports<'_>,
    told: &Told,
    run: &Run,
    waivers: &WaiverFile,
) -> Result<News, JobError> {
    let before = match &told.complete {
        Some(id) => ports.runs.get(id).await?,
        None => None,
    };
    let mut known = Known::default();
    for id in &told.partial {
        if let Some(partial) = ports.runs.get(id).await? {
            each(ports, before.as_ref(), &partial, &mut |changed| known.add(changed)).await?;
        }
    }
    let mut news = News::new(run.clone(), before.as_ref().map(|before| before.started_at));
    let mut no_longer_covered: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    each(ports, before.as_ref(), run, &mut |changed| {
        if let Some(is) = changed.after {
            news.count(is);
            if let Some(waiver) = is.waiver.as_ref().filter(|waiver| waiver.expired) {
                *no_longer_covered.entry(waiver.id.clone()).or_default() += 1;
            }
        }
        match kind(changed) {
            Kind::Became(is) if !known.fails.contains(&key(is)) => {
                news.became(changed.before, is, changed.change);
            }
            Kind::Unseen if !known.unseen.contains(&key(changed.latest)) => {
                news.unseen(changed.before, changed.latest, changed.change);
            }
            // A run that stops early every time says so once, not every time.
            Kind::NotJudged if told.partial.is_empty() => news.unseen.not_judged += 1,
            Kind::Became(_) | Kind::Unseen | Kind::NotJudged | Kind::Nothing => {}
        }
    })
    .await?;
    news.expired = waivers
        .expired(run.started_at)
        .map(|waiver| (waiver.clone(), no_longer_covered.get(&waiver.id).copied().unwrap_or_default()))
        .collect();
    Ok(news)
}

/// Shows every pair of an assessment, as it is against the one before. Without one, everything is new.
async fn each(
    ports: &Ports<'_>,
    before: Option<&Run>,
    run: &Run,
    sink: &mut dyn FnMut(&Changed<'_>),
) -> Result<(), JobError> {
    let Some(before) = before else {
        return each_evaluation(ports.evaluations, &run.execution_id, &mut |is| {
            let change = Change::New;
            sink(&Changed { before: None, after: Some(is), latest: is, change, because: None });
            Ok(())
        })
        .await;
    };
    let compared = Compared::read(ports.runs, ports.evaluations, before.clone(), run.clone()).await?;
    each_change(ports.evaluations, &compared, &mut |changed| {
        sink(changed);
        Ok(())
    })
    .await
}

/// What a pair means for people.
enum Kind<'a> {
    /// It fails, and nobody accepted that; it did not before.
    Became(&'a Evaluation),
    /// It cannot be told, and that is new.
    Unseen,
    /// The assessment did not come to it.
    NotJudged,
    /// Nothing they do not know, or nothing bad.
    Nothing,
}

fn kind<'a>(changed: &Changed<'a>) -> Kind<'a> {
    let is_unknown =
        |side: Option<&Evaluation>| side.is_some_and(|side| matches!(side.verdict(), Verdict::Unknown(_)));
    match changed.after {
        Some(is) if changed.fails_anew() => Kind::Became(is),
        _ if changed.change == Change::Blind => Kind::Unseen,
        after if is_unknown(after) && !is_unknown(changed.before) => Kind::Unseen,
        None if changed.change == Change::NotJudgedNow => Kind::NotJudged,
        Some(_) | None => Kind::Nothing,
    }
}

/// What people were told of assessments that stopped early, over what they knew before.
#[derive(Default)]
struct Known {
    fails: HashSet<Digest>,
    unseen: HashSet<Digest>,
}

impl Known {
    /// The next one of them goes before the earlier ones, where it came to a pair at all.
    fn add(&mut self, changed: &Changed<'_>) {
        let key = key(changed.latest);
        if changed.after.is_some() {
            self.fails.remove(&key);
            self.unseen.remove(&key);
        }
        match kind(changed) {
            Kind::Became(_) => self.fails.insert(key),
            Kind::Unseen => self.unseen.insert(key),
            Kind::NotJudged | Kind::Nothing => false,
        };
    }
}

fn key(evaluation: &Evaluation) -> Digest {
    Digest::of_parts([
        evaluation.rule.id.as_bytes(),
        evaluation.resource_id.as_bytes(),
        evaluation.account.as_str().as_bytes(),
    ])
}
