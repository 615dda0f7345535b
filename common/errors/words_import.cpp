#include "errors/sections.hpp"

namespace mta_sts::errors {
namespace {

constexpr ErrorEntry import_entries[] = {
    {"mailbox-garbled",
     "the mail server breaks the IMAP protocol or exceeds a limit; the mails that came whole are "
     "imported, and nothing is moved that was not",
     "see the message; tell the mail server's maintainers, or move the mail away by hand"},
    {"mailbox-refused",
     "the mail server does not let the user in, has no such mailbox, or refuses what is asked of it",
     "see the message: the user, the password file, the name of the mailbox, or its access list"},
    {"mailbox-unreachable",
     "the mail server cannot be reached, ended the connection, or was silent too long; what was imported "
     "stays so, and mails that were not moved are read again and count once",
     "see the message: the server, or the network between; with `--watch` it is tried again"},
    {"mailbox-untrusted",
     "the mail server's certificate is not trusted, is for another name, or the server has no STARTTLS: "
     "the password was not sent",
     "name the host as the certificate does, and its authority's certificate with `--imap-ca`"},
    {"move-failed",
     "a file or mail was not moved though its reports are in the history: no space, no right, another file "
     "system; it is read again by the next import and counts once",
     "see the message, and mend the folder or mailbox of `--move-to` or `--others-to`"},
};

}  // namespace

const ErrorSection report_import{
    "Reports imported from a mailbox, and moved",
    "In `mta-sts tlsrpt import` with `--imap`, `--move-to` or `--others-to`. The exit code is 3 for "
    "`mailbox-unreachable`, and for `move-failed` once the import has begun; 2 for the others.",
    import_entries};

}  // namespace mta_sts::errors
