//! What waits for what, as a drawing: steps from top to bottom, in rows of those that may run side by side.

use std::collections::HashMap;

use mainstay_ir::{IndexMap, Name, Step};

/// A drawing of more steps says nothing that the list does not say better.
const MOST_DRAWN: usize = 40;

/// More side by side would be too small to read.
const MOST_BESIDE: usize = 6;

const BOX_WIDTH: usize = 168;
const BOX_HEIGHT: usize = 46;
const GAP_ACROSS: usize = 20;
const GAP_DOWN: usize = 34;
const MARGIN: usize = 4;

/// Characters that fit into a box, upper and lower line.
const FITS: (usize, usize) = (21, 26);

/// A drawing, in pixels.
#[derive(Debug)]
pub struct Graph {
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
    /// The steps.
    pub boxes: Vec<Node>,
    /// The way from one to another, as the data of a path.
    pub edges: Vec<String>,
}

/// A step in the drawing.
#[derive(Debug)]
pub struct Node {
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Where its texts are centred.
    pub middle: usize,
    /// Its id, shortened.
    pub name: String,
    /// What it does, shortened.
    pub what: String,
}

impl Graph {
    /// Width of each box.
    pub fn box_width(&self) -> usize {
        BOX_WIDTH
    }

    /// Height of each box.
    pub fn box_height(&self) -> usize {
        BOX_HEIGHT
    }
}

/// Draws the steps of a workflow; none when there is nothing to see, or too much.
pub fn draw(steps: &IndexMap<Name, Step>, what: impl Fn(&Step) -> String) -> Option<Graph> {
    if steps.len() < 2 || steps.len() > MOST_DRAWN {
        return None;
    }
    let rows = rows(steps);
    let widest = rows.iter().map(Vec::len).max().filter(|widest| *widest <= MOST_BESIDE)?;
    let width = across(widest);
    let mut boxes: IndexMap<&str, Node> = IndexMap::default();
    for (number, row) in rows.iter().enumerate() {
        let left = (width - across(row.len())) / 2;
        for (column, (name, step)) in row.iter().enumerate() {
            let x = MARGIN + left + column * (BOX_WIDTH + GAP_ACROSS);
            let y = MARGIN + number * (BOX_HEIGHT + GAP_DOWN);
            let (name_text, what) = (shortened(name, FITS.0), shortened(&what(step), FITS.1));
            boxes.insert(name, Node { x, y, middle: x + BOX_WIDTH / 2, name: name_text, what });
        }
    }
    let edges = edges(steps, &boxes);
    let height = rows.len() * (BOX_HEIGHT + GAP_DOWN) - GAP_DOWN + 2 * MARGIN;
    Some(Graph { width: width + 2 * MARGIN, height, boxes: boxes.into_values().collect(), edges })
}

fn across(count: usize) -> usize {
    count * (BOX_WIDTH + GAP_ACROSS) - GAP_ACROSS
}

/// Steps by how many must have ended before, at least. Steps only wait for those that stand before them.
fn rows(steps: &IndexMap<Name, Step>) -> Vec<Vec<(&str, &Step)>> {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<Vec<(&str, &Step)>> = Vec::new();
    for (name, step) in steps {
        let before = step.waits.iter().filter_map(|before| depths.get(before.as_str()));
        let depth = before.max().map_or(0, |before| before + 1);
        depths.insert(name, depth);
        if rows.len() <= depth {
            rows.resize_with(depth + 1, Vec::new);
        }
        if let Some(row) = rows.get_mut(depth) {
            row.push((name, step));
        }
    }
    rows
}

/// What another way says too is not drawn.
fn edges(steps: &IndexMap<Name, Step>, boxes: &IndexMap<&str, Node>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, step) in steps {
        let implied = |before: &Name| {
            step.waits.iter().any(|other| {
                other != before && steps.get(other).is_some_and(|other| other.waits.contains(before))
            })
        };
        for before in step.waits.iter().filter(|before| !implied(before)) {
            if let (Some(from), Some(to)) = (boxes.get(before.as_str()), boxes.get(name.as_str())) {
                let (start, end) = (from.y + BOX_HEIGHT, to.y);
                let half = (start + end) / 2;
                let (x, to_x) = (from.middle, to.middle);
                found
                    .push(format!("M{x} {start} C{x} {half} {to_x} {half} {to_x} {}", end.saturating_sub(5)));
            }
        }
    }
    found
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most - 1).collect();
    format!("{head}\u{2026}")
}

#[cfg(test)]
mod tests {
    use mainstay_ir::{Action, Call};

    use super::*;

    fn steps(of: &[(&str, &[&str])]) -> IndexMap<Name, Step> {
        let call = Call { name: "hook".to_owned(), args: IndexMap::default(), within: None };
        let step = |waits: &[&str]| Step {
            waits: waits.iter().map(|name| (*name).to_owned()).collect(),
            ..Step::new(Action::Verb(call.clone()))
        };
        of.iter().map(|(name, waits)| ((*name).to_owned(), step(waits))).collect()
    }

    #[test]
    fn steps_stand_below_what_they_wait_for() {
        let steps = steps(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["a", "b", "c"])]);
        let graph = draw(&steps, |_| String::new()).unwrap();
        let y: Vec<usize> = graph.boxes.iter().map(|one| one.y).collect();
        assert!(y[0] < y[1] && y[1] == y[2] && y[2] < y[3], "{y:?}");
        assert_eq!(graph.edges.len(), 4, "what b and c imply is not drawn: {:?}", graph.edges);
        assert!(graph.boxes.iter().all(|one| one.x + BOX_WIDTH <= graph.width));
    }

    #[test]
    fn what_cannot_be_read_is_not_drawn() {
        assert!(draw(&steps(&[("a", &[])]), |_| String::new()).is_none());
        let names: Vec<String> = (0..9).map(|number| format!("s{number}")).collect();
        let wide: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
        assert!(draw(&steps(&wide), |_| String::new()).is_none());
    }
}
