"""Reports of our own go out through Debian's Postfix as it is, handed over by the user of the unit."""

import email
import email.policy

from lab.own_reports import check_delivery


def test_a_report_arrives_with_the_numbers_of_the_sessions(lab, postfix):
    place = postfix.place.path("/usr/sbin/sendmail")
    text, read = check_delivery(lab, place, host="mx.good.example")
    assert '"success": 3' in str(read).replace("'", '"') and '"failure": 2' in str(read).replace("'", '"'), read
    mail = email.message_from_string(text, policy=email.policy.SMTP)
    assert not mail.defects and mail["TLS-Required"] == "No" and mail["TLS-Report-Submitter"] == "sender.example"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "application/tlsrpt+gzip"]
