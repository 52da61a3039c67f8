"""Tables as a bureau keeps them: Excel and CSV in, checked row by row; out as a stream; back with an error column."""

from samkeeper.sheets.codes import area_code, phone, sam_no, serial_no, social_credit_code, unit_no
from samkeeper.sheets.kinds import Kind, choice, digits, money, text, whole, yes_no
from samkeeper.sheets.layout import Column, Layout
from samkeeper.sheets.reader import detect, read
from samkeeper.sheets.sheet import Problem, Row, Sheet
from samkeeper.sheets.template import template
from samkeeper.sheets.times import date_, moment
from samkeeper.sheets.writer import csv_chunks, write_csv, write_xlsx

__all__ = [
    "Column",
    "Kind",
    "Layout",
    "Problem",
    "Row",
    "Sheet",
    "area_code",
    "choice",
    "csv_chunks",
    "date_",
    "detect",
    "digits",
    "moment",
    "money",
    "phone",
    "read",
    "sam_no",
    "serial_no",
    "social_credit_code",
    "template",
    "text",
    "unit_no",
    "whole",
    "write_csv",
    "write_xlsx",
    "yes_no",
]
