//! How long a literal is that begins with a digit. What it means is read later, so that `1m` and `10G` are one token
//! each and one mistake each.

/// Length in bytes of the literal at the start of `text`, which begins with a digit.
pub(super) fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    date(bytes).or_else(|| time(bytes)).unwrap_or_else(|| quantity(bytes))
}

fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// `2027-01-31`, also `2027-1-31` and `31-01-2027`, which are mistakes.
fn date(bytes: &[u8]) -> Option<usize> {
    let first = digits(bytes, 0);
    let second = digits(bytes, first + 1);
    let third = digits(bytes, first + second + 2);
    let dashes = at(bytes, first) == b'-' && at(bytes, first + 1 + second) == b'-';
    let lengths = (first == 4 && third >= 1) || (third == 4 && first <= 2);
    (dashes && (1..=2).contains(&second) && lengths).then_some(first + second + third + 2)
}

/// `02:30`, also `2:30` and `02:30:00`, which are mistakes.
fn time(bytes: &[u8]) -> Option<usize> {
    let mut end = digits(bytes, 0);
    let mut parts = 1;
    while at(bytes, end) == b':' && digits(bytes, end + 1) > 0 {
        end += 1 + digits(bytes, end + 1);
        parts += 1;
    }
    (parts > 1).then(|| end + letters(bytes, end))
}

fn letters(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// Digits, a fraction, and a unit: `1_000`, `0.5`, `25MiB/s`, `5%`.
fn quantity(bytes: &[u8]) -> usize {
    let mut end = number_part(bytes, 0);
    if at(bytes, end) == b'.' && at(bytes, end + 1).is_ascii_digit() {
        end += 1;
        end += number_part(bytes, end);
    }
    if at(bytes, end) == b'%' {
        return end + 1;
    }
    let unit = letters(bytes, end);
    end += unit;
    if unit > 0 && at(bytes, end) == b'/' && at(bytes, end + 1) == b's' && letters(bytes, end + 1) == 1 {
        end += 2;
    }
    end
}

fn number_part(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count()
}
