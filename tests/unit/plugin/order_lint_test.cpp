// Notes that are read before they are set, with the exact words; and what types say of their notes.
#include "plugin/order_lint.hpp"

#include <string>
#include <vector>

#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;

namespace {

using Kind = NoteUse::Kind;
using Lines = std::vector<std::string>;

/// "1 when 1:5 words" or "1 path words", a line each.
Lines lint(const std::vector<NotesOfInstance>& chain) {
    Lines lines;
    for (const OrderFinding& finding : lint_order(chain)) {
        std::string where = finding.path;
        if (finding.is_condition) {
            where = "when " + std::to_string(finding.within.line) + ':' + std::to_string(finding.within.column);
        }
        lines.push_back(std::to_string(finding.instance) + ' ' + where + ' ' + finding.text);
    }
    return lines;
}

NotesOfInstance sets(const std::string& id, const std::string& note, bool observes = false) {
    return {id, observes, {{Kind::sets, note}}, {}};
}
NotesOfInstance reads(const std::string& note, Kind kind = Kind::reads) {
    return {"reader", false, {{kind, note, "key"}}, {}};
}
NotesOfInstance with_condition(const std::string& when) {
    auto condition = compile_condition(when);
    REQUIRE(condition);
    return {"conditional", false, {}, notes_read_by(*condition)};
}

/// Says which notes it uses, as its settings say.
class SaysNotes final : public Plugin {
public:
    static constexpr Description description{
        .name = "says", .version = "1", .schema = R"({"type": "object", "properties": {"key": {"type": "string"}}})"};

    static void check(const Settings& settings) {
        settings.sets_note("a.b");
        settings.reads_note("c", "key");
        settings.reads_note_at_last("d");
    }
    Decision on_request(Exchange&) override { return Decision::go_on(); }
};

}  // namespace

TEST_CASE("order: notes that are set before they are read are right", "[order]") {
    CHECK(lint({}).empty());
    CHECK(
        lint({sets("auth", "auth.subject"), reads("auth.subject"), with_condition("has(note.auth.subject)")}).empty());
    CHECK(lint({sets("auth", "claim.*"), reads("claim.email"), reads("claim.")}).empty());
    CHECK(lint({reads("auth.subject", Kind::reads_at_last), sets("auth", "auth.subject")}).empty());
    CHECK(lint({sets("watcher", "x", true), sets("auth", "x"), reads("x")}).empty());
}

TEST_CASE("order: what is read too early, or set by nobody", "[order]") {
    CHECK(lint({reads("auth.subject"), sets("auth", "auth.subject")}) ==
          Lines{"0 key reads the note `auth.subject`, which only `auth` sets, but that plugin is not earlier in the "
                "chain"});
    CHECK(lint({sets("auth", "auth.subject"), reads("auth.subjcet")}) ==
          Lines{"1 key reads the note `auth.subjcet`, which no plugin of the chain sets"});
    CHECK(lint({reads("x", Kind::reads_at_last)}) ==
          Lines{"0 key reads the note `x`, which no plugin of the chain sets"});
    CHECK(lint({sets("auth", "claims.*"), reads("claim.email")}).size() == 1);
}

TEST_CASE("order: an instance does not come before itself", "[order]") {
    NotesOfInstance both = with_condition("note.x == \"1\"");
    both.uses = {{Kind::sets, "x"}};
    CHECK(lint({both}) == Lines{"0 when 1:1 reads the note `x`, which only `conditional` sets, but that plugin is not "
                                "earlier in the chain"});
}

TEST_CASE("order: what only observes sets no notes", "[order]") {
    CHECK(lint({sets("auth", "auth.subject", true), reads("auth.subject")}) ==
          Lines{"1 key reads the note `auth.subject`, which only `auth` sets, but that plugin only observes"});
}

TEST_CASE("order: a condition is told with the place in it", "[order]") {
    CHECK(lint({with_condition("visitor.tls\n  && (note.a == \"1\" || has(note[\"b\"]))")}) ==
          Lines{"0 when 2:7 reads the note `a`, which no plugin of the chain sets",
                "0 when 2:28 reads the note `b`, which no plugin of the chain sets"});
}

TEST_CASE("order: a type says in its check which notes it uses", "[order]") {
    const auto prepared = prepare(&library<SaysNotes>, {}, "\nkey: note.c\n", {});
    REQUIRE(prepared);
    const std::vector<NoteUse>& notes = prepared->notes;
    REQUIRE(notes.size() == 3);
    CHECK(notes[0].kind == Kind::sets);
    CHECK(notes[0].name == "a.b");
    CHECK(notes[1].kind == Kind::reads);
    CHECK(notes[1].name == "c");
    CHECK(notes[1].path == "key");
    CHECK(notes[1].place == config::Place{2, 6});
    CHECK(notes[2].kind == Kind::reads_at_last);
}
