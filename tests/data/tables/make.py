"""Writes the workbooks beside it, as two libraries that others use write them: pip install openpyxl==3.1.5 XlsxWriter==3.3.1."""
import datetime
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

HERE = Path(__file__).parent
ROWS = [
    ("The parcel never came & nobody answers <at all>", "delivery", datetime.date(2024, 2, 29), 17, True),
    ("I was charged twice:\nonce in May, once in June", "payment", datetime.datetime(2024, 5, 1, 9, 30), -2.5, False),
    ("  Größe 42, 日本語 😀 \"quoted\"", "other", datetime.date(1999, 12, 31), 1e6, True),
    ("Where is my order, please?", "delivery", datetime.date(2024, 3, 1), 0, False),
]
HEADER = ("Message", "Team", "Day", "Points", "Open")

book = openpyxl.Workbook()
book.active.title = "Notes"
sheet = book.create_sheet("Kunden & Fälle")
sheet.append(HEADER)
for row in ROWS:
    sheet.append(row)
sheet["A7"] = CellRichText("Two ", TextBlock(InlineFont(b=True), "fonts"), " in one cell")
sheet["B7"] = "other"
for row in sheet["C2:C7"]:
    row[0].number_format = "dd.mm.yyyy"
book.save(HERE / "openpyxl.xlsx")

book = xlsxwriter.Workbook(HERE / "xlsxwriter.xlsx", {"constant_memory": True})  # strings within the cells
book.set_properties({"created": datetime.datetime(2024, 1, 1)})
day = book.add_format({"num_format": "d mmm yyyy"})
sheet = book.add_worksheet("Data")
for column, name in enumerate(HEADER):
    sheet.write(0, column, name)
for number, row in enumerate(ROWS, 1):
    for column, value in enumerate(row):
        if isinstance(value, datetime.date):
            sheet.write_datetime(number, column, value, day)
        else:
            sheet.write(number, column, value)
sheet.write_formula(5, 0, '="a"&"b"', None, "ab")
sheet.write(5, 1, "other")
book.close()
