use jiff::tz::TimeZone;

use super::samples::*;
use super::*;

fn text(width: usize) -> Text {
    Text { width, ..Text::plain(TimeZone::fixed(jiff::tz::offset(1))) }
}

#[test]
fn print_samples() {
    let (events, last) = caches_turning_over(true);
    let mut cast = Cast::new();
    for e in &events {
        cast.take(e);
        for l in text(80).event_lines(e, &cast) {
            println!("{l}");
        }
    }
    println!("---- progress");
    let p = text(100).progress(&cast, secs(5));
    println!("{}", p.line);
    for r in p.waiting {
        println!("{r}");
    }
    println!("---- 80");
    print!("{}", text(80).report(&last, &cast));
    println!("---- 40");
    print!("{}", text(40).report(&last, &cast));
    println!("---- full");
    print!("{}", Text { detail: Detail::Full, ..text(80) }.report(&last, &cast));
    println!("{}", json::verdict(&last, &cast));
}
