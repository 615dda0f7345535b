#!/usr/bin/env bash
# GMime 3.2: a mail attached as message/rfc822 in base64 or quoted-printable is a part without a message in it.
#
# Some gateways and ticket systems forward mails in an encoding, which RFC 2046 section 5.2.1 does not allow and mail
# programs show all the same. GMime makes a GMimeMessagePart, whose message can be walked, of message/rfc822 in 7bit
# alone; in an encoding it makes a GMimePart of media type message/rfc822, as of any file. A program that walks all
# messages by the first class finds nothing in it, and no error: the decoded bytes have to be parsed once more.
# message/global (RFC 6532 section 3.7, where encodings are allowed) is treated in the same way. Seen with Debian 12's package:
#   message/rfc822 7bit:               MessagePart
#   message/rfc822 base64:             Part
#   message/rfc822 quoted-printable:   Part
#   message/global 8bit:               MessagePart
#   message/global base64:             Part
set -euo pipefail
version=3.2.13+dfsg-2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
apt-get -qq -o APT::Sandbox::User=root download "libgmime-3.0-0=$version" "gir1.2-gmime-3.0=$version" \
  python3-gi libgirepository-1.0-1 gir1.2-glib-2.0 libgpgme11 libassuan0
for package in *.deb; do dpkg-deb -x "$package" root; done
libraries=$room/root/usr/lib/x86_64-linux-gnu
cat >classes.py <<'PYTHON'
import base64
import gi
import quopri

gi.require_version("GMime", "3.0")
from gi.repository import GMime

GMime.init()
inner = b"From: a@sender.example\r\nSubject: inner\r\n\r\ntext = 1\r\n"
encoders = {"7bit": bytes, "8bit": bytes, "base64": base64.encodebytes, "quoted-printable": quopri.encodestring}
for media_type, encoding in (("message/rfc822", "7bit"), ("message/rfc822", "base64"), ("message/rfc822", "quoted-printable"),
                             ("message/global", "8bit"), ("message/global", "base64")):
    mail = b"From: b@forward.example\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (
        media_type.encode(), encoding.encode(), encoders[encoding](inner))
    parser = GMime.Parser.new_with_stream(GMime.StreamMem.new_with_buffer(mail))
    part = parser.construct_message(None).get_mime_part()
    print(f"{media_type} {encoding}:".ljust(34), type(part).__name__)
PYTHON
seen=$(LD_LIBRARY_PATH=$libraries GI_TYPELIB_PATH=$libraries/girepository-1.0:$room/root/usr/lib/girepository-1.0 \
  PYTHONPATH=$room/root/usr/lib/python3/dist-packages /usr/bin/python3 classes.py)
printf 'GMime %s\n%s\n' "$version" "$seen"
[ "$(sed 's/.* //' <<<"$seen" | tr '\n' ' ')" = 'MessagePart Part Part MessagePart Part ' ]
