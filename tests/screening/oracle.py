"""What a run must give, said again in plain SQL by another engine. Shares no code with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

JUDGED = """
create or replace temp table judged as
with raw as (
    select *, row_number() over (order by file_row_number) as n
    from read_parquet('{transactions}', file_row_number = true)
), sound as (
    select * from raw
    where regexp_full_match(coalesce(sam_no, ''), '[0-9A-F]{{12}}') and institution_no is not null
      and txn_time is not null and amount_fen >= 0 and business between 0 and 31
), matched as (
    select t.*, h.event_id, h.void, h.institution_no as holder, h.device_no as place, h.permissions, h.state,
           h.sam_no is not null as covered, {bound} as bound
    from sound t left join read_parquet('{history}') h
      on t.sam_no = h.sam_no and t.txn_time >= h.valid_from and t.txn_time < h.valid_until
), fits as (
    select *, not covered and txn_time < {known_from} as early,
        [not covered and txn_time >= {known_from}, coalesce(void, false),
         covered and (holder is null or holder <> institution_no),
         covered and (permissions::bigint & (1::bigint << business)) = 0] as fit,
        ['counterfeit', 'cancelled', 'foreign', 'unauthorized'] as kinds
    from matched
), counted as (
    select n, terminal_seq <= lag(terminal_seq) over (partition by sam_no order by txn_time, terminal_seq, n) as clone
    from sound where terminal_seq is not null
), verdicts as (
    select fits.*, coalesce(clone, false) as clone,
        case when bound and not early
             then coalesce(list_filter(kinds, lambda kind, i: fit[i] and kind in {refuses})[1], 'accepted')
             else 'accepted' end as verdict
    from fits left join counted using (n)
)
select *, list_sort(list_concat(
        case when verdict = 'accepted' then list_concat(
            list_filter(kinds, lambda kind, i: fit[i]),
            case when early then ['before_records'] else [] end,
            case when state in ('suspended', 'handed_in') then [state] else [] end,
            case when place is not null and device_no is not null and place <> device_no then ['relocated'] else [] end)
        else [] end,
        case when clone then ['clone'] else [] end)) as flags
from verdicts
"""
OURS = """
create or replace temp table ours as
select *, row_number() over (order by file_row_number) as n
from read_parquet('{out}/verdicts.parquet', file_row_number = true)
"""
DIFFERENT = """
with expected as (
    select row_number() over (order by n) as n, txn_id, verdict,
           nullif(array_to_string(flags, '+'), '') as flag, event_id from judged
)
select * from expected e full join ours o on e.n = o.n
where e.n is null or o.n is null or e.txn_id is distinct from o.txn_id or e.verdict <> o.verdict
   or e.flag is distinct from o.flag or e.event_id is distinct from o.event_id
limit 5
"""
SUMMARY = """
select institution_no, (txn_time at time zone 'Asia/Shanghai')::date as day, verdict, count(*), sum(amount_fen)::bigint
from judged group by all
"""


class Oracle:
    def __init__(
        self,
        transactions: Path,
        history: Path,
        refuses: set[str],
        *,
        known_from: str | None = None,
        bound: set[str] | None = None,
        threads: int = 2,
    ) -> None:
        self.connection = duckdb.connect(config={"threads": threads})
        self.connection.execute("set timezone = 'UTC'")
        senders = "true" if bound is None else f"t.institution_no in ({words(bound)})"
        start = f"timestamptz '{known_from}'" if known_from else "'-infinity'::timestamptz"
        kinds = f"({words(refuses)})"
        text = JUDGED.format(transactions=transactions, history=history, bound=senders, known_from=start, refuses=kinds)
        self.connection.execute(text)

    def differences(self, out: Path) -> list[tuple[Any, ...]]:
        """Rows whose verdict, flag or event the folder tells otherwise."""
        self.connection.execute(OURS.format(out=out))
        return self.connection.execute(DIFFERENT).fetchall()

    def refused(self) -> list[tuple[Any, ...]]:
        query = "select * from (select txn_id, verdict, event_id from judged where verdict <> 'accepted' order by n)"
        return self.connection.execute(query).fetchall()

    def summary_differs(self, out: Path) -> int:
        ours = f"select * from read_parquet('{out}/summary.parquet')"
        query = f"select count(*) from ((({SUMMARY}) except ({ours})) union all (({ours}) except ({SUMMARY})))"
        return int(self.connection.execute(query).fetchall()[0][0])

    def counts(self) -> dict[str, int]:
        return dict(self.connection.execute("select verdict, count(*) from judged group by all").fetchall())

    def flags(self) -> dict[str, int]:
        return dict(
            self.connection.execute(
                "select flag, count(*) from (select unnest(flags) as flag from judged) group by all"
            ).fetchall()
        )


def words(names: set[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names)) or "''"
