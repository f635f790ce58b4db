//! Routes that cover the same requests: host and path twice is a tie, and a tie is a fault (rule 3). Nested paths are
//! fine, the longest wins.

use super::route::Route;
use crate::config::faults::Place;
use crate::config::report::Report;

/// Reports every route whose host and path an earlier one has.
pub(super) fn judge(routes: &[Route], report: &mut Report<'_>) {
    for (index, route) in routes.iter().enumerate() {
        let Some(spot) = &route.spot else { continue };
        let Some(first) = routes[..index]
            .iter()
            .find(|earlier| earlier.spot.as_ref() == Some(spot))
        else {
            continue;
        };
        let (problem, remedy) = match &first.path_place {
            Place::Text { line, .. } => (
                format!("this route covers the same as the one on line {line}"),
                "keep one of them, or give each a path or host of its own; the order of routes means nothing",
            ),
            Place::Whole | Place::Variable(_) => (format!("{} is opened twice", spot.path), "write each prefix once"),
        };
        report.fault(&route.path_place, problem, remedy);
    }
}
