"""The shape of what is different, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Named(BaseModel):
    """One value of one field."""

    column: str = Field(examples=["service"])
    title: str = Field(description="The field for people.", examples=["Service"])
    value: str | bool | None = Field(description="null: events without a value.")
    query: str = Field(description="The term that asks for it.", examples=["service:rds"])


class Stand(Named):
    """One value that stands out, counted on both sides."""

    here: int = Field(description="Acts with it here.")
    there: int
    here_share: float = Field(description="Of the acts here, 0 to 1.")
    there_share: float
    lift: float | None = Field(description="The share here by the share there; null when it is not there at all.")
    score: float = Field(description="G of the two shares: how unlikely chance is. They are ranked by it.")
    also: list[Named] = Field(description="Values of other fields with the very same counts.")


class Side(BaseModel):
    """The events on one side."""

    what: str
    acts: int


class Compared(BaseModel):
    """What was compared."""

    fields: list[str]
    values: int


class DifferenceAnswer(BaseModel):
    """Which values of which fields stand out in some events against others."""

    against: str
    here: Side
    there: Side
    more: list[Stand] = Field(description="Commoner here, the most telling first.")
    less: list[Stand] = Field(description="Rarer here, the most telling first.")
    compared: Compared
    left_out: list[str] = Field(description="What was not compared or is not told, in words.")
    note: str = Field(description="How to read it, or why there is nothing to compare.")
