"""Logging in and out, as it is sent."""

from typing import Annotated

from pydantic import BaseModel, Field

from baselayer.app.schemas.base import Dto

LONGEST_PASSWORD = 1024

Password = Annotated[str, Field(max_length=LONGEST_PASSWORD, repr=False)]
Username = Annotated[str, Field(max_length=200)]


class LoginRequest(Dto):
    """Who comes in."""

    username: Username
    password: Password


class LogoutRequest(Dto):
    """What to end."""

    everywhere: bool = False
    """Whether to end all sessions of yours, and not only this one."""


class PasswordChange(Dto):
    """A new password in place of the present one."""

    current_password: Password
    new_password: Password


class SetupRequest(Dto):
    """The first administrator."""

    token: Annotated[str, Field(max_length=200, repr=False)]
    """What follows the # in the link that the server printed."""
    username: Username
    password: Password


class SetupRead(BaseModel):
    """Whether there is something to set up."""

    needed: bool
