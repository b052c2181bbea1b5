"""WebAuthn by the `webauthn` package (ports.Passkeys): no attestation asked for, the person always verified."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from shirorom.domain.desk.people import Passkey
from shirorom.domain.errors import RequestError
from shirorom.ports.people import NewPasskey

NAME = "白ロム"
ASK = AuthenticatorSelectionCriteria(
    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
)
"""The passkey itself says whose it is, and the device looks at who holds it: it stands for name and password."""


class WebAuthn:
    """ports.Passkeys."""

    def registration(self, origin: str, *, challenge: bytes, handle: bytes, name: str,
                     known: Sequence[bytes]) -> dict[str, Any]:  # fmt: skip
        """What `navigator.credentials.create` is asked."""
        options = webauthn.generate_registration_options(
            rp_id=_host(origin),
            rp_name=NAME,
            user_name=name,
            user_display_name=name,
            user_id=handle,
            challenge=challenge,
            authenticator_selection=ASK,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return _plain(webauthn.options_to_json(options))

    def registered(self, origin: str, credential: dict[str, Any], *, challenge: bytes, label: str) -> NewPasskey:
        """The new passkey, its signature and origin verified."""
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=_host(origin),
                expected_origin=origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise RequestError("passkey-failed") from None
        return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count, _host(origin), label)

    def sign_in(self, origin: str, *, challenge: bytes) -> dict[str, Any]:
        """What `navigator.credentials.get` is asked."""
        options = webauthn.generate_authentication_options(
            rp_id=_host(origin), challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return _plain(webauthn.options_to_json(options))

    def signed_in(self, origin: str, credential: dict[str, Any], *, challenge: bytes, passkey: Passkey) -> int:
        """The counter after a sign-in whose signature holds; a counter that went back is refused (a copied key)."""
        try:
            signed = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=_host(origin),
                expected_origin=origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise RequestError("passkey-failed") from None
        return signed.new_sign_count


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _plain(text: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(text)
    return options
