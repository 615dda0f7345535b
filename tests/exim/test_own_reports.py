"""Reports of our own go out through Debian's Exim as it is, handed over by the user of the unit."""

import email
import email.policy

from conftest import PROGRAM, clear_spool, configure
from lab.own_reports import check_delivery


def test_a_report_arrives_with_the_numbers_of_the_sessions(lab, asks):
    clear_spool()
    configure(mode="")
    text, read = check_delivery(lab, PROGRAM)
    assert '"success": 3' in str(read).replace("'", '"') and '"failure": 2' in str(read).replace("'", '"'), read
    mail = email.message_from_string(text, policy=email.policy.SMTP)
    assert not mail.defects and mail["TLS-Required"] == "No" and mail["TLS-Report-Submitter"] == "sender.example"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "application/tlsrpt+gzip"]
