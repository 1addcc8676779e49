//! Neighbouring lines of one kind, one below the other; and the whole text.

use super::lines::Line;
use super::plan::Key;

/// Comments behind lines begin at this column, counted from 0, or right of the longest of neighbouring lines.
const COMMENT_COLUMN: usize = 47;

/// Blanks between a line that passes the column of comments and its comment.
const COMMENT_GAP_COLUMNS: usize = 3;

/// The text of all lines.
pub(super) fn written(mut lines: Vec<Line>) -> String {
    align_all(&mut lines);
    let columns = comment_columns(&lines);
    let mut text = String::new();
    for (line, column) in lines.iter().zip(columns) {
        if line.blank_before {
            text.push('\n');
        }
        text.push_str(&" ".repeat(line.indent));
        text.push_str(&line.text);
        if let Some(comment) = &line.comment {
            text.push_str(&" ".repeat(column.saturating_sub(line.width()).max(1)));
            text.push_str(comment);
        }
        text.push('\n');
    }
    text
}

/// Neighbours of one kind are aligned at their first mark, and then at the second if all of them have the same.
/// Declarations that stand alone among other kinds are aligned with each other.
fn align_all(lines: &mut [Line]) {
    let mut from = 0;
    while from < lines.len() {
        let run = run_length(lines, from);
        if let Some(neighbours) = lines.get_mut(from..from + run).filter(|_| run > 1) {
            align(neighbours, 0);
            if have_one_second_key(neighbours) {
                align(neighbours, 1);
            }
        }
        from += run;
    }
}

/// The key of a line at this rank, if all that it stands for is on the line.
fn key(line: &Line, rank: usize) -> Option<&Key> {
    let all = line.marks.iter().all(|(mark, _)| mark.owner_end <= line.tokens.end);
    let (mark, _) = line.marks.get(rank).filter(|_| all)?;
    Some(&mark.key)
}

/// How many lines from here on are aligned together.
fn run_length(lines: &[Line], from: usize) -> usize {
    let alike = alike_length(lines, from);
    if alike > 1 || !stands_alone(lines, from) {
        return alike;
    }
    let mut run = 1;
    while joins(lines, from + run) && alike_length(lines, from + run) == 1 && stands_alone(lines, from + run)
    {
        run += 1;
    }
    run
}

/// Whether a line has one above it that it can be aligned with.
fn joins(lines: &[Line], at: usize) -> bool {
    let pair = at.checked_sub(1).and_then(|above| Some((lines.get(above)?, lines.get(at)?)));
    pair.is_some_and(|(above, line)| !line.blank_before && line.indent == above.indent)
}

/// Whether a line binds a name of its own. A mark behind a brace belongs to what stands inside.
fn stands_alone(lines: &[Line], at: usize) -> bool {
    lines.get(at).is_some_and(|line| matches!(key(line, 0), Some(Key::Equal(_))) && !opens_before_mark(line))
}

fn opens_before_mark(line: &Line) -> bool {
    let before = line.marks.first().and_then(|(_, at)| line.text.get(..*at));
    before.is_some_and(|before| before.contains('{'))
}

/// How many lines from here on have the same first key.
fn alike_length(lines: &[Line], from: usize) -> usize {
    let first = lines.get(from).and_then(|line| key(line, 0));
    let alike = |at: &usize| {
        first.is_some() && lines.get(*at).and_then(|line| key(line, 0)) == first && joins(lines, *at)
    };
    1 + (from + 1..lines.len()).take_while(alike).count()
}

fn have_one_second_key(lines: &[Line]) -> bool {
    let first = lines.first().and_then(|line| key(line, 1));
    first.is_some() && lines.iter().all(|line| key(line, 1) == first)
}

fn align(lines: &mut [Line], rank: usize) {
    let place = |line: &Line| line.marks.get(rank).map_or(0, |(_, at)| *at);
    let column = |line: &Line| line.text.get(..place(line)).map_or(0, |before| before.chars().count());
    let widest = lines.iter().map(column).max().unwrap_or(0);
    for line in lines {
        let (at, missing) = (place(line), widest - column(line));
        line.widen(at, missing);
        for (_, mark) in line.marks.iter_mut().skip(rank) {
            *mark += missing;
        }
    }
}

/// The column of the comment of each line: neighbours that have one share it.
fn comment_columns(lines: &[Line]) -> Vec<usize> {
    let mut columns = Vec::with_capacity(lines.len());
    while let Some(rest) = lines.get(columns.len()..).filter(|rest| !rest.is_empty()) {
        let joins = |line: &&Line| line.comment.is_some();
        let run = rest
            .iter()
            .enumerate()
            .take_while(|(at, line)| joins(line) && (*at == 0 || !line.blank_before))
            .count();
        let widest = rest.iter().take(run).map(Line::width).max().unwrap_or(0);
        let column = COMMENT_COLUMN.max(widest + COMMENT_GAP_COLUMNS);
        columns.extend(std::iter::repeat_n(column, run.max(1)));
    }
    columns
}
