"""Pages of casework. Each view collects, makes one call into `actions`, and shows."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from samkeeper.casework import actions
from samkeeper.casework.forms import LossReport, PaperForm
from samkeeper.casework.models import Case, CaseStep
from samkeeper.casework.printing import filled, printable
from samkeeper.casework.progress import Progress, Task, plays, progress
from samkeeper.casework.queries import cases_of, handled, started, waiting
from samkeeper.casework.rows import rows, shown, wanted_papers, wanted_roles, wants_new_card
from samkeeper.errors import BadInput, NotYours, Refused
from samkeeper.lifecycle import MOVES, STATES, Part, Phase
from samkeeper.papers.actions import issue_paper
from samkeeper.papers.views import hand_out
from samkeeper.parties.access import acting
from samkeeper.parties.models import Account, Role
from samkeeper.registry.models import Card
from samkeeper.registry.queries import cards_of, spare_cards, stock_for
from samkeeper.rules.book import chosen
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import CardRole
from samkeeper.rules.words import Case as CaseKind
from samkeeper.rules.words import Role as RoleInCase

ROWS_A_PAGE = 20
LISTS = {"waiting": ("待办", waiting), "handled": ("已办", handled), "started": ("我发起", started)}
REPORTABLE = ("in_service", "issued")


def worklist(request: HttpRequest) -> HttpResponse:
    """待办, 已办, 我发起: cases with what comes next in each."""
    account = acting(request)
    chosen = request.GET.get("list", "waiting")
    chosen = chosen if chosen in LISTS else "waiting"
    page = Paginator(LISTS[chosen][1](account), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "casework/worklist.html",
        {
            "page": page,
            "rows": [progress(case) for case in page],
            "chosen": chosen,
            "lists": [(code, label, find(account).count()) for code, (label, find) in LISTS.items()],
            "may_report": _may_report(account),
        },
    )


def choose_card(request: HttpRequest) -> HttpResponse:
    """First screen of a report: which card."""
    account = acting(request)
    _require_reporter(account)
    if asked := request.GET.get("card", "").strip():
        return redirect("casework:report-card", sam_no=asked.upper())
    cards = cards_of(account).filter(state__in=REPORTABLE).order_by("institution__unit_no", "state", "place")
    search = request.GET.get("q", "").strip()
    if search:
        cards = cards.filter(place__icontains=search) | cards.filter(sam_no__icontains=search)
    page = Paginator(cards, ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "casework/choose_card.html", {"page": page, "search": search})


def report(request: HttpRequest, sam_no: str) -> HttpResponse:
    """Second and third screen: when and how, then everything once more before it is sent."""
    account = acting(request)
    _require_reporter(account)
    card = _card(account, sam_no)
    spares = _spares(card)
    form = LossReport(request.POST or None, spares=spares, initial={"spare": spares.first()})
    context = {"card": card, "form": form, "spares": spares}
    if request.method != "POST" or "change" in request.POST or not form.is_valid():
        return render(request, "casework/report.html", context, status=200 if not form.errors else 422)
    if "send" not in request.POST:
        return render(request, "casework/report_check.html", context)
    asked = actions.Request(kind=CaseKind.LOSS, cards=(card,), **form.cleaned_data)
    case = actions.open_case(asked, by=account, at=timezone.now())
    return redirect("casework:done", no=case.no)


def case(request: HttpRequest, no: str) -> HttpResponse:
    """One case: its steps in the regulation's own words, what is done, what is missing, who is next."""
    account = acting(request)
    now = progress(_case(account, no))
    return render(request, "casework/case.html", _case_context(now, account))


def papers(request: HttpRequest, no: str) -> HttpResponse:
    """The desk notes what papers lie before it."""
    account = acting(request)
    found = _case(account, no)
    now = progress(found)
    forms = [PaperForm(need=need, data=request.POST or None) for need in wanted_papers(now)]
    if request.method == "POST" and all(form.is_valid() for form in forms):
        handed_over = [paper for form in forms if (paper := form.shown())]
        if handed_over:
            actions.take_papers(found, handed_over, by=account, at=timezone.now(), seen=_seen(request))
            return redirect("casework:case", no=no)
        for form in forms:
            form.add_error("copies", "没有收到任何材料；收到后再登记")
    context = {"progress": now, "case": found, "forms": forms, "version": actions.version(found)}
    return render(request, "casework/papers.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def print_paper(request: HttpRequest, no: str, form: str) -> HttpResponse:
    """A paper of the case as PDF, with a code in its margin that anyone can check."""
    account = acting(request)
    now = progress(_case(account, no))
    if form not in set(Form):
        raise NotYours
    layout, facts = filled(now, Form(form))
    site = f"{request.scheme}://{request.get_host()}"
    paper = issue_paper(layout, facts, subject=no, site=site, by=account, at=timezone.now(), reference=no)
    return hand_out(paper, account, may=lambda _, kept: kept.subject == no)


@require_POST
def note(request: HttpRequest, no: str) -> HttpResponse:
    """The desk notes a report, a notice, a check."""
    account = acting(request)
    need, _, word = request.POST.get("shown", "").partition(":")
    actions.show(_case(account, no), need, word, by=account, at=timezone.now(), seen=_seen(request))
    return redirect("casework:case", no=no)


@require_POST
def sign(request: HttpRequest, no: str) -> HttpResponse:
    """Someone confirms in a role of the case."""
    account = acting(request)
    role = request.POST.get("role", "")
    if role not in set(RoleInCase):
        raise BadInput("没有这种签办角色", remedy="请从页面上的按钮办理")
    actions.sign(_case(account, no), RoleInCase(role), by=account, at=timezone.now(), seen=_seen(request))
    return redirect("casework:case", no=no)


def new_card(request: HttpRequest, no: str) -> HttpResponse:
    """The desk picks the card from stock that the case will issue."""
    account = acting(request)
    found = _case(account, no)
    if not plays(account, Part.DESK):
        raise Refused("选新卡由服务网点的经办人或保管人员办理。", code="wrong-role")
    stock = stock_for(found.institution, progress(found).book.card_kind) if found.institution else Card.objects.none()
    if request.method == "POST":
        card = get_object_or_404(stock, sam_no=request.POST.get("card", ""))
        actions.choose_new_card(found, card, by=account, at=timezone.now(), seen=_seen(request))
        return redirect("casework:case", no=no)
    page = Paginator(stock, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"case": found, "page": page, "version": actions.version(found)}
    return render(request, "casework/new_card.html", context)


def step(request: HttpRequest, no: str, place: int) -> HttpResponse:
    """Check answers before a move that cannot be undone, then make it."""
    account = acting(request)
    found = _case(account, no)
    now = progress(found)
    if not 0 <= place < len(now.tasks):
        raise NotYours
    task = now.tasks[place]
    if request.method == "POST":
        actions.act(found, task.step.key, by=account, at=timezone.now(), seen=_seen(request))
        return redirect(reverse("casework:done", kwargs={"no": no}) + f"?step={place}")
    row = rows(now, account)[place]
    context = {"progress": now, "case": found, "task": task, "row": row, "version": actions.version(found)}
    return render(request, "casework/step.html", {**context, **_move_context(task)})


def done(request: HttpRequest, no: str) -> HttpResponse:
    """After an act: the number, what happened, what comes next."""
    account = acting(request)
    now = progress(_case(account, no))
    return render(request, "casework/done.html", {"progress": now, "case": now.case, "moved": _moved(now, request)})


def _case(account: Account, no: str) -> Case:
    return cases_of(account).numbered(no)


def _card(account: Account, sam_no: str) -> Card:
    card = cards_of(account).filter(sam_no=sam_no).first()
    if card is None:
        raise NotYours
    if card.state not in REPORTABLE:
        now = STATES[card.state].label
        raise Refused(f"该卡“{now}”，不能报失；只有在用或未装的卡可以报失。", code="not-reportable")
    return card


def _spares(card: Card) -> QuerySet[Card]:
    """The spares that may stand in for a lost card, where the book in force puts a spare into service."""
    unit = card.institution
    if unit is None or card.state != "in_service":
        return Card.objects.none()
    steps = chosen(card.kind, unit.area_code, timezone.localdate()).procedure(CaseKind.LOSS).steps
    stands_in = any(step.card is CardRole.SPARE for step in steps)
    return spare_cards(unit).exclude(pk=card.pk) if stands_in else Card.objects.none()


def _may_report(account: Account) -> bool:
    return account.role in (Role.CUSTODIAN, Role.OFFICER)


def _require_reporter(account: Account) -> None:
    if not _may_report(account):
        raise Refused("报失由使用单位的保管人或服务网点的经办人办理。", code="wrong-role")


def _seen(request: HttpRequest) -> int | None:
    """The version that the page showed. Raises `BadInput` where it is no number."""
    given = request.POST.get("seen", "")
    if given and not given.isascii():
        raise BadInput("页面数据不完整", remedy="请刷新页面后重试")
    return int(given) if given.isdigit() else None


def _case_context(now: Progress, account: Account) -> dict[str, Any]:
    is_desk = plays(account, Part.DESK) and now.case.is_open
    return {
        "progress": now,
        "case": now.case,
        "rows": rows(now, account),
        "parts": now.case.cards.select_related("card"),
        "is_desk": is_desk,
        "wants_papers": is_desk and bool(wanted_papers(now)),
        "roles": wanted_roles(now, account) if now.case.is_open else [],
        "wants_new_card": is_desk and wants_new_card(now),
        "version": actions.version(now.case),
        "acts": now.case.acts.select_related("account"),
        "shown": shown(now.case),
        "printable": [(form, now.book.form_name(form)) for form in printable(now)],
    }


def _move_context(task: Task) -> dict[str, Any]:
    if not task.step.does:
        return {}
    move = MOVES[task.step.does]
    return {
        "move": move,
        "to_state": move.target,
        "irreversible": STATES[move.target].phase is Phase.END,
    }


def _moved(now: Progress, request: HttpRequest) -> list[CaseStep]:
    """The moves just made: those of one step, or all so far after a report."""
    place = request.GET.get("step", "")
    tasks = [now.tasks[int(place)]] if place.isdecimal() and int(place) < len(now.tasks) else now.tasks
    return [done for task in tasks for done in task.done if done.event]
