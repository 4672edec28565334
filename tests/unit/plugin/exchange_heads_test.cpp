// Heads, texts and notes of an exchange as plugins change them, without a run.
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "unit/plugin/run_parts.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;

bool set(ExchangeHeads& heads, std::uint32_t side, const std::string& name, const std::string& value) {
    auto change = FieldLog::make(FieldLog::Kind::set, name, value);
    REQUIRE(change);
    return heads.edit(side, *change, name.size() + value.size());
}

}  // namespace

TEST_CASE("exchange heads: changes are read as the fields, and taken back", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig, "GET /a?b=c", "X-A: 1\r\n");
    ExchangeHeads& heads = parts.heads;
    const ExchangeHeads::Mark before = heads.mark();
    CHECK(heads.path() == "/a");
    CHECK(heads.query() == "?b=c");
    CHECK(heads.field(FT_REQUEST, "x-a", 0) == "1");
    CHECK(set(heads, FT_REQUEST, "X-A", "2"));
    CHECK(heads.set_target("/b", ""));
    CHECK(heads.field(FT_REQUEST, "x-a", 0) == "2");
    CHECK(heads.changes_target());
    CHECK(heads.path() == "/b");
    CHECK(heads.query().empty());

    http::RequestHead restored;
    heads.restore(restored);
    CHECK(restored.target.path == "/b");
    http::Edits edits;
    CHECK(heads.put(FT_REQUEST, edits));
    CHECK(edits.all().size() == 1);

    heads.roll_back(before);
    CHECK(heads.field(FT_REQUEST, "x-a", 0) == "1");
    CHECK_FALSE(heads.changes_target());
    CHECK(heads.path() == "/a");
}

TEST_CASE("exchange heads: the response's fields are there in its phase", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig);
    parts.enter(RunPhase::request);
    CHECK_FALSE(parts.heads.field(FT_RESPONSE, "X-B", 0));
    parts.respond("X-B: 1\r\n");
    CHECK(parts.heads.field(FT_RESPONSE, "X-B", 0) == "1");
    CHECK(set(parts.heads, FT_RESPONSE, "X-B", "2"));
    CHECK(parts.heads.field(FT_RESPONSE, "X-B", 0) == "2");
    parts.heads.drop_response_changes();
    CHECK(parts.heads.field(FT_RESPONSE, "X-B", 0) == "1");
}

TEST_CASE("exchange heads: changes are bounded", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig);
    for (std::size_t i = 0; i < limits::plugin_edits_max; ++i) {
        REQUIRE(set(parts.heads, FT_REQUEST, "X-A", "1"));
    }
    CHECK_FALSE(set(parts.heads, FT_REQUEST, "X-A", "1"));
}

TEST_CASE("run texts: all texts of a run have one bound", "[plugin][parts]") {
    RunTexts texts;
    std::string source(limits::plugin_texts_max - 3, 'a');
    const auto kept = texts.keep(source);
    REQUIRE(kept);
    source[0] = 'b';
    CHECK(kept->front() == 'a');
    std::string_view name = "n";
    std::string_view value = "v";
    REQUIRE(texts.has_room(2));
    texts.keep(name, value);
    CHECK(name == "n");
    CHECK(value == "v");
    CHECK(value.data() == name.data() + 1);
    CHECK(texts.keep("") == "");
    CHECK_FALSE(texts.keep("ab"));
    CHECK(texts.keep("a") == "a");
    CHECK_FALSE(texts.has_room(1));
}

TEST_CASE("exchange notes: the last one counts, and a client's is for clients", "[plugin][parts]") {
    const hooks::Notes registered{{"plan", "free"}, {"plan", "paid"}};
    RunTexts texts;
    ExchangeNotes notes(&registered, texts);
    CHECK(notes.find("plan", false) == "paid");
    CHECK(notes.add("plan", "trial", false));
    const std::size_t before = notes.size();
    CHECK(notes.add("plan", "mine", true));
    CHECK(notes.find("plan", true) == "mine");
    CHECK(notes.find("plan", false) == "trial");
    notes.roll_back(before);
    CHECK(notes.find("plan", true) == "trial");
    CHECK_FALSE(notes.find("other", true));
}

TEST_CASE("exchange notes: their number and their texts are bounded", "[plugin][parts]") {
    RunTexts texts;
    ExchangeNotes notes(nullptr, texts);
    CHECK_FALSE(notes.add("long", std::string(limits::plugin_texts_max, 'a'), false));
    CHECK(notes.size() == 0);
    while (notes.size() < limits::plugin_notes_max) {
        REQUIRE_FALSE(notes.is_full());
        REQUIRE(notes.add("a", "b", false));
    }
    CHECK(notes.is_full());
}

}  // namespace ferrotunnel::test
