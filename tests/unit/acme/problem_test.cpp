#include "acme/problem.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "acme/http.hpp"
#include "acme/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {
namespace {

using Catch::Contains;
using Kind = Problem::Kind;

Problem problem_from(std::uint16_t status, const std::string& body, std::optional<std::chrono::seconds> retry = {}) {
    HttpReply reply;
    reply.status = status;
    reply.body = body;
    reply.retry_after = retry;
    return read_problem(reply);
}

std::string document(const std::string& type, const std::string& detail = "why") {
    return nlohmann::json{{"type", "urn:ietf:params:acme:error:" + type}, {"detail", detail}}.dump();
}

TEST_CASE("kinds of problems", "[acme]") {
    struct Case {
        std::uint16_t status;
        std::string body;
        Kind kind;
    };
    for (const Case& one :
         {Case{400, document("malformed"), Kind::refused}, Case{400, document("invalidProfile"), Kind::refused},
          Case{409, document("alreadyReplaced"), Kind::refused}, Case{403, document("caa"), Kind::refused},
          Case{400, document("accountDoesNotExist"), Kind::account},
          Case{403, document("externalAccountRequired"), Kind::account},
          Case{403, document("unauthorized"), Kind::account}, Case{400, document("connection"), Kind::validation},
          Case{429, document("rateLimited"), Kind::limited}, Case{503, document("rateLimited"), Kind::limited},
          Case{429, "<html>", Kind::limited}, Case{429, document("malformed"), Kind::limited},
          Case{500, document("serverInternal"), Kind::unreachable}, Case{503, document("malformed"), Kind::unreachable},
          Case{502, "<html>", Kind::unreachable}, Case{404, "", Kind::unreachable},
          Case{403, R"({"type":7,"detail":[]})", Kind::unreachable}, Case{302, "", Kind::unreachable},
          Case{302, document("malformed"), Kind::unreachable}}) {
        INFO(one.status << one.body);
        const Problem problem = problem_from(one.status, one.body);
        CHECK(problem.kind == one.kind);
        CHECK_FALSE(problem.text.empty());
    }
}

TEST_CASE("the text of a problem", "[acme]") {
    CHECK(problem_from(400, document("malformed", "not so")).text == "not so (malformed)");
    CHECK(problem_from(400, document("malformed", "not so")).type == "malformed");
    CHECK(problem_from(400, R"({"type":"about:blank","title":"a title"})").text == "a title");
    CHECK_THAT(problem_from(404, "").text, Contains("404"));
    const nlohmann::json parts{
        {"type", "urn:ietf:params:acme:error:compound"},
        {"detail", "two"},
        {"subproblems",
         {{{"detail", "one of them"}, {"identifier", {{"type", "dns"}, {"value", "a.example.com"}}}},
          {{"detail", "the other"}},
          7}}};
    CHECK(problem_from(400, parts.dump()).text == "two; a.example.com: one of them; the other (compound)");
}

TEST_CASE("no response is a problem", "[acme]") {
    HttpReply reply;
    CHECK(read_problem(reply).text == "no response");
    reply.error = "connection refused";
    CHECK(read_problem(reply).text == "connection refused");
    CHECK(read_problem(reply).kind == Kind::unreachable);
    reply.status = 200;
    reply.error = "too long";
    CHECK(read_problem(reply).text == "too long");
}

TEST_CASE("a redirect is a problem, whatever its document says", "[acme]") {
    HttpReply reply;
    reply.status = 302;
    reply.body = document("malformed", "elsewhere");
    CHECK(read_problem(reply).text == "the CA answered with HTTP status 302, a redirect, which is not followed");
    CHECK(read_problem(reply).type.empty());
    reply.location = "https://a.example.com/\x1b";
    CHECK_THAT(read_problem(reply).text, Contains("a redirect to https://a.example.com/") && !Contains("\x1b"));
}

TEST_CASE("texts of a CA are printable and short", "[acme]") {
    const Problem problem =
        problem_from(400, document(std::string(1'000, 't'), "\x1b[31m\n" + std::string(100'000, 'd')));
    CHECK(problem.text.size() <= limits::text_max);
    CHECK(is_printable(problem.text));
    CHECK(problem.type.size() == limits::type_max);
    std::string exact(limits::text_max - std::string(" (tls)").size(), 'd');
    CHECK(problem_from(400, document("tls", exact)).text == exact + " (tls)");
    CHECK(problem_from(400, document("tls", exact + "e")).text == exact + " (tls)");
}

TEST_CASE("Retry-After is bounded", "[acme]") {
    using std::chrono::hours;
    using std::chrono::seconds;
    CHECK_FALSE(problem_from(429, "").retry_after);
    CHECK_FALSE(problem_from(429, "", seconds(-1)).retry_after);
    CHECK(problem_from(429, "", seconds(0)).retry_after == seconds(0));
    CHECK(problem_from(429, "", hours(24)).retry_after == seconds(limits::retry_after_max));
    CHECK(problem_from(429, "", hours(24) + seconds(1)).retry_after == seconds(limits::retry_after_max));
}

TEST_CASE("names of kinds differ", "[acme]") {
    CHECK(name_of(Kind::unreachable) == "unreachable");
    CHECK(name_of(Kind::limited) == "limited");
    CHECK(name_of(Kind::account) == "account");
    CHECK(name_of(Kind::refused) == "refused");
    CHECK(name_of(Kind::validation) == "validation");
    CHECK(name_of(Kind::wrong_chain) == "wrong_chain");
    CHECK(name_of(Kind::local) == "local");
}

}  // namespace
}  // namespace ferrotunnel::acme
