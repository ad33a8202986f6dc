"""Schools and their safety plans: who is near the child, and whom to call."""

from aiohttp import web

from rooms.errors import InvalidInputError, NotFoundError
from rooms.ids import SchoolId, is_id
from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.people.views import AccountView, SchoolView
from web.admin.contexts import SchoolLine, SchoolsPage
from web.faults import faults_in_words
from web.forms import Form, read_form
from web.i18n import gettext_of
from web.login import begin_as, require_account
from web.redirects import see_other
from web.rendering import render


async def show_schools(request: web.Request) -> web.Response:
    """Answer with the schools and the form that adds one."""
    account = await require_account(request, AccountRole.ADMIN)
    return await schools_page(request, account, Form())


async def show_school(request: web.Request) -> web.Response:
    """Answer with the same page, its form filled with one school."""
    account = await require_account(request, AccountRole.ADMIN)
    async with begin_as(request, account) as uow:
        school = await people.get_school(uow, school_id_of(request))
    return await schools_page(request, account, form_of(school), editing=school.id)


async def schools_page(
    request: web.Request,
    account: AccountView,
    form: Form,
    *,
    editing: str = "",
    status: int = 200,
) -> web.Response:
    """Answer with the page, its form as it was filled in."""
    async with begin_as(request, account) as uow:
        schools = await people.list_schools(uow)
    lines = tuple(SchoolLine(school=school, is_ready=bool(school.phone and school.contact_name)) for school in schools)
    context = SchoolsPage(schools=lines, form=form, zone=account.zone, editing=editing)
    return render(request, "admin/schools.html", context, status=status)


def form_of(school: SchoolView) -> Form:
    """Return a form filled with what is known of a school."""
    known = {
        "name": school.name,
        "zone": school.zone,
        "phone": school.phone or "",
        "contact_name": school.contact_name or "",
        "help_contacts": "\n".join(school.help_contacts),
    }
    return Form(name="school", typed={field: (value,) for field, value in known.items()})


async def add_school(request: web.Request) -> web.StreamResponse:
    """Add a school. The same name, zone and contact once more are a second tap."""
    account = await require_account(request, AccountRole.ADMIN)
    form = await read_form(request, "school")
    typed = typed_school(form)
    try:
        async with begin_as(request, account) as uow:
            known = {(school.name, school.zone, school.contact_name) for school in await people.list_schools(uow)}
            if (typed.name, typed.zone, typed.contact_name) not in known:
                await people.create_school(
                    uow,
                    name=typed.name,
                    zone=typed.zone,
                    phone=typed.phone,
                    contact_name=typed.contact_name,
                    help_contacts=typed.help_contacts,
                )
    except InvalidInputError as error:
        faulty = form.with_faults(faults_in_words(error, gettext_of(request)))
        return await schools_page(request, account, faulty, status=422)
    return see_other("/admin/schools")


async def change_school(request: web.Request) -> web.StreamResponse:
    """Replace what is known of a school."""
    account = await require_account(request, AccountRole.ADMIN)
    form, school_id = await read_form(request, "school"), school_id_of(request)
    typed = typed_school(form)
    try:
        async with begin_as(request, account) as uow:
            await people.change_school(
                uow,
                school_id,
                name=typed.name,
                zone=typed.zone,
                phone=typed.phone,
                contact_name=typed.contact_name,
                help_contacts=typed.help_contacts,
            )
    except InvalidInputError as error:
        faulty = form.with_faults(faults_in_words(error, gettext_of(request)))
        return await schools_page(request, account, faulty, editing=school_id, status=422)
    return see_other(f"/admin/schools#school-{school_id}")


def typed_school(form: Form) -> SchoolView:
    """Return a school as it was typed; what was left out is None."""
    return SchoolView(
        id=SchoolId(""),
        name=form.text("name"),
        zone=form.text("zone"),
        phone=form.text("phone") or None,
        contact_name=form.text("contact_name") or None,
        help_contacts=tuple(line.strip() for line in form.text("help_contacts").splitlines() if line.strip()),
    )


def school_id_of(request: web.Request) -> SchoolId:
    """Return the school that the address names. Raises ``NotFoundError`` for what can not be an id."""
    text = request.match_info["id"]
    if not is_id(text):
        raise NotFoundError
    return SchoolId(text)


def add_routes(app: web.Application) -> None:
    """Add the page of schools."""
    app.router.add_get("/admin/schools", show_schools)
    app.router.add_post("/admin/schools", add_school)
    app.router.add_get("/admin/schools/{id}", show_school)
    app.router.add_post("/admin/schools/{id}", change_school)
