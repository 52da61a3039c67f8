"""The same work by others, each tuned as its makers advise: every file of `DIR`, and the same counts at the end.

One pass over the transactions each: the judged rows go to a table in memory, or to disk, and the files are written
from there. None of them hashes its inputs, keeps a run that was stopped, quarantines or syncs to the disk.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    counts: dict[str, int]
    clones: int


DUCKDB = """
import duckdb, sys
transactions, history, out, join = sys.argv[1:5]
db = duckdb.connect(config={"threads": 2, "memory_limit": "8GB", "temp_directory": out + "/spill"})
db.execute("set timezone = 'UTC'")
asof = f'''from t asof left join h0 h on t.sam_no = h.sam_no and t.txn_time >= h.valid_from'''
between = asof.replace("asof left", "left") + " and t.txn_time < h.valid_until"
covered = "h.sam_no is not null and t.txn_time < h.valid_until"
db.execute(f'''
create temp table judged as
with h0 as materialized (select * from '{history}'),
t as (select *, file_row_number as n from read_parquet('{transactions}', file_row_number = true)
      where regexp_full_match(sam_no, '[0-9A-F]{{12}}') and amount_fen >= 0 and business between 0 and 31),
j as (select t.*, {covered} as covered, case when {covered} then h.event_id end as event_id, h.state, h.void,
        h.institution_no as holder, h.device_no as place, h.permissions as p
      {asof if join == "asof" else between})
select txn_id, sam_no, institution_no, device_no, business, card_no, amount_fen, txn_time, terminal_seq, n, event_id,
    case when not covered and txn_time < timestamptz '2020-01-01 00:00:00+08' then 'accepted'
         when not covered then 'counterfeit'
         when void then 'cancelled' when holder is null or holder <> institution_no then 'foreign'
         when (p >> business) & 1 = 0 then 'unauthorized' else 'accepted' end as verdict,
    not covered and txn_time < timestamptz '2020-01-01 00:00:00+08' as early,
    covered and state = 'suspended' as suspended, covered and state = 'handed_in' as handed_in,
    covered and place is not null and device_no is not null and place <> device_no as relocated,
    coalesce(terminal_seq <= lag(terminal_seq) over (partition by sam_no order by txn_time, terminal_seq, n), false)
        as clone
from j
''')
plain = "verdict = 'accepted'"
options = "(format parquet, compression lz4)"
db.execute(f'''copy (select txn_id, verdict, nullif(concat_ws('+',
    case when {plain} and early then 'before_records' end, case when clone then 'clone' end,
    case when {plain} and handed_in then 'handed_in' end, case when {plain} and relocated then 'relocated' end,
    case when {plain} and suspended then 'suspended' end), '') as flag, event_id
    from judged order by n) to '{out}/verdicts.parquet' {options}''')
db.execute(f'''copy (select * exclude (n, early, suspended, handed_in, relocated, clone), '第十三条' as clause
    from judged where not {plain} order by n) to '{out}/refused.parquet' {options}''')
db.execute(f'''copy (select institution_no, (txn_time + interval 8 hour)::date as day, verdict, count(*) as count,
    sum(amount_fen) as amount_fen from judged group by all order by all) to '{out}/summary.parquet' {options}''')
print(dict(db.execute("select verdict, count(*) from judged group by all").fetchall()))
print(db.execute("select count(*) filter (clone) from judged").fetchall()[0][0])
"""

POLARS = """
import sys
import polars as pl
transactions, history, out, join = sys.argv[1:5]
c = pl.col
h = pl.scan_parquet(history).rename({"institution_no": "holder", "device_no": "place"})
t = pl.scan_parquet(transactions, row_index_name="n").filter(
    c("sam_no").str.contains("^[0-9A-F]{12}$"), c("amount_fen") >= 0, c("business").is_between(0, 31))
if join == "asof":
    j = t.sort("txn_time").join_asof(h.sort("valid_from"), left_on="txn_time", right_on="valid_from", by="sam_no",
                                     check_sortedness=False)
else:
    found = t.select("n", "sam_no", "txn_time").join(h, on="sam_no").filter(
        c("txn_time") >= c("valid_from"), c("txn_time") < c("valid_until")).drop("sam_no", "txn_time")
    j = t.join(found, on="n", how="left")
covered = c("event_id").is_not_null() & (c("txn_time") < c("valid_until"))
early = ~covered & (c("txn_time") < pl.datetime(2019, 12, 31, 16, time_unit="us", time_zone="UTC"))
bit = (c("permissions").cast(pl.Int64) // pl.lit(2).pow(c("business").cast(pl.Int64)).cast(pl.Int64)) % 2
verdict = (pl.when(early).then(pl.lit("accepted")).when(~covered).then(pl.lit("counterfeit"))
    .when(c("void")).then(pl.lit("cancelled"))
    .when(c("holder").is_null() | (c("holder") != c("institution_no"))).then(pl.lit("foreign"))
    .when(bit == 0).then(pl.lit("unauthorized")).otherwise(pl.lit("accepted")))
plain = c("verdict") == "accepted"
def flag(when, word):
    return pl.when(when.fill_null(False)).then(pl.lit(word))
judged = (j.with_columns(verdict=verdict, covered=covered, early=early)
    .sort("sam_no", "txn_time", "terminal_seq", "n")
    .with_columns(clone=(c("terminal_seq") <= c("terminal_seq").shift(1)) & (c("sam_no") == c("sam_no").shift(1)))
    .with_columns(event_id=pl.when("covered").then("event_id"), flag=pl.concat_str(
        flag(plain & c("early"), "before_records"), flag(c("clone"), "clone"),
        flag(plain & c("covered") & (c("state") == "handed_in"), "handed_in"),
        flag(plain & c("covered") & (c("place") != c("device_no")), "relocated"),
        flag(plain & c("covered") & (c("state") == "suspended"), "suspended"), separator="+", ignore_nulls=True))
    .select("n", "txn_id", "sam_no", "institution_no", "device_no", "business", "card_no", "amount_fen", "txn_time",
            "terminal_seq", "verdict", "flag", "event_id", "clone")
    .sort("n").collect(engine="streaming"))
options = {"compression": "lz4"}
judged.select("txn_id", "verdict", flag=pl.when(c("flag") != "").then("flag"), event_id="event_id").write_parquet(
    out + "/verdicts.parquet", **options)
judged.filter(~plain).drop("n", "flag", "clone").with_columns(clause=pl.lit("第十三条")).write_parquet(
    out + "/refused.parquet", **options)
day = c("txn_time").dt.offset_by("8h").dt.date().alias("day")
judged.group_by("institution_no", day, "verdict").agg(count=pl.len(), amount_fen=c("amount_fen").sum()).sort(
    "institution_no", "day", "verdict").write_parquet(out + "/summary.parquet", **options)
print(dict(judged["verdict"].value_counts().iter_rows()))
print(judged["clone"].sum())
"""

PANDAS = """
import sys
import pandas as pd
transactions, history, out, join = sys.argv[1:5]
t = pd.read_parquet(transactions)
h = pd.read_parquet(history).rename(columns={"institution_no": "holder", "device_no": "place"})
t["n"] = range(len(t))
j = pd.merge_asof(t.sort_values("txn_time", kind="stable"), h.sort_values("valid_from"), left_on="txn_time",
                  right_on="valid_from", by="sam_no")
covered = j["event_id"].notna() & (j["txn_time"] < j["valid_until"])
early = ~covered & (j["txn_time"] < pd.Timestamp("2020-01-01", tz="Asia/Shanghai"))
allowed = (j["permissions"].fillna(0).astype("int64").to_numpy() >> j["business"].to_numpy()) & 1
verdict = pd.Series("accepted", index=j.index)
verdict[covered & (allowed == 0)] = "unauthorized"
verdict[covered & (j["holder"].isna() | (j["holder"] != j["institution_no"]))] = "foreign"
verdict[covered & j["void"].eq(True)] = "cancelled"
verdict[~covered & ~early] = "counterfeit"
j["verdict"] = verdict
j = j.sort_values(["sam_no", "txn_time", "terminal_seq", "n"])
clone = (j["sam_no"] == j["sam_no"].shift()) & (j["terminal_seq"] <= j["terminal_seq"].shift())
j["flag"] = clone.map({True: "clone", False: None})
j["event_id"] = j["event_id"].where(covered)
j = j.sort_values("n")
j[["txn_id", "verdict", "flag", "event_id"]].to_parquet(out + "/verdicts.parquet", compression="lz4")
j[j["verdict"] != "accepted"].to_parquet(out + "/refused.parquet", compression="lz4")
j["day"] = (j["txn_time"] + pd.Timedelta(hours=8)).dt.date
j.groupby(["institution_no", "day", "verdict"])["amount_fen"].agg(["count", "sum"]).to_parquet(out + "/summary.parquet")
print(j["verdict"].value_counts().to_dict())
print(int(clone.sum()))
"""

SPARK = """
import sys
from pyspark.sql import SparkSession
transactions, history, out, join = sys.argv[1:5]
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.memory", "6g")
         .config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "16").getOrCreate())
spark.sparkContext.setLogLevel("OFF")
spark.read.parquet(transactions).createOrReplaceTempView("t")
spark.read.parquet(history).createOrReplaceTempView("h")
judged = spark.sql('''
with j as (
    select /*+ shuffle_hash(h) */ t.*, h.event_id, h.state, h.void, h.institution_no as holder, h.permissions as p
    from t left join h
    on t.sam_no = h.sam_no and t.txn_time >= h.valid_from and t.txn_time < h.valid_until)
select *, case when event_id is null and txn_time < timestamp '2020-01-01 00:00:00+08:00' then 'accepted'
    when event_id is null then 'counterfeit' when void then 'cancelled'
    when holder is null or holder <> institution_no then 'foreign'
    when (shiftright(p, business) & 1) = 0 then 'unauthorized' else 'accepted' end as verdict,
    coalesce(terminal_seq <= lag(terminal_seq) over (partition by sam_no order by txn_time, terminal_seq), false)
        as clone
from j''').persist()
flag = "case when clone then 'clone' end as flag"
judged.selectExpr("txn_id", "verdict", flag, "event_id").write.parquet(out + "/verdicts")
judged.where("verdict <> 'accepted'").write.parquet(out + "/refused")
judged.createOrReplaceTempView("judged")
spark.sql('''select institution_no, cast(txn_time + interval 8 hours as date) as day, verdict, count(*) as count,
    sum(amount_fen) as amount_fen from judged group by all''').write.parquet(out + "/summary")
print({row.verdict: row["count"] for row in judged.groupBy("verdict").count().collect()})
print(judged.where("clone").count())
"""

PROGRAMS = {"duckdb": DUCKDB, "polars": POLARS, "pandas": PANDAS, "spark": SPARK}


def run(name: str, transactions: Path, history: Path, out: Path, join: str = "range") -> Result:
    """In a process of its own, from its start to its end."""
    out.mkdir(parents=True)
    program = textwrap.dedent(PROGRAMS[name])
    began = time.monotonic()
    command = [sys.executable, "-c", program, transactions, history, out, join]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    if told.returncode:
        raise RuntimeError(f"{name} {join}: {told.stderr[-2000:]}")
    counts, clones = told.stdout.strip().splitlines()[-2:]
    return Result(f"{name} {join}", seconds, eval(counts), int(clones))
