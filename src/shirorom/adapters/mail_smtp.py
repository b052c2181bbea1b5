"""Hands mails to the shop's mail server (ports.outlets.Mailer): plain text, by SMTP with STARTTLS."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from shirorom.ports.outlets import DeliveryError
from shirorom.service.settings import MailSettings

SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """By the `[mail]` table of the configuration. The password is read from its file for each mail and kept nowhere."""

    settings: MailSettings

    def send(self, to: Sequence[str], subject: str, text: str, *, message_id: str, at: datetime) -> None:
        """Send one mail to all of them."""
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = subject, self.settings.from_, ", ".join(to)
        mail["Date"], mail["Message-ID"] = format_datetime(at), message_id
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        try:
            self._hand_over(mail)
        except smtplib.SMTPAuthenticationError:
            raise DeliveryError("sign-in") from None
        except TimeoutError:
            raise DeliveryError("timeout") from None
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise DeliveryError("refused") from None
        except ssl.SSLError:
            raise DeliveryError("tls") from None
        except (OSError, smtplib.SMTPException):
            raise DeliveryError("unreachable") from None

    def _hand_over(self, mail: EmailMessage) -> None:
        with smtplib.SMTP(self.settings.host, self.settings.port, timeout=SECONDS_MAX) as server:
            if self.settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if self.settings.user:
                password = Path(self.settings.password_file).read_text(encoding="utf-8").strip()
                server.login(self.settings.user, password)
            server.send_message(mail)
