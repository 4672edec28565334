#include "audit/verifier.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "audit/limits.hpp"
#include "chain_lib.hpp"

namespace ferrotunnel::audit {
namespace {

Head head_of(const std::string& line) {
    return read_tail(line)->head;
}

bool has_text(const std::vector<std::string>& faults, std::string_view text) {
    return faults.size() == 1 && faults.front().find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a line has its number, its time and the hash of the line before, and is JSON", "[audit]") {
    Head head;
    Record record("login");
    record.add("client", "a \"b\"\n\xe2\x80\xae").add("empty", "").add("connection", std::uint64_t{2}).add("ok", true);
    record.add("keys", std::vector<std::string>{"x", "y"});
    std::string text;
    append_line(text, head, AuditLog::body_of(record.text()));
    CHECK(head.sequence == 1);
    CHECK(head.hash == hash_of(text.substr(0, text.size() - 1)));
    const auto json = nlohmann::json::parse(text);
    CHECK(json.at("seq") == 1);
    CHECK(json.at("time").get<std::string>().ends_with("Z"));
    CHECK(json.at("event") == "login");
    CHECK(json.at("client") == "a \"b\"\n\xe2\x80\xae");
    CHECK(json.at("keys").size() == 2);
    CHECK(!json.contains("empty"));
    CHECK(json.at("prev") == std::string(64, '0'));
    CHECK(text.find("\xe2\x80\xae") == std::string::npos);

    const auto link = read_line(std::string_view(text).substr(0, text.size() - 1));
    REQUIRE(link);
    CHECK(link->before == Head());
    CHECK(link->event() == "login");
}

TEST_CASE("values and lists of a record are bounded", "[audit]") {
    Record record("config");
    record.add("why", std::string(5'000, 'x')).add("keys", std::vector<std::string>(150, "key"));
    const auto json = nlohmann::json::parse('{' + record.text() + '}');
    CHECK(json.at("why").get<std::string>().size() == 512);
    CHECK(json.at("keys").size() == 100);
    CHECK(json.at("keys_left_off") == 50);

    Record longest("config");
    const std::vector<std::string> texts(100, std::string(512, '\xff'));  // each byte is escaped
    longest.add("a", texts).add("b", texts).add("c", texts);
    Head head;
    std::string line;
    append_line(line, head, AuditLog::body_of(longest.text()));
    CHECK(line.size() < tail_bytes / 2);
    CHECK(read_tail(line));
}

TEST_CASE("a text that is not a whole line is no line", "[audit]") {
    const std::string line = chain_of(1).front();
    const std::string_view whole = std::string_view(line).substr(0, line.size() - 1);
    REQUIRE(read_line(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CHECK(!read_line(whole.substr(0, length)));
    }
    for (const char* text :
         {"", "{}", "{\"seq\":0,\"time\":\"", "{\"seq\":", "{\"seq\":99999999999999999999,\"time\":\""}) {
        CHECK(!read_line(text));
    }
}

TEST_CASE("the beginning of a line is recognized", "[audit]") {
    const std::string line = chain_of(1).front();
    for (std::size_t length = 0; length < line.size(); ++length) {
        CHECK(may_begin_line(std::string_view(line).substr(0, length)));
    }
    CHECK(may_begin_line("{\"seq\":17,\"ti"));
    for (const char* text :
         {"a", "{}", "{\"seq\": 1", "{\"seq\":,\"time\":\"", "{\"seq\":1,\"event\"", "{\"seq\":1}"}) {
        CHECK(!may_begin_line(text));
    }
}

TEST_CASE("an unchanged chain is intact, in one file or several", "[audit]") {
    CHECK(faults_in(chain_of(50)).empty());
    const auto lines = chain_of(9);
    Verifier verifier(head_of(lines[4]));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i % 3 == 0) {
            verifier.begin_file("log." + std::to_string(i));
        }
        verifier.add(std::string_view(lines[i]).substr(0, lines[i].size() - 1));
    }
    verifier.finish();
    CHECK(verifier.faults().empty());
    CHECK(verifier.lines() == 9);
    CHECK(*verifier.head() == head_of(lines.back()));
}

TEST_CASE("every kind of tampering is found, with its line", "[audit]") {
    auto lines = chain_of(8);
    SECTION("a changed line") {
        lines[3].replace(lines[3].find("client 3"), 8, "client 7");
        CHECK(has_text(faults_in(lines), "log:4: changed"));
    }
    SECTION("a removed line") {
        lines.erase(lines.begin() + 3);
        CHECK(has_text(faults_in(lines), "log:4: line 4 of the chain is missing before this one"));
    }
    SECTION("removed lines") {
        lines.erase(lines.begin() + 3, lines.begin() + 6);
        CHECK(has_text(faults_in(lines), "log:4: lines 4 to 6 of the chain are missing"));
    }
    SECTION("an inserted line, whatever its number") {
        Head forged = head_of(lines[3]);
        std::string line;
        append_line(line, forged, AuditLog::body_of(Record("login").text()));
        lines.insert(lines.begin() + 4, line);
        CHECK(has_text(faults_in(lines), "log:6: line 5 of the chain follows line 5"));
    }
    SECTION("a line that is repeated") {
        lines.insert(lines.begin() + 4, lines[1]);
        CHECK(!faults_in(lines).empty());
    }
    SECTION("text that is no line") {
        lines.insert(lines.begin() + 4, "hello\n");
        CHECK(has_text(faults_in(lines), "log:5: not a line of an audit log"));
    }
    SECTION("swapped lines") {
        std::swap(lines[3], lines[4]);
        CHECK(faults_in(lines).front().starts_with("log:4: line 4 of the chain is missing"));
    }
    SECTION("a line that was cut") {
        lines[3] = lines[3].substr(0, 40);
        CHECK(!faults_in(lines).empty());
    }
    SECTION("the beginning of the last line") {
        lines.back() = lines.back().substr(0, 40);
        CHECK(has_text(faults_in(lines), "log:8: incomplete line. A killed server leaves one"));
    }
    SECTION("everything, and another chain") {
        const auto other = chain_of(3);
        lines.insert(lines.end(), other.begin(), other.end());
        CHECK(has_text(faults_in(lines), "log:9: another chain begins here, after line 8"));
    }
    SECTION("all lines") {
        CHECK(has_text(faults_in({}), "no audit log lines found"));
    }
}

TEST_CASE("what was removed from the end, or written again, is found by a known line", "[audit]") {
    auto lines = chain_of(8);
    const Head known = head_of(lines[6]);
    CHECK(faults_in(lines, known).empty());
    lines.resize(5);
    CHECK(faults_in(lines).empty());
    CHECK(has_text(faults_in(lines, known), "log:5: the known line 7 is missing: the log ends before it"));
    const auto more = chain_of(4, head_of(lines.back()));  // written again, with a right chain
    lines.insert(lines.end(), more.begin(), more.end());
    CHECK(faults_in(lines).empty());
    CHECK(has_text(faults_in(lines, known), "log:7: not the known line 7"));
}

TEST_CASE("an incomplete line is accepted exactly if the next line notes it", "[audit]") {
    auto lines = chain_of(3);
    const Head head = head_of(lines.back());
    const std::string fragment = "{\"seq\":4,\"time\":\"20";
    Head next = head;
    std::string noting;
    append_line(noting, next, AuditLog::body_of(torn_record(fragment_of(fragment))));
    lines.push_back(fragment);
    lines.push_back(noting);
    CHECK(faults_in(lines).empty());
    SECTION("another fragment") {
        lines[3] += "x";
    }
    SECTION("none") {
        lines.erase(lines.begin() + 3);
    }
    SECTION("two") {
        lines.insert(lines.begin() + 3, "y");
    }
    CHECK(faults_in(lines).size() == 1);
}

TEST_CASE("the end of a file is read for its last whole line", "[audit]") {
    const auto lines = chain_of(3);
    const std::string text = lines[0] + lines[1] + lines[2];
    const Head head{3, hash_of(std::string_view(lines[2]).substr(0, lines[2].size() - 1))};
    CHECK(read_tail(text)->head == head);
    CHECK(!read_tail(text)->fragment);
    CHECK(read_tail(text + "{\"seq\":4")->fragment == "{\"seq\":4");
    CHECK(!read_tail(text + "{\"seq\":4")->ends_line);
    CHECK(read_tail(text + "a\n\nb\n")->fragment == "a\n\nb");
    CHECK(read_tail(text + "\n")->fragment == "");
    CHECK(read_tail(text.substr(20))->head == head);
    CHECK(!read_tail("hello\n"));
    CHECK(!read_tail(""));
}

TEST_CASE("many faults are reported up to a bound, and counted beyond", "[audit]") {
    Verifier verifier;
    verifier.begin_file("log");
    for (int i = 0; i < 30; ++i) {
        for (const std::string& line : chain_of(1)) {
            verifier.add(std::string_view(line).substr(0, line.size() - 1));
        }
    }
    verifier.finish();
    CHECK(verifier.faults().size() == Verifier::faults_max);
    CHECK(verifier.faults_left_off() == 29 - Verifier::faults_max);
}

}  // namespace ferrotunnel::audit
