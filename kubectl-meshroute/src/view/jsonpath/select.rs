//! Runs the actions of a template over a value.

use std::cmp::Ordering;

use serde_json::Value;

use super::Fault;
use super::item::Item;
use super::path::{Action, End, Filter, Node, Operator, Slice, Step};
use super::print;

/// Prints what the actions select in the value.
pub(super) fn render(
    actions: &[Action],
    template_len: usize,
    value: &Value,
) -> Result<String, Fault> {
    let size = count(value).saturating_add(template_len);
    let fuel = size.saturating_mul(FUEL_PER_SIZE).saturating_add(FUEL);
    let mut run = Run { actions, fuel, begun: 0, open: 0, ended: 0, last_end: None };
    let mut out = String::new();
    run.from(0, Item::new(value).root(), &mut out)?;
    Ok(out)
}

/// The state that `range` and `end` share with the loop that runs them.
///
/// They are words inside a path and not a structure of the template,
/// so `{range .a}` without an end and `{end end}` have a meaning, and these counters are it.
struct Run<'a> {
    actions: &'a [Action],
    /// How many more values may be selected. Paths such as `{...*...*}` and ranges without an end multiply.
    fuel: usize,
    /// Times `range` was read and not yet acted on.
    begun: usize,
    /// Ranges being run.
    open: usize,
    /// Times `end` was read and not yet acted on.
    ended: usize,
    /// Index of the action that ended a range last.
    last_end: Option<usize>,
}

/// A fault inside a path; a filter without an operator only asks whether something was selected before.
struct Stopped {
    fault: Fault,
    selected: bool,
}

impl<'a> Run<'a> {
    /// Runs the actions from an index on, up to the end of the innermost range.
    fn from(&mut self, first: usize, root: Item<'a>, out: &mut String) -> Result<(), Fault> {
        let actions = self.actions;
        let mut idx = first;
        while let Some(action) = actions.get(idx) {
            let at = action.first().map_or(0, |node| node.at);
            self.spend(1, at)?;
            let found = self.path(vec![root], action).map_err(|stopped| stopped.fault)?;
            if self.ended > 0 && self.ended <= self.open {
                self.ended -= 1;
                self.last_end = Some(idx);
                return Ok(());
            }
            if self.begun == 0 {
                self.print(&found, at, out)?;
                idx += 1;
                continue;
            }

            self.begun -= 1;
            self.open += 1;
            if self.open > MAX_RANGES {
                let message = format!("ranges nest deeper than {MAX_RANGES}; expected {{end}}");
                return Err(Fault::template(at, message));
            }
            if found.is_empty() {
                // The actions are run for nothing, to find out where the range ends.
                let length = out.len();
                self.from(idx + 1, Item::Nothing, out)?;
                out.truncate(length);
            }
            for item in found {
                self.from(idx + 1, item.root(), out)?;
            }
            self.open -= 1;
            // Without an end the actions up to here have run for each item, and now run once more.
            idx = self.last_end.map_or(idx, |end| end.max(idx)) + 1;
        }
        Ok(())
    }

    fn print(&mut self, found: &[Item<'a>], at: usize, out: &mut String) -> Result<(), Fault> {
        for (idx, item) in found.iter().enumerate() {
            let length = out.len();
            if idx > 0 {
                out.push(' ');
            }
            print::item(*item, out);
            self.spend((out.len() - length) / BYTES_PER_FUEL, at)?;
        }
        Ok(())
    }

    fn path(
        &mut self,
        mut found: Vec<Item<'a>>,
        nodes: &'a [Node],
    ) -> Result<Vec<Item<'a>>, Stopped> {
        for node in nodes {
            let selected = !found.is_empty();
            let step = self.step(&found, node).and_then(|next| {
                let spent = self.spend(next.len() + 1, node.at);
                spent.map(|()| next).map_err(|fault| Stopped { fault, selected })
            });
            found = step?;
        }
        Ok(found)
    }

    fn step(&mut self, from: &[Item<'a>], node: &'a Node) -> Result<Vec<Item<'a>>, Stopped> {
        let at = node.at;
        let selected = !from.is_empty();
        let stop = |fault| Stopped { fault, selected };
        match &node.step {
            Step::Text(text) => Ok(vec![Item::Text(text)]),
            Step::Int(int) => Ok(vec![Item::Int(*int); from.len()]),
            Step::Float(float) => Ok(vec![Item::Float(*float); from.len()]),
            Step::Bool(bool) => Ok(vec![Item::Bool(*bool); from.len()]),
            Step::Word(word) => match word.as_str() {
                "range" => {
                    self.begun += 1;
                    Ok(from.to_vec())
                }
                "end" if self.open > 0 => {
                    self.ended += 1;
                    Ok(Vec::new())
                }
                "end" => {
                    let fault = Fault::template(at, "\"end\" without a range before it");
                    Err(Stopped { fault, selected: false })
                }
                word => {
                    let message = format!(
                        "unknown word {word:?}; expected range, end, true, false or a path such as .{word}"
                    );
                    Err(stop(Fault::template(at, message)))
                }
            },
            Step::Field(name) => Ok(field(from, name)),
            Step::Wildcard => self.wildcard(from, at).map_err(stop),
            Step::Descent => self.descent(from, at).map_err(stop),
            Step::Slice(slice) => self.slice(from, slice, at).map_err(stop),
            Step::Union(paths) => {
                let mut found = Vec::new();
                for path in paths {
                    let part = self.path(from.to_vec(), path);
                    found.extend(part.map_err(|stopped| stop(stopped.fault))?);
                    // The copy of `from` costs even where the path selects nothing.
                    self.spend(from.len(), at).map_err(stop)?;
                }
                Ok(found)
            }
            Step::Filter(filter) => self.filter(from, filter, at),
        }
    }

    fn wildcard(&mut self, from: &[Item<'a>], at: usize) -> Result<Vec<Item<'a>>, Fault> {
        let mut found = Vec::new();
        for item in from {
            let children = item.children();
            self.spend(children.len(), at)?;
            found.extend(children);
        }
        Ok(found)
    }

    /// Selects everything below that has children itself, each before its children.
    fn descent(&mut self, from: &[Item<'a>], at: usize) -> Result<Vec<Item<'a>>, Fault> {
        let mut found = Vec::new();
        let mut pending: Vec<Item<'a>> = from.iter().rev().copied().collect();
        while let Some(item) = pending.pop() {
            self.spend(1, at)?;
            if let Item::Text(text) = item {
                // Go counts the bytes of a string as its children, though none of them has any.
                if !text.is_empty() {
                    found.push(item);
                }
                continue;
            }
            let children = item.children();
            self.spend(children.len(), at)?;
            if !children.is_empty() {
                found.push(item);
                pending.extend(children.into_iter().rev());
            }
        }
        Ok(found)
    }

    fn slice(
        &mut self,
        from: &[Item<'a>],
        slice: &Slice,
        at: usize,
    ) -> Result<Vec<Item<'a>>, Fault> {
        let mut found = Vec::new();
        for item in from {
            let list = match *item {
                Item::Null => continue,
                Item::List(list) => list,
                other => {
                    let message = format!("expected a list here, found {}", other.noun());
                    return Err(Fault::value(at, message));
                }
            };
            let Some((part, step)) = bounds(slice, list, at)? else {
                // Where a slice is empty, kubectl does not look at the lists after it.
                return Ok(found);
            };
            self.spend(part.len(), at)?;
            found.extend(part.iter().step_by(step).map(Item::new));
        }
        Ok(found)
    }

    fn filter(
        &mut self,
        from: &[Item<'a>],
        filter: &'a Filter,
        at: usize,
    ) -> Result<Vec<Item<'a>>, Stopped> {
        let mut found = Vec::new();
        for item in from {
            let Item::List(list) = *item else {
                let message = format!("expected a list to filter here, found {}", item.noun());
                return Err(Stopped { fault: Fault::value(at, message), selected: true });
            };
            for element in list.iter().map(Item::new) {
                self.spend(1, at).map_err(|fault| Stopped { fault, selected: true })?;
                let left = self.path(vec![element], &filter.left);
                let Some((operator, right)) = &filter.test else {
                    let exists = match left {
                        Ok(left) => !left.is_empty(),
                        Err(stopped) => stopped.selected,
                    };
                    if exists {
                        found.push(element);
                    }
                    continue;
                };
                let stop = |fault| Stopped { fault, selected: true };
                let Some(left) = single(left, at).map_err(stop)? else { continue };
                let right = self.path(vec![element], right);
                let Some(right) = single(right, at).map_err(stop)? else { continue };
                let passes = compare((left, right), operator, at)
                    .map_err(|fault| Stopped { fault, selected: !found.is_empty() })?;
                if passes {
                    found.push(element);
                }
            }
        }
        Ok(found)
    }

    fn spend(&mut self, amount: usize, at: usize) -> Result<(), Fault> {
        if let Some(left) = self.fuel.checked_sub(amount) {
            self.fuel = left;
            return Ok(());
        }
        // Nothing is left from here on, also for a filter that takes no notice of errors.
        self.fuel = 0;
        Err(Fault::value(at, "the template selects too much; expected fewer \"..\" or open ranges"))
    }
}

/// Selects the key in every object that has it; everything else has no keys.
fn field<'a>(from: &[Item<'a>], name: &str) -> Vec<Item<'a>> {
    let mut found = Vec::new();
    for item in from {
        if let Item::Object(object) = item
            && let Some(value) = object.get(name)
        {
            found.push(Item::new(value));
        }
    }
    found
}

/// Returns the part of the list and the step; none if the slice is empty.
fn bounds<'a>(
    slice: &Slice,
    list: &'a [Value],
    at: usize,
) -> Result<Option<(&'a [Value], usize)>, Fault> {
    let len = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
    let start = from_end(slice.start.unwrap_or(0));
    let end = match slice.end {
        End::OfList => len,
        End::Before(end) => from_end(end),
        End::AfterStart(0) => len,
        End::AfterStart(end) => from_end(end),
    };
    if start == end {
        return Ok(None);
    }
    let outside = |index: i64| {
        let message = format!("index {index} is out of bounds: the length is {len}");
        Fault::value(at, message)
    };
    let position = |index: i64| usize::try_from(index).ok().filter(|index| *index <= list.len());
    let first = position(start).filter(|_| start < len).ok_or_else(|| outside(start))?;
    let last = position(end).ok_or_else(|| outside(end.saturating_sub(1)))?;
    let Some(part) = list.get(first..last) else {
        let message = format!("the slice starts at {start}, after its end {end}");
        return Err(Fault::value(at, message));
    };
    match slice.step.map_or(Ok(1), usize::try_from) {
        Ok(step @ 1..) => Ok(Some((part, step))),
        _ => Err(Fault::template(at, "the step of a slice must be at least 1")),
    }
}

fn single<'a>(side: Result<Vec<Item<'a>>, Stopped>, at: usize) -> Result<Option<Item<'a>>, Fault> {
    match side.map_err(|stopped| stopped.fault)?[..] {
        [] => Ok(None),
        [item] => Ok(Some(item)),
        [_, _, ..] => {
            Err(Fault::value(at, "one side of the filter is several values; expected one"))
        }
    }
}

fn compare(sides: (Item<'_>, Item<'_>), operator: &Operator, at: usize) -> Result<bool, Fault> {
    if let Operator::Unknown(operator) = operator {
        let message = format!("unknown operator {operator:?}; expected ==, !=, <, <=, > or >=");
        return Err(Fault::template(at, message));
    }
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let order = match sides {
        (Item::Bool(left), Item::Bool(right)) if equality => Some(left.cmp(&right)),
        (Item::Int(left), Item::Int(right)) => Some(left.cmp(&right)),
        (Item::Float(left), Item::Float(right)) => left.partial_cmp(&right),
        (Item::Text(left), Item::Text(right)) => Some(left.cmp(right)),
        _ => None,
    };
    let Some(order) = order else {
        if let (Item::Bool(_), Item::Bool(_)) = sides {
            return Err(Fault::value(at, "booleans have no order; expected == or !="));
        }
        let message = format!("cannot compare {} with {}", sides.0.noun(), sides.1.noun());
        return Err(Fault::value(at, message));
    };
    Ok(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
        Operator::Unknown(_) => false,
    })
}

/// Counts the values in a value, itself included.
fn count(value: &Value) -> usize {
    let mut total = 0;
    let mut pending = vec![Item::new(value)];
    while let Some(item) = pending.pop() {
        total += 1;
        if !matches!(item, Item::Text(_)) {
            pending.extend(item.children());
        }
    }
    total
}

/// Far above what a template needs that visits every value of a large list once for each of its paths.
const FUEL_PER_SIZE: usize = 64;

/// What any template may use, however small the value: some seconds at most.
const FUEL: usize = 1_000_000;

/// What printing costs, next to selecting.
const BYTES_PER_FUEL: usize = 32;

/// Ranges are loops in loops; each level takes a stack frame.
const MAX_RANGES: usize = 64;
