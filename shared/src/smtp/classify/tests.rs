use alloc::vec::Vec;

use super::rules;
use super::*;

fn found(stage: Stage, raw: &str) -> Finding {
    classify(stage, &Reply::parse(raw).expect(raw))
}

#[test]
fn ok_every_rule_decides_its_own_example() {
    let strays: Vec<_> = rules::all()
        .map(|rule| (rule, found(rule.stages.last().copied().expect("a stage"), rule.example)))
        .filter(|(rule, finding)| (rule.id, rule.kind) != (finding.rule, finding.kind))
        .map(|(rule, finding)| (rule.id, finding.rule, rule.example))
        .collect();
    assert!(strays.is_empty(), "rule, the rule that came first, example: {strays:#?}");
}
