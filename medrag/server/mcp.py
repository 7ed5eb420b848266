"""The tools for agents by the Model Context Protocol: ask, search, document, entity, check_interaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from anyio import to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError, UnexpectedToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError
from starlette.applications import Starlette

from medrag import __version__
from medrag.answer.safety.check import MAX_MEDICINES, check_medication
from medrag.errors import NotFoundError, QuestionError
from medrag.kb.base import KnowledgeBase
from medrag.server.desk import Desk
from medrag.server.errors import ApiError, error_of
from medrag.server.gate import Gate
from medrag.server.keys import LOCAL, Caller, KeyRing, Role
from medrag.server.limits import Limits
from medrag.server.mcp_results import AnswerFound, ChecksFound, DocumentFound, EntityFound, EvidenceFound, answer_text
from medrag.server.metrics import Metrics
from medrag.server.settings import ServerSettings
from medrag.types import Document, Entity, Patient, Question, Record, Section

__all__ = ["PATH", "http_app", "mcp_server"]

PATH = "/mcp"
MAX_TEXT = 20_000  # characters of a document that are given at a time: what an agent's context takes without harm
MAX_NAME = 500
INSTRUCTIONS = (
    "What drug labels and medical graphs say, word for word. `ask` answers a question with citations, and says so where the "
    "knowledge base has nothing: do not fill that from memory. `search` finds passages, `document` reads around them, `entity` "
    "tells what a name means, `check_interaction` looks at medicines taken together. Ask in Chinese or English."
)
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

Who = Callable[[Context[Any, Any]], Caller]
Text = Annotated[str, Field(min_length=1, description="The whole question, with the medicine's name.")]
Named = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Person = Annotated[Patient | None, Field(description="The person it is about, as far as it is known.")]


class _Tools(MCPServer[Any]):
    """A server whose every failure is one sentence for the agent, and nothing of a stack trace."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """What the tool gives, or a `ToolError`."""
        try:
            return await super().call_tool(name, arguments, context)
        except MCPError:
            raise
        except ToolError as error:
            raise ToolError(_sentence(error)) from None


def mcp_server(desk: Desk, *, caller: Caller | None = LOCAL) -> MCPServer[Any]:
    """The tools over an assistant. `caller` is who asks where the transport says nothing of it; None refuses them."""
    server = _Tools("medrag", title="medrag", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")

    def who(context: Context[Any, Any]) -> Caller:
        request = context.request_context.request
        found = caller if request is None else request.state.caller
        if not isinstance(found, Caller) or not found.may(Role.ASK):
            raise ApiError(403, "this needs an API key with the role ask")
        return found

    _add_answers(server, desk, who)
    _add_readings(server, desk, who)
    return server


def http_app(desk: Desk, settings: ServerSettings) -> Starlette:
    """The tools over HTTP at `/mcp`, behind the same gate as the server: keys, origins, sizes, limits."""
    server = mcp_server(desk, caller=None)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,  # no session that another key could go on with
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the gate checks names
    )
    ring = None if settings.keys is None else KeyRing(settings.keys)
    app.add_middleware(Gate, settings=settings, ring=ring, limits=Limits(settings), metrics=Metrics())
    return app


def _add_answers(server: MCPServer[Any], desk: Desk, who: Who) -> None:
    @server.tool(annotations=_READS)
    async def ask(question: Text, ctx: Context[Any, Any], patient: Person = None) -> Annotated[CallToolResult, AnswerFound]:
        """Answers a question about medicines or diseases from the knowledge base, each statement with the words it rests on."""
        medrag = await to_thread.run_sync(desk.medrag_for, who(ctx))
        answer = await medrag.aask(Question(text=question, patient=patient))  # stops the model where the agent cancels
        return _result(answer_text(answer), AnswerFound.of(answer, disclaimer=desk.assistant.disclaimer))

    @server.tool(annotations=_READS)
    def search(
        question: Text,
        ctx: Context[Any, Any],
        k: Annotated[int, Field(ge=1, le=50, description="How many pieces at most.")] = 10,
        patient: Person = None,
    ) -> Annotated[CallToolResult, EvidenceFound]:
        """Finds the passages and facts that bear on a question, best first, without an answer."""
        medrag = desk.medrag_for(who(ctx))
        return _shown(EvidenceFound.of(medrag.search(Question(text=question, patient=patient), k)))

    @server.tool(annotations=_READS)
    def check_interaction(
        medicines: Annotated[
            list[str],
            Field(min_length=1, max_length=MAX_MEDICINES, description="Their names, a dose behind one where it is known."),
        ],
        ctx: Context[Any, Any],
        patient: Person = None,
        lang: Annotated[Literal["zh", "en"] | None, Field(description="Of the report; else as the first is written.")] = None,
    ) -> Annotated[CallToolResult, ChecksFound]:
        """Checks medicines against each other and the patient: what labels say against it, worst first, and what nobody says."""
        return _shown(ChecksFound.of(check_medication(medicines, patient, desk.kb_for(who(ctx)), lang=lang)))


def _add_readings(server: MCPServer[Any], desk: Desk, who: Who) -> None:
    @server.tool(annotations=_READS)
    def document(
        key: Annotated[Named, Field(description="The document's key, as citations have it.")],
        ctx: Context[Any, Any],
        source: Annotated[str | None, Field(description="Its source, where several have the key.")] = None,
        version: Annotated[int | None, Field(description="An earlier version; else the current one.")] = None,
        section: Annotated[
            str, Field(description="A section alone: its number, heading, LOINC code, or a group such as contraindications.")
        ] = "",
        start: Annotated[int, Field(ge=0, description="The character to begin at.")] = 0,
    ) -> Annotated[CallToolResult, DocumentFound]:
        """Reads a document word for word, whole or a section of it, 20,000 characters at a time."""
        found = desk.kb_for(who(ctx)).document(key, source=source, version=version)
        first, last = _span(found, section)
        if start > last:
            raise QuestionError(f"start={start:,} lies behind the end, {last:,}")
        return _shown(DocumentFound.of(found, max(first, start), last, most=MAX_TEXT))

    @server.tool(annotations=_READS)
    def entity(
        name: Annotated[Named, Field(description="A name, or an id such as `substance:布洛芬`.")], ctx: Context[Any, Any]
    ) -> Annotated[CallToolResult, EntityFound]:
        """Tells what a medicine, disease, symptom or other thing is known by, what is stated of it, and the documents about it."""
        kb = desk.kb_for(who(ctx))
        found = _entities(name, kb)
        if not found:
            near = ", ".join(term.entity.name for term in kb.normalise(name, k=5))
            raise NotFoundError(f"nothing is known by the name {name!r}{f'; near to it: {near}' if near else ''}")
        return _shown(EntityFound.of(found[0], found[1:], kb))

    @server.resource("medrag://documents/{source}/{key}", name="document", mime_type="text/plain")
    def document_text(source: str, key: str, ctx: Context[Any, Any]) -> str:
        """A document's whole text, its source and key written as in an address (percent-encoded)."""
        try:
            return desk.kb_for(who(ctx)).document(key, source=source).text
        except NotFoundError as error:
            raise ResourceNotFoundError(str(error)) from None
        except Exception as error:
            raise ResourceError(error_of(error).message) from None


def _entities(name: str, kb: KnowledgeBase) -> list[Entity]:
    """What a name or id means; where nobody has it so, what it is linked to as a question's words are."""
    linked = (entity for mention in kb.link(name) if mention.end - mention.start == len(name) for entity in mention.entities)
    return kb.entity(name) or list(linked)


def _span(document: Document, wanted: str) -> tuple[int, int]:
    """From where to where the section lies that is wanted; the whole text where none is."""
    if not wanted:
        return 0, len(document.text)
    section = next((s for by in _BY for s in document.sections if by(s, wanted.strip().casefold())), None)
    if section is None:
        have = ", ".join(f"{s.index} {s.heading}".strip() for s in document.sections)
        raise NotFoundError(f"{document.title} has no section {wanted!r}; it has: {have}")
    return section.start, section.end


# How a section may be named, surest first.
_BY: tuple[Callable[[Section, str], bool], ...] = (
    lambda section, wanted: str(section.index) == wanted,
    lambda section, wanted: section.code.casefold() == wanted,
    lambda section, wanted: section.heading.strip("【】").casefold() == wanted.strip("【】"),
    lambda section, wanted: section.group.value == wanted,
    lambda section, wanted: wanted in section.heading.casefold(),
)


def _shown(found: Record) -> CallToolResult:
    return _result(str(found), found)


def _result(text: str, found: Record) -> CallToolResult:
    """A result as text to read and as a record."""
    content = TextContent(type="text", text=text)
    return CallToolResult(content=[content], structured_content=found.model_dump(mode="json"))


def _sentence(error: ToolError) -> str:
    """What the agent is told: of arguments, which is wrong and why; of what nobody foresaw, that it was logged."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        first = cause.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, UnexpectedToolError) and cause is not None:
        return error_of(cause).message
    return str(error if cause is None else cause)
