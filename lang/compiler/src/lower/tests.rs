//! Tests as plain data, beside the IR.

use mainstay_diagnostics::Span;
use mainstay_ir::test::{
    Arithmetic, Comparison, Expect, Fact, Given, Simulation, Site, StepName, Term, TermKind, Test, Unit,
    Which,
};
use mainstay_ir::{DurationMs, IndexMap};
use mainstay_syntax::ast::BinaryOp;

use super::Lowering;
use super::values::duration;
use crate::check::{AskedKind, AskedOf, Checked, CheckedExpect, CheckedSimulation, CheckedTest};
use crate::places::Places;
use crate::resolve::Program;
use crate::sites::Sites;
use crate::value::{Fields, Made, NamedStep, Val};

/// The tests of a policy. What was wrong is left out, so after a mistake they only serve to say what they are called.
pub(crate) fn tests(program: &Program, checked: &Checked) -> (Vec<Test>, Sites) {
    let lowering = Lowering { program, checked, things: IndexMap::default(), places: Places::default() };
    let mut sites = Sites::default();
    let tests = checked.tests.iter().map(|test| lowering.test(test, &mut sites)).collect();
    (tests, sites)
}

impl Lowering<'_> {
    fn test(&self, test: &CheckedTest, sites: &mut Sites) -> Test {
        let params = test.params.iter().map(|(id, raw)| (self.name(*id), raw.clone()));
        let simulations = test.simulations.iter().filter_map(|one| self.simulation(one, sites));
        let simulations = simulations.collect();
        Test {
            name: test.name.clone(),
            site: sites.add(test.span),
            params: params.collect(),
            simulations,
            expects: test.expects.iter().filter_map(|expect| self.expect(expect, sites)).collect(),
        }
    }

    fn simulation(&self, simulated: &CheckedSimulation, sites: &mut Sites) -> Option<Simulation> {
        let fields = &simulated.made.fields;
        Some(Simulation {
            name: simulated.name.clone(),
            site: sites.add(simulated.span),
            workflow: self.name(fields.get("of")?.value.decl()?),
            from: date(fields, "from"),
            span: duration(fields, "for"),
            givens: simulated.givens.iter().filter_map(|made| self.given(made)).collect(),
        })
    }

    fn given(&self, made: &Made) -> Option<Given> {
        let fields = &made.fields;
        let step = |name: &str| self.step_name(fields, name);
        Some(match made.constructor.name {
            "failure" => Given::Failure {
                step: step("of")?,
                stage: member(fields, "at"),
                times: whole(fields, "times"),
            },
            "took" => Given::Took { step: step("of")?, time: duration(fields, "time")? },
            "crash" => {
                Given::Crash { step: step("at")?, down: duration(fields, "down").unwrap_or(DurationMs(0)) }
            }
            "slow" => Given::Slow {
                pool: self.name(fields.get("pool")?.value.decl()?),
                factor: whole(fields, "factor")?,
            },
            "off" => Given::Off { from: date(fields, "from")?, span: duration(fields, "for")? },
            "history" => Given::History { step: step("of")?, age: duration(fields, "age")? },
            _ => return None,
        })
    }

    fn step_name(&self, fields: &Fields, name: &str) -> Option<StepName> {
        let Val::StepName(named) = &fields.get(name)?.value else { return None };
        let NamedStep { workflow, step, round } = &**named;
        Some(StepName { workflow: self.name(*workflow), step: step.clone(), round: round.clone() })
    }

    fn expect(&self, expect: &CheckedExpect, sites: &mut Sites) -> Option<Expect> {
        Some(match expect {
            CheckedExpect::Holds(asked) => Expect::Holds(self.term(asked, sites)?),
            CheckedExpect::Error { span, code, items } => {
                Expect::Error { site: sites.add(*span), code: code.clone(), items: sites.add(*items) }
            }
        })
    }

    fn term(&self, asked: &AskedOf, sites: &mut Sites) -> Option<Term> {
        let kind = match &asked.kind {
            AskedKind::Known => TermKind::Value(self.value(&asked.typed.value)?),
            AskedKind::Fact { run, name, is_step, which, round } => TermKind::Fact {
                run: *run,
                fact: if *is_step { outcome(name, which.as_ref(), round.as_ref()) } else { fact(name)? },
            },
            AskedKind::Not(inner) => TermKind::Not(Box::new(self.term(inner, sites)?)),
            AskedKind::Sides(op, sides) => self.both(*op, asked, sides, sites)?,
        };
        Some(Term { site: sites.add(asked.span), text: self.written(asked.span), kind })
    }

    fn both(
        &self,
        op: BinaryOp,
        asked: &AskedOf,
        sides: &[AskedOf; 2],
        sites: &mut Sites,
    ) -> Option<TermKind> {
        let [left, right] = sides;
        let scale = scale(op, left, right);
        let sides = Box::new([self.term(left, sites)?, self.term(right, sites)?]);
        if let Some(all) = logic(op) {
            return Some(TermKind::Logic { all, sides });
        }
        if let Some(how) = comparison(op) {
            return Some(TermKind::Compare { how, sides });
        }
        let unit = unit(asked.typed.ty.name()?)?;
        Some(TermKind::Arithmetic { how: arithmetic(op)?, unit, scale, sides })
    }

    /// On one line.
    fn written(&self, span: Span) -> String {
        let text = self.program.map.text(span).unwrap_or_default();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        with_brackets(&line)
    }
}

/// Parentheses around the first or the last part belong to no span.
fn with_brackets(line: &str) -> String {
    let (mut open, mut missing) = (0usize, 0usize);
    for letter in line.chars() {
        match letter {
            '(' => open += 1,
            ')' if open == 0 => missing += 1,
            ')' => open -= 1,
            _ => {}
        }
    }
    format!("{}{line}{}", "(".repeat(missing), ")".repeat(open))
}

fn outcome(step: &str, which: Option<&Val>, round: Option<&String>) -> Fact {
    let of = match (which, round) {
        (Some(day @ Val::Date(..)), _) => Which::Day(day.in_text().unwrap_or_default()),
        (Some(_), Some(round)) => Which::Round(round.clone()),
        _ => Which::Each,
    };
    Fact::Outcome { step: step.to_owned(), of }
}

fn fact(name: &str) -> Option<Fact> {
    Some(match name {
        "took" => Fact::Took,
        "mode" => Fact::Mode,
        "copies" => Fact::Copies,
        "count" => Fact::Count,
        "missed" => Fact::Missed,
        "age" => Fact::Age,
        _ => return None,
    })
}

fn date(fields: &Fields, name: &str) -> Option<String> {
    fields.get(name).filter(|typed| matches!(typed.value, Val::Date(..)))?.value.in_text()
}

fn member(fields: &Fields, name: &str) -> Option<String> {
    match &fields.get(name)?.value {
        Val::Member(member) => Some(member.as_ref().to_owned()),
        _ => None,
    }
}

fn whole(fields: &Fields, name: &str) -> Option<u32> {
    match fields.get(name)?.value {
        Val::Int(number) => u32::try_from(number).ok(),
        _ => None,
    }
}

fn logic(op: BinaryOp) -> Option<bool> {
    match op {
        BinaryOp::And => Some(true),
        BinaryOp::Or => Some(false),
        _ => None,
    }
}

fn comparison(op: BinaryOp) -> Option<Comparison> {
    Some(match op {
        BinaryOp::Equal => Comparison::Equal,
        BinaryOp::NotEqual => Comparison::NotEqual,
        BinaryOp::Less => Comparison::Less,
        BinaryOp::LessEqual => Comparison::LessEqual,
        BinaryOp::Greater => Comparison::Greater,
        BinaryOp::GreaterEqual => Comparison::GreaterEqual,
        _ => return None,
    })
}

fn arithmetic(op: BinaryOp) -> Option<Arithmetic> {
    Some(match op {
        BinaryOp::Add => Arithmetic::Add,
        BinaryOp::Subtract => Arithmetic::Subtract,
        BinaryOp::Multiply => Arithmetic::Multiply,
        BinaryOp::Divide => Arithmetic::Divide,
        _ => return None,
    })
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "Int" => Unit::Int,
        "Decimal" => Unit::Decimal,
        "Duration" => Unit::Duration,
        "Period" => Unit::Period,
        "Bytes" => Unit::Bytes,
        "Rate" => Unit::Rate,
        "Percent" => Unit::Percent,
        _ => return None,
    })
}

/// As the checker's own arithmetic has it.
fn scale(op: BinaryOp, left: &AskedOf, right: &AskedOf) -> f64 {
    let name = |asked: &AskedOf| asked.typed.ty.name().unwrap_or_default();
    let units = crate::check::between_units(name(left), name(right));
    if op == BinaryOp::Multiply { units.recip() } else { units }
}

/// A place that the plain data refers to by its number.
impl Sites {
    fn add(&mut self, span: Span) -> Site {
        let site = Site(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(span);
        site
    }
}
