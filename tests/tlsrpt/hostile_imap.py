"""An IMAP server that is not to be trusted: it lets anybody in and then answers as a test says."""

import contextlib
import socket
import ssl
import threading

from dovecot import SECONDS, make_certificate

CAPABILITIES = "IMAP4rev1 MOVE UIDPLUS"


class HostileServer:
    """`with HostileServer(folder, answers) as server:`. answers: by the beginning of a command what is sent before its OK, as bytes; what it
    ends with in place of OK, as a string; or as a function of the server and the connection that sends it, and gives whether the connection goes on, "no" for one that sent an
    answer of its own in place of the OK."""

    def __init__(self, folder, answers=(), greeting=b"* OK hello\r\n", has_tls=True):
        self.folder, self.greeting, self.has_tls = folder, greeting, has_tls
        self.answers = dict(answers)
        self.certificate = make_certificate(folder, "localhost")
        self.password_file = folder / "password"
        self.password_file.write_text("secret\n")
        self.password_file.chmod(0o600)
        self.commands = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(SECONDS)

    def options(self, scheme="imaps"):
        return ["--imap", f"{scheme}://user@localhost:{self.port}", "--imap-password-file", str(self.password_file), "--imap-ca",
                str(self.certificate.authority)]  # fmt: skip

    def _serve(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.chain, self.certificate.key)
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.settimeout(SECONDS)
            with contextlib.suppress(OSError), plain:
                connection = context.wrap_socket(plain, server_side=True) if self.has_tls else plain
                with connection:
                    self._talk(connection)

    def _talk(self, connection):
        connection.sendall(self.greeting)
        for line in connection.makefile("rb"):
            tag, _, command = line.decode().strip().partition(" ")
            self.commands.append(command)
            answer = self._answer(command)
            if isinstance(answer, str):
                connection.sendall(f"{tag} {answer}\r\n".encode())
                continue
            goes_on = answer(self, connection) if callable(answer) else True
            if not goes_on:
                return
            if not callable(answer):
                connection.sendall(answer)
            if goes_on != "no":
                connection.sendall(f"{tag} OK done\r\n".encode())

    def _answer(self, command):
        for begin, answer in self.answers.items():
            if command.startswith(begin):
                return answer
        if command == "CAPABILITY":
            return f"* CAPABILITY {CAPABILITIES}\r\n".encode()
        if command.startswith("SELECT"):
            return b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [PERMANENTFLAGS (\\Deleted \\*)] flags\r\n"
        if command.startswith("UID SEARCH"):
            return b"* SEARCH 5\r\n"
        if command.startswith("UID FETCH") and "SIZE" in command:
            return b"* 1 FETCH (UID 5 RFC822.SIZE 10)\r\n"
        return b""


def endless(piece):
    """An answer without an end."""

    def send(_, connection):
        while True:
            connection.sendall(piece)

    return send
