#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "cli/completion_table.hpp"
#include "cli/roff.hpp"
#include "cli/value_words.hpp"

using namespace ferrotunnel::cli;

namespace {

const CommandInfo& add_word() {
    static const CommandInfo info{"door add", "add a door", "NAME", "", {}, CommandInfo::Kind::ask, ValueKind::service};
    return info;
}

const CommandInfo& door() {
    static const CommandInfo info{
        "door",
        "open a door: it's [new]",
        "[add|check FILE]",
        "",
        {{"Options",
          {{"mode", "on|off", "Mode [of it's door]: a\\b", "", true, 'm'},
           {"tls-ca", "FILE", "", "First sentence (e.g. this one). Second sentence."},
           {"loud", "", "Be loud"}}}},
        CommandInfo::Kind::ask,
        ValueKind::other,
        {add_word},
    };
    return info;
}

const CommandInfo& page() {
    static const CommandInfo info{"page", "print a page", "[COMMAND]", "", {}, CommandInfo::Kind::print};
    return info;
}

std::vector<CommandGroup> groups() {
    return {{"Doors", {&door()}}};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an operand that is a command has the names of all") {
    const auto table = completion_table({{"Doors", {&door(), &page()}}});
    for (const char* const path : {"page", "help"}) {
        const auto found = std::find_if(table.begin(), table.end(),
                                        [path](const CompletedCommand& command) { return command.path == path; });
        REQUIRE(found != table.end());
        CHECK(found->choices.words == std::vector<std::string>{"door", "page"});
    }
    const std::string bash = bash_completion({{"Doors", {&door(), &page()}}});
    CHECK(contains(bash, "words='door page'"));
}

TEST_CASE("words and kinds follow from the name of a value") {
    CHECK(words_of({"tls", "on|off", ""}) == std::vector<std::string>{"on", "off"});
    CHECK(words_of({"bind", "HOST:PORT|default|off", ""}) == std::vector<std::string>{"default", "off"});
    CHECK(words_of({"limit", "N", ""}).empty());
    OptionInfo level{"log-level", "LEVEL", ""};
    level.words = {"warn", "info"};
    CHECK(words_of(level) == std::vector<std::string>{"warn", "info"});
    CHECK(kind_of({"ca", "FILE", ""}) == ValueKind::file);
    CHECK(kind_of({"certificate", "CHAIN[:KEY]", ""}) == ValueKind::file);
    CHECK(kind_of({"client-ca", "HOST=FILE", ""}) == ValueKind::file);
    CHECK(kind_of({"dir", "DIRECTORY", ""}) == ValueKind::folder);
    CHECK(kind_of({"profile", "PROFILE", ""}) == ValueKind::other);
}

TEST_CASE("an operand has words, and values behind them") {
    CHECK(choices_of("[server|client]") == std::vector<OperandChoice>{{"server", ""}, {"client", ""}});
    CHECK(choices_of("list|check FILE") == std::vector<OperandChoice>{{"list", ""}, {"check", "FILE"}});
    CHECK(choices_of("NAME|ID") == std::vector<OperandChoice>{{"", "NAME"}, {"", "ID"}});
    CHECK(choices_of("[FILE]") == std::vector<OperandChoice>{{"", "FILE"}});
    CHECK(choices_of("").empty());
}

TEST_CASE("the table has the words below a command as commands of their own") {
    const std::vector<CompletedCommand> table = completion_table(groups());
    REQUIRE(table.size() == 5);
    CHECK(table[0].path.empty());
    CHECK(table[0].choices.words == std::vector<std::string>{"door", "help"});
    CHECK(table[1].path == "help");
    CHECK(table[2].choices.words == std::vector<std::string>{"add", "check"});
    CHECK(table[3].path == "door add");
    CHECK(table[3].choices.kind == ValueKind::service);
    CHECK(table[4].path == "door check");
    CHECK(table[4].choices.kind == ValueKind::file);
    REQUIRE(table[2].options.size() == 4);
    CHECK(table[2].options[1].text == "First sentence (e.g. this one)");
    CHECK(table[2].options[3].name == "help");
}

TEST_CASE("texts cannot leave their quotes in the scripts") {
    CHECK(contains(bash_completion(groups()), "--mode | -m) words='on off' ;;"));
    CHECK(contains(zsh_completion(groups()),
                   R"('*--mode=[Mode \[of it'\''s door\]: a\\b]:on|off: _ferrotunnel_value '\'''\'' on off')"));
    CHECK(contains(fish_completion(groups()), R"(-l mode -s m -r -a 'on off' -d 'Mode [of it\'s door]: a\\b')"));
    CHECK(contains(fish_completion(groups()), R"(-a door -d 'open a door: it\'s [new]')"));
}

TEST_CASE("roff prints texts as they are") {
    CHECK(roff::escaped("a-b\\c 'd' `e` ~^\"") == "a\\-b\\ec \\(aqd\\(aq \\(gae\\(ga \\(ti\\(ha\\(dq");
    CHECK(roff::as_typed(".x\n\n'y\n") == ".nf\n\\&.x\n.sp\n\\(aqy\n.fi\n");
    CHECK(roff::paragraph(".x is `a b`, (`c`). Next") == "\\&.x is \\fBa\\fR \\fBb\\fR, (\\fBc\\fR).\nNext\n");
    CHECK(roff::paragraph(std::string(60, 'a') + ' ' + std::string(60, 'b')) ==
          std::string(60, 'a') + '\n' + std::string(60, 'b') + '\n');
}
