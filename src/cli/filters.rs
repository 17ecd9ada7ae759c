//! Which of several resolvers hide names that exist: each is judged by what the others say.

use std::collections::BTreeMap;
use std::net::IpAddr;

use propwatch::model::Name;
use propwatch::net::{Manners, Sight};

/// So many must agree on other addresses before one that has none of them is said to lead elsewhere.
const AGREED: usize = 3;

/// What a resolver does with the names that filters leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// It hides these.
    Hides(Vec<Name>),
    /// It gives those that others give.
    Open,
    /// There was nothing to judge it by.
    Unknown,
}

/// One for each of `all`, in order. A name that nobody gives an address for hides nothing: it may be gone.
pub(crate) fn filters(all: &[&Manners]) -> Vec<Filter> {
    let mut given: BTreeMap<&Name, Vec<Vec<IpAddr>>> = BTreeMap::new();
    for (name, sight) in all.iter().flat_map(|manners| &manners.sights) {
        if let Sight::Seen(addresses) = sight {
            given.entry(name).or_default().push(sorted(addresses));
        }
    }
    let judge = |manners: &&Manners| {
        let (mut hidden, mut seen) = (Vec::new(), false);
        for (name, sight) in &manners.sights {
            let others = given.get(name).map(Vec::as_slice).unwrap_or_default();
            match sight {
                Sight::Blocked => hidden.push(name.clone()),
                Sight::Missing if !others.is_empty() => hidden.push(name.clone()),
                Sight::Seen(addresses) if leads_elsewhere(addresses, others) => hidden.push(name.clone()),
                Sight::Seen(_) => seen = true,
                Sight::Missing | Sight::Unknown => {}
            }
        }
        match (hidden.is_empty(), seen) {
            (false, _) => Filter::Hides(hidden),
            (true, true) => Filter::Open,
            (true, false) => Filter::Unknown,
        }
    };
    all.iter().map(judge).collect()
}

fn sorted(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut all = addresses.to_vec();
    all.sort_unstable();
    all
}

/// Addresses that nobody else gives, where several others agree: a page that says that it is blocked.
fn leads_elsewhere(addresses: &[IpAddr], others: &[Vec<IpAddr>]) -> bool {
    let own = sorted(addresses);
    let shared = others.iter().filter(|other| own.iter().any(|ip| other.contains(ip))).count();
    let agreed = |set: &Vec<IpAddr>| others.iter().filter(|other| *other == set).count() >= AGREED;
    shared <= 1 && others.iter().any(|set| *set != own && agreed(set))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manners(sights: &[(&str, Sight)]) -> Manners {
        let sights = sights.iter().map(|(name, sight)| (Name::parse(name).unwrap(), sight.clone()));
        Manners { sights: sights.collect(), ..Manners::default() }
    }

    fn seen(last: u8) -> Sight {
        Sight::Seen(vec![IpAddr::from([192, 0, 2, last])])
    }

    #[test]
    fn a_name_that_others_give_is_hidden_and_one_that_nobody_gives_is_not() {
        let open = manners(&[("ads.example", seen(1)), ("gone.example", Sight::Missing)]);
        let filter = manners(&[("ads.example", Sight::Missing), ("gone.example", Sight::Missing)]);
        let dead = manners(&[("ads.example", Sight::Unknown)]);
        let hides = Filter::Hides(vec![Name::parse("ads.example").unwrap()]);
        assert_eq!(filters(&[&open, &filter, &dead]), [Filter::Open, hides, Filter::Unknown]);
        assert_eq!(filters(&[&filter]), [Filter::Unknown], "nobody to compare it with");
    }

    #[test]
    fn one_that_says_so_itself_needs_no_comparison() {
        let filter = manners(&[("ads.example", Sight::Blocked)]);
        assert!(matches!(&filters(&[&filter])[0], Filter::Hides(names) if names.len() == 1));
    }

    #[test]
    fn a_page_that_says_blocked_is_told_from_a_site_with_many_addresses() {
        let (one, page) = (manners(&[("ads.example", seen(1))]), manners(&[("ads.example", seen(9))]));
        let all = filters(&[&one, &one, &one, &page]);
        assert!(matches!(all[..], [Filter::Open, Filter::Open, Filter::Open, Filter::Hides(_)]), "{all:?}");
        assert_eq!(filters(&[&one, &page]), [Filter::Open, Filter::Open], "too few to say who is right");
        let near = manners(&[("ads.example", seen(2))]);
        assert_eq!(filters(&[&one, &one, &near, &page]), vec![Filter::Open; 4], "each its own: by place");
    }
}
