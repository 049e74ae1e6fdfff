"""What the reference has: its pages, and on each the public names in the order they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Names = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One public name, by the path that people import it from.

    ``only`` and ``hide`` choose among its members, ``like`` names a class whose members are not
    shown a second time. ``made``: people call the class themselves. ``derived``: they derive from
    it, and its class keywords are shown.
    """

    path: str
    only: Names | None = None
    hide: Names = ()
    like: str | None = None
    made: bool = False
    derived: bool = False

    @property
    def name(self) -> str:
        """The name that people import."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Page:
    """One page of docs/reference. ``guide`` is the page of docs/ that explains the subject."""

    name: str
    title: str
    about: str
    guide: str
    entries: tuple[Entry, ...]
    tree: bool = False  # the list of names shows which derives from which


def _each(module: str, names: str, *, made: bool = False, only: Names | None = None) -> list[Entry]:
    return [Entry(f"{module}.{name}", made=made, only=only) for name in names.split()]


# What a class can do, against what one of its instances can.
_OF_THE_CLASS: Final = (
    "objects", "DoesNotExist", "MultipleObjectsReturned", "ref", "by", "validate", "avalidate",
)  # fmt: skip

# What rooms above ask of a connection, and of a queryset inside the filter of another.
_OF_THE_LIBRARY: Final = ("attached", "check_open", "mapping")

PAGES: Final = (
    Page(
        "connecting",
        "Connecting",
        "One workspace, its transport and what is known of it.",
        "tutorial",
        (
            Entry("attio_orm.connect"),
            Entry("attio_orm.Connection", hide=_OF_THE_LIBRARY),
            Entry("attio_orm.Workers"),
            Entry("attio_orm.Outcome"),
            Entry("attio_orm.DryRun", hide=("add",)),
            Entry("attio_orm.Drift", only=()),
            Entry("attio_orm.limits.Limiter", made=True, only=()),
            Entry("attio_orm.limits.RedisLimiter", made=True, only=("close", "aclose")),
            Entry("attio_orm.limits.RateLimiter"),
            Entry("attio_orm.Pool"),
            Entry("attio_orm.Retry"),
            Entry("attio_orm.Settings", hide=("chosen",)),
            Entry("attio_orm.ConnectionStats"),
            Entry("attio_orm.Health"),
            Entry("attio_orm.telemetry.instrument"),
            Entry("attio_orm.transport.ErrorContext"),
            Entry("attio_orm.transport.Request", only=()),
            Entry("attio_orm.transport.Backend"),
        ),
    ),
    Page(
        "schema",
        "Schema",
        "What a workspace has, and what changes it.",
        "schema",
        (
            Entry(
                "attio_orm.schema.Schema",
                only=(
                    "get",
                    "fetch",
                    "fetch_members",
                    "forget",
                    "save",
                    "load",
                    "objects",
                    "lists",
                    "create_object",
                    "update_object",
                    "delete_object",
                    "create_list",
                    "update_list",
                    "of",
                    "apply",
                ),
            ),
            Entry("attio_orm.schema.ObjectSchema"),
            Entry("attio_orm.schema.AttributeSchema"),
            Entry("attio_orm.SchemaPlan", only=()),
            Entry("attio_orm.SchemaChange"),
            Entry("attio_orm.schema.ModelSchema"),
            Entry("attio_orm.schema.AttributeEditor", hide=("known", "schema")),
            Entry("attio_orm.schema.ChoiceEditor"),
            Entry("attio_orm.schema.Choice"),
        ),
    ),
    Page(
        "models",
        "Models",
        "What you derive from and what ships. What an instance can do is on the page "
        "[Instances and saving](instances.md); the types of attributes are on the page "
        "[Attributes](attributes.md).",
        "models",
        (
            Entry("attio_orm.Model", derived=True, made=True, only=_OF_THE_CLASS),
            *_each("attio_orm", "Person Company Deal User Workspace", only=()),
            Entry(
                "attio_orm.ListEntry",
                derived=True,
                only=("parent", "parent_id", "add", "aadd", "remove", "aremove"),
            ),
            Entry("attio_orm.Activity", derived=True, only=()),
        ),
    ),
    Page(
        "attributes",
        "Attributes",
        "What a model declares: `name: PersonalName`, or `budget: Currency = "
        'Currency("approved_budget")` where the Python name differs from the slug. Each says what '
        "reading it gives, what may be assigned, and which expression it is on the class. "
        "`Several[X]` stands for a `list`, `tuple`, `set` or `frozenset` of X; `M` is the related "
        "model, `L` a `Literal` of titles.",
        "models",
        (
            Entry("attio_orm.attributes.Attribute", made=True, only=()),
            *_each(
                "attio_orm.attributes",
                "Text Number Rating Checkbox Currency Date Timestamp PersonalName EmailAddress "
                "EmailAddresses Domain Domains PhoneNumber PhoneNumbers Location Interaction Actor "
                "Actors Status Select MultiSelect",
                only=(),
            ),
            *_each("attio_orm", "One Maybe Many", only=()),
        ),
    ),
    Page(
        "values",
        "Values",
        "The values of attributes, all immutable. Text is `str`, a number `float`, a rating `int`, "
        "a checkbox `bool`, a date `date`, a timestamp an aware `datetime` in UTC; an attribute "
        "with several values reads as a list without repeats that notices its own changes.",
        "models",
        tuple(
            _each(
                "attio_orm.values",
                "PersonalName EmailAddress PhoneNumber Domain Option StatusValue Money Location "
                "Actor Interaction Reference ReferenceMatch RawValue ValueMeta format_value",
                made=True,
            )
        ),
    ),
    Page(
        "querysets",
        "Querysets",
        "How records are found. `M` is the model. A method with an `a`-twin sends requests when it "
        "is called; the others give a new queryset, or describe one. Sending raises what is listed "
        "under [Errors](errors.md). A name that does not exist raises "
        "[`UnknownAttributeError`](errors.md#unknownattributeerror), a lookup that Attio does not "
        "have for the attribute's type [`UnsupportedLookup`](errors.md#unsupportedlookup), a value "
        "of the wrong type [`ValidationError`](errors.md#validationerror): all before any request.",
        "querying",
        (
            Entry("attio_orm.QuerySet"),
            Entry("attio_orm.Manager", like="attio_orm.QuerySet"),
            Entry("attio_orm.search"),
            Entry("attio_orm.Include", made=True),
            Entry("attio_orm.FetchMode"),
            Entry("attio_orm.schema.View"),
            Entry("attio_orm.Stream"),
            Entry("attio_orm.Page"),
            Entry("attio_orm.Plan"),
            Entry("attio_orm.PlannedRequest"),
        ),
    ),
    Page(
        "periods",
        "Periods",
        "Days of the calendar and moments before now, for conditions: "
        "`created_at__range=Period.last_quarter()`.",
        "history",
        (
            Entry("attio_orm.periods.ago"),
            Entry("attio_orm.periods.Period", hide=("stretch",), made=True),
        ),
    ),
    Page(
        "conditions",
        "Conditions and orders",
        "What `filter()`, `exclude()` and `order_by()` take beside keywords. On the class an "
        'attribute is an expression: `Person.job_title.contains("VP")` equals '
        '`Q(job_title__contains="VP")`. `==` and `!=` compare every expression, `<`, `<=`, `>` '
        "and `>=` the ordered ones.",
        "querying",
        (
            Entry("attio_orm.Q", made=True),
            Entry("attio_orm.through"),
            Entry("attio_orm.expressions.Order", made=True),
            *_each(
                "attio_orm.expressions",
                "Expr MatchedExpr OrderedExpr CalendarExpr MomentExpr TextExpr NumberExpr "
                "CurrencyExpr DateExpr TimestampExpr CheckboxExpr NameExpr EmailExpr DomainExpr "
                "PhoneExpr LocationExpr SelectExpr StatusExpr ActorExpr IdExpr InteractionExpr",
            ),
        ),
        tree=True,
    ),
    Page(
        "instances",
        "Instances and saving",
        "What one record can do, and what bulk work reports.",
        "saving",
        (
            Entry("attio_orm.Model", hide=_OF_THE_CLASS),
            Entry("attio_orm.RecordEntries"),
            Entry("attio_orm.Change"),
            Entry("attio_orm.Conflict"),
            Entry("attio_orm.HistoricValue"),
            Entry("attio_orm.RecordAsOf", only=()),
            Entry("attio_orm.BulkReport"),
            Entry("attio_orm.BulkItem"),
            Entry("attio_orm.Progress"),
        ),
    ),
    Page(
        "resources",
        "Resources",
        "What is no record and has no attributes: notes, tasks and the like. What all of them can "
        "do is that of `Resource`; `R` is the class.",
        "notes-and-tasks",
        (
            Entry("attio_orm.resources.Resource", hide=("objects",)),
            Entry("attio_orm.Note", like="attio_orm.resources.Resource", made=True),
            Entry("attio_orm.Task", like="attio_orm.resources.Resource", made=True),
            Entry("attio_orm.resources.ResourceManager", hide=("model",)),
            Entry("attio_orm.resources.ResourceQuerySet", hide=("model", "query")),
            Entry("attio_orm.resources.Related"),
            Entry("attio_orm.resources.NotesOf", like="attio_orm.resources.Related"),
            Entry("attio_orm.resources.TasksOf", like="attio_orm.resources.Related"),
        ),
    ),
    Page(
        "conversations",
        "Comments, meetings, files",
        "What records have beside attributes: files, threads of comments, meetings and the "
        "recordings of their calls, e-mails; and who the members are. Methods that all resources "
        "have are those of `Resource`, `objects` is a `ResourceManager`.",
        "conversations",
        (
            Entry("attio_orm.File", like="attio_orm.resources.Resource"),
            Entry("attio_orm.resources.Files", like="attio_orm.resources.Related"),
            Entry("attio_orm.Thread", like="attio_orm.resources.Resource"),
            Entry("attio_orm.resources.Threads", like="attio_orm.resources.Related"),
            Entry("attio_orm.resources.Comments"),
            Entry("attio_orm.Comment", like="attio_orm.resources.Resource", made=True),
            Entry("attio_orm.Meeting", like="attio_orm.resources.Resource", made=True),
            Entry("attio_orm.resources.MeetingManager", like="attio_orm.resources.ResourceManager"),
            Entry("attio_orm.resources.MeetingsOf", like="attio_orm.resources.Related"),
            Entry("attio_orm.CallRecording", like="attio_orm.resources.Resource", made=True),
            Entry("attio_orm.resources.Recordings"),
            Entry("attio_orm.Email", like="attio_orm.resources.Resource"),
            Entry("attio_orm.Member", like="attio_orm.resources.Resource"),
            Entry("attio_orm.Webhook", like="attio_orm.resources.Resource", made=True),
            *_each("attio_orm", "Participant Segment", made=True),
            Entry("attio_orm.resources.Correspondent"),
            Entry("attio_orm.Transcript"),
        ),
    ),
    Page(
        "sessions",
        "Sessions",
        "Within one session, one record is one object. "
        "[`Connection.session()`](connecting.md#connectionsession) opens one.",
        "sessions",
        (
            Entry("attio_orm.Session", only=("connection", "expunge", "clear")),
            Entry("attio_orm.web.AttioMiddleware", only=()),
            Entry("attio_orm.web.AttioWSGIMiddleware", only=()),
        ),
    ),
    Page(
        "caching",
        "Caching",
        "What keeps the answers of Attio, for `connect(cache=...)`.",
        "caching",
        (
            Entry("attio_orm.Cache", made=True, only=("clear", "close", "hot", "stats")),
            Entry("attio_orm.cache.CacheStats"),
            Entry("attio_orm.cache.HotAnswer"),
            *_each("attio_orm.cache", "MemoryCache DiskCache RedisCache", made=True, only=()),
            Entry("attio_orm.cache.CacheBackend"),
            Entry("attio_orm.cache.Usage", made=True),
        ),
    ),
    Page(
        "signals",
        "Signals",
        "Connect a receiver with `pre_save.connect(receiver, sender=Person)`. The sender is the "
        "model class, of `request_*` the `Connection`. A receiver takes the sender and the "
        "keywords that the signal names.",
        "signals",
        tuple(
            _each(
                "attio_orm.signals",
                "pre_save post_save pre_delete post_delete post_load pre_bulk post_bulk "
                "request_started request_finished Signal",
                only=(),
            )
        ),
    ),
    Page(
        "errors",
        "Errors",
        "Every exception of the library. All but `SchemaDriftWarning`, "
        "`LazyLoadWarning` and `BlockingCallWarning` derive from `AttioError`; "
        "`APIError` and what derives from it come from an answer of Attio, by its status.",
        "errors",
        (
            *_each(
                "attio_orm",
                "AttioError APIError BadRequestError InvalidRequestError UniquenessConflictError "
                "QueryTooComplexError AuthenticationError ForbiddenError NotFoundError "
                "ConflictError WriteConflictError RateLimitError ServerError TransportError "
                "ConnectionFailedError RequestTimeoutError DeadlineExceededError "
                "InvalidResponseError OutcomeUnknownError DoesNotExist "
                "MultipleObjectsReturned ValidationError ReadOnlyAttributeError "
                "UnknownAttributeError UnsupportedLookup SchemaDriftError SchemaDriftWarning "
                "SchemaChangeError NotSupportedByAttio "
                "StaleRecordError NotLoadedError LazyLoadWarning BlockingCallWarning "
                "NotConnectedError StateMismatchError RefreshNotSupported AsyncReceiverError",
            ),
            Entry("attio_orm.errors.Problem"),
        ),
        tree=True,
    ),
    Page(
        "oauth",
        "OAuth",
        "Apps that members let into their workspace, and what a token may do. "
        "[`Connection.whoami()`](connecting.md#connectionwhoami) and its neighbours tell that of a "
        "connection.",
        "oauth",
        (
            Entry("attio_orm.oauth.OAuthApp", made=True),
            Entry("attio_orm.oauth.Authorization"),
            Entry("attio_orm.oauth.OAuthToken", made=True),
            Entry("attio_orm.oauth.Identity", hide=("check_active",)),
            Entry("attio_orm.oauth.Scope", only=()),
            Entry("attio_orm.oauth.TokenStore"),
            Entry("attio_orm.oauth.MemoryTokens", like="attio_orm.oauth.TokenStore"),
            Entry("attio_orm.oauth.FileTokens", made=True, like="attio_orm.oauth.TokenStore"),
            Entry("attio_orm.oauth.RedisTokens", made=True, like="attio_orm.oauth.TokenStore"),
            Entry("attio_orm.oauth.TokenProvider", only=()),
        ),
    ),
    Page(
        "testing",
        "Testing",
        "What the pytest plugin brings. `attio_sandbox`, `attio_server` and `assert_num_requests` "
        "are fixtures: a test that takes an argument of that name gets it. The context managers "
        "`sandbox()`, `serve()` and `assert_num_requests()` are for any test framework.",
        "testing",
        (
            Entry("attio_orm.testing.assert_num_requests"),
            Entry("attio_orm.testing.attio_live"),
            Entry("attio_orm.testing.attio_sandbox"),
            Entry("attio_orm.testing.attio_server"),
            Entry("attio_orm.testing.leftovers"),
            Entry("attio_orm.testing.Leftover"),
            Entry("attio_orm.testing.live"),
            Entry("attio_orm.testing.LiveWorkspace", hide=("delete_all", "watch")),
            Entry("attio_orm.testing.sandbox"),
            Entry("attio_orm.testing.serve"),
        ),
    ),
    Page(
        "sandbox",
        "The sandbox",
        'The handle of a workspace in this process: `connection.sandbox` after `connect("sandbox://")`'
        ", and what the fixture `attio_sandbox` gives.",
        "testing",
        (
            Entry("attio_orm.testing.SandboxHandle", hide=("address", "attach", "backend")),
            Entry("attio_orm.testing.ServedSandbox", like="attio_orm.testing.SandboxHandle"),
            Entry("attio_sandbox.Clock", hide=("watch",)),
            Entry("attio_sandbox.Workspace", only=()),
            Entry("attio_sandbox.Settings"),
            Entry("attio_sandbox.SetUp", hide=("add_up",)),
            Entry("attio_sandbox.Faults", only=("fail_next", "fail", "reply_next", "heal")),
            Entry("attio_sandbox.Access", only=("add_token", "revoke_token", "add_app")),
            Entry(
                "attio_sandbox.Deliveries",
                only=("deliveries", "allow_http_targets", "receive", "settle"),
            ),
            Entry("attio_sandbox.Recorded"),
            Entry("attio_sandbox.WebhookDelivery"),
            Entry("attio_sandbox.SeedFile", only=()),
            Entry("attio_sandbox.Planted"),
            Entry("attio_sandbox.SeedError", only=()),
            Entry("attio_sandbox.SnapshotError", only=()),
        ),
    ),
)

# The page of connection.api, which is made from the verbs of its resources.
API: Final = Page(
    "api",
    "API resources",
    "Attio's operations as of October 2026, as `connection.api.<resource>.<verb>()`. A verb gives "
    "the decoded `data`; those that page with a cursor give `(items, next_cursor)`. What a write "
    "sends in `data` is given as one mapping, as keywords, or both. Each may raise "
    "[`APIError`](errors.md#apierror) and [`TransportError`](errors.md#transporterror) or what "
    "derives from them, and has an `a`-twin: `await connection.api.records.aget(...)`.",
    "limitations",
    (),
)

# Modules of which every public name has to be on a page, but these.
COMPLETE: Final[Mapping[str, frozenset[str]]] = {
    "attio_orm": frozenset({"UNSET"}),  # what signatures say of a keyword that was not given
    "attio_orm.values": frozenset(
        {
            "TrackedList",  # a list, and described as one
            "ValueList",  # the same, as type checkers see it
        }
    ),
    "attio_orm.signals": frozenset(),
    "attio_orm.oauth": frozenset(),
    "attio_orm.cache": frozenset({"Cache"}),  # shown as attio_orm.Cache
    "attio_orm.testing": frozenset(),
    "attio_orm.schema": frozenset({"Kind", "Member"}),
}

# Members that are there for the library itself, whatever class has them.
INTERNAL: Final = frozenset({"from_wire", "identity", "wire"})
