//! How the test file is placed on a web server.

use crate::model::ChallengeFile;
use crate::view::escape::clean;

/// The file, where it must lie, and how to put it there: with a panel's file manager, and with a shell. One
/// string a line; the lines to be copied stand alone, so they are never wrapped.
pub fn self_test(file: &ChallengeFile) -> Vec<String> {
    let token = clean(&file.token);
    let content = file.content.as_deref().map(clean).unwrap_or_default();
    let folder = "public_html/.well-known/acme-challenge";
    format!(
        "\
File name:
    {token}
Content, one line and nothing else:
    {content}
It must be seen at, with your own name for NAME:
    http://NAME{path}

With cPanel's File Manager:
  1. Settings, at the upper right: tick \"Show Hidden Files (dotfiles)\".
  2. Open the document root of the name: public_html for the main domain; Domains
     in cPanel shows it for every other one.
  3. + Folder: .well-known (with the dot), and in it + Folder: acme-challenge.
     Where they are there already, open them.
  4. + File: the file name above, with no ending. Edit it, paste the content, save.

With a shell on the web server; change public_html if the document root is another:
    mkdir -p ~/{folder}
    printf %s '{content}' > ~/{folder}/{token}

Then:
    propwatch check NAME --expect ADDRESS --self-test
Whoever can read the file learns nothing by it, and it gets nobody a certificate.
Delete it when you are done.",
        path = file.path(),
    )
    .lines()
    .map(str::to_owned)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_copied_stands_alone() {
        let file = ChallengeFile::self_test();
        let lines = self_test(&file);
        let content = file.content.clone().unwrap();
        for copied in [file.token.clone(), content.clone(), format!("http://NAME{}", file.path())] {
            assert!(lines.contains(&format!("    {copied}")), "{copied}");
        }
        let written = format!("printf %s '{content}' > ~/public_html{}", file.path());
        assert!(lines.contains(&format!("    {written}")), "{lines:?}");
        assert!(lines.iter().filter(|line| !line.starts_with("    ")).all(|line| line.chars().count() <= 84));
    }
}
