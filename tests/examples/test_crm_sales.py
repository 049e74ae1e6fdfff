"""The sales pipeline: real rows where they are at hand, made-up dirt everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from attio_orm import connect
from attio_orm.testing import assert_num_requests

PAGE = 500
ACCOUNTS = "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
PRODUCTS = "product,series,sales_price\n"
TEAMS = "sales_agent,manager,regional_office\n"
PIPELINE = (
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
)


@pytest.fixture
def crm(load_example: Callable[[str], Any]) -> Any:
    """The example, as a module."""
    return load_example("crm_sales")


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[..., Path]:
    """Writes the four files, each with a header; gives their folder."""

    def write(accounts: str = "", products: str = "", teams: str = "", pipeline: str = "") -> Path:
        for name, text in (
            ("accounts.csv", ACCOUNTS + accounts),
            ("products.csv", PRODUCTS + products),
            ("sales_teams.csv", TEAMS + teams),
            ("sales_pipeline.csv", PIPELINE + pipeline),
        ):
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_real_pipeline_gives_the_known_answers(crm: Any, shared: Path) -> None:
    folder = shared / "crm-sales"
    if not folder.exists():
        pytest.skip("../shared/crm-sales is not on this machine")
    with connect("sandbox://", on_drift="ignore") as connection:
        requests = crm.Requests(connection)
        report = crm.load(connection, folder)

        assert report.rejected == []
        assert report.loaded == {
            "Company": 85, "Manager": 6, "Agent": 35, "Product": 7, "Deal": 8_800
        }  # fmt: skip
        assert report.corrected == {
            ("product", "GTXPro", "GTX Pro"): 1_480,
            ("sector", "technolgy", "technology"): 12,
            ("office_location", "Philipines", "Philippines"): 1,
            ("office_location", "Korea", "South Korea"): 1,
        }
        without = Counter[str]()
        for (column, _), count in report.empty.items():
            without[column] += count
        assert without == {
            "account": 1_425, "engage_date": 500, "close_date": 2_089, "close_value": 2_089
        }  # fmt: skip
        # a request a record; the objects, five lists of attributes and four of choices
        assert requests.by_purpose == {"write": report.loaded.total(), "introspect": 10}

        batches = 4  # accounts, agents, managers; an account that the second page is first to have
        with assert_num_requests(8_800 // PAGE + 1 + batches + 1):
            answers = crm.ask(connection)
        assert answers.stages == {
            "Prospecting": 500, "Engaging": 1_589, "Won": 4_238, "Lost": 2_473
        }  # fmt: skip
        assert answers.won == Decimal(10_005_534)
        assert answers.accounts[:3] == [
            ("Kan-code", 341_455),
            ("Konex", 269_245),
            ("Condax", 206_410),
        ]
        assert answers.managers[0] == ("Melvin Marxen", 2_251_930)

        with connection.active():
            deals, companies = crm.Deal.objects, crm.Company.objects
            assert deals.filter(stage="Won").count() == 4_238
            assert deals.filter(account=None).count() == 1_425
            assert deals.filter(product__name="GTX Pro").count() == 1_480
            assert companies.filter(sector="technology").count() == 12
            assert companies.get(office__country_code="PH").name == "Bioholding"
            assert companies.filter(subsidiary_of__name="Acme Corporation").count() == 4
            won_by = deals.filter(stage="Won", agent__manager__name="Melvin Marxen")
            assert sum(each.amount for each in won_by.pluck("value")) == 2_251_930


def test_row_that_cannot_be_loaded_is_named_with_its_line(
    crm: Any, write_files: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_files(
        accounts="Acme,technolgy,1996,11.5,20,Philipines,\n"
        "Branch,retail,,,,Kenya,Acme\n"
        "Twig,retail,1999,1,1,Kenya,Branch\n"
        "Lost,retail,1999,1,1,Kenya,Nowhere\n"
        "Chick,retail,1999,1,1,Kenya,Egg\n"
        "Egg,retail,1999,1,1,Kenya,Chick\n"
        "Odd,astrology,1999,1,1,Kenya,\n"
        "Vague,retail,1999,a lot,1,Kenya,\n",
        products="GTX Pro,GTX,4821\n",
        teams="Ann,Max,East\nBob,,East\nCid,Max,North\n",
        pipeline="1,Ann,GTXPro,Acme,Won,2017-01-01,2017-02-01,10\n"
        "2,Ann,GTX Pro,,Engaging,2017-01-01,,\n"
        "2,Ann,GTX Pro,Acme,Won,2017-01-01,2017-02-01,20\n"
        "3,Ann,GTX Max,Acme,Won,2017-01-01,2017-02-01,20\n"
        "4,Ann,GTX Pro,Acne,Won,2017-01-01,2017-02-01,20\n"
        "5,Eve,GTX Pro,Acme,Won,2017-01-01,2017-02-01,20\n"
        "6,Ann,GTX Pro,Acme,Pending,2017-01-01,2017-02-01,20\n"
        "7,Ann,GTX Pro,Acme,Won,2017-01-01,31/02/2017,20\n"
        "8,Ann,GTX Pro,Acme,Won,2017-01-01,2017-02-01,nan\n",
    )
    assert crm.main([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "3 Company, 1 Manager, 1 Agent, 1 Product, 2 Deal" in said
    assert "1  product 'GTXPro' taken for 'GTX Pro'" in said
    assert "1  account of Engaging opportunities" in said
    assert "Rejected: 14" in said
    for line in (
        "accounts.csv, line 5: subsidiary_of 'Nowhere' is not known",
        "accounts.csv, line 6: subsidiary_of 'Egg' cannot be loaded either",
        "accounts.csv, line 7: subsidiary_of 'Chick' cannot be loaded either",
        "accounts.csv, line 8: sector 'astrology' is not known",
        "accounts.csv, line 9: revenue 'a lot' cannot be read",
        "sales_teams.csv, line 3: manager is empty",
        "sales_teams.csv, line 4: office: 'North' is not one of the options",
        "sales_pipeline.csv, line 4: opportunity_id '2' was there before",
        "sales_pipeline.csv, line 5: product 'GTX Max' is not known",
        "sales_pipeline.csv, line 6: account 'Acne' is not known",
        "sales_pipeline.csv, line 7: sales_agent 'Eve' is not known",
        "sales_pipeline.csv, line 8: deal_stage 'Pending' is not known",
        "sales_pipeline.csv, line 9: close_date '31/02/2017' cannot be read",
        "sales_pipeline.csv, line 10: value: ",
    ):
        assert line in said
    assert "Won: 10 USD" in said


def test_all_is_well_with_clean_files(
    crm: Any, write_files: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert crm.main([str(write_files(products="MG Special,MG,55\n"))]) == 0
    assert "Rejected: 0" in capsys.readouterr().out


def test_folder_without_the_files_is_named(
    crm: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    assert crm.main([str(tmp_path)]) == 2
    said = capsys.readouterr().out
    assert f"{tmp_path} has no products.csv and no sales_teams.csv" in said
