#include "issuance/failure_text.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::issuance {
namespace {

using acme::Way;

acme::Problem problem_of(const std::string& type) {
    acme::Problem problem;
    problem.kind = acme::Problem::Kind::validation;
    problem.type = type;
    problem.text = "no";
    return problem;
}

TEST_CASE("a failed connection of the CA names the port, and what this server has found", "[issuance]") {
    const Settings settings;
    CHECK(validation_text(problem_of("connection"), Way::http_01, "a.test", {}, settings) ==
          "no; port 80 has to be reachable from the CA");
    CHECK(
        validation_text(problem_of("connection"), Way::tls_alpn_01, "a.test", {"192.0.2.1 does not respond", {}},
                        settings) ==
        "no; this server could not reach itself by that name, either (192.0.2.1 does not respond); port 443 has to be "
        "reachable from the CA");
    CHECK(validation_text(problem_of("unauthorized"), Way::dns_persist_01, "a.test", {}, settings) ==
          "no; `ferrotunnel acme record a.test` prints the right TXT record");
    CHECK(validation_text(problem_of("connection"), Way::dns_01, "a.test", {"192.0.2.1 does not respond", {}},
                          settings) == "no");
}

TEST_CASE("if DNS does not answer, no port is the reason", "[issuance]") {
    const Settings settings;
    CHECK(validation_text(problem_of("dns"), Way::http_01, "a.test", {{}, "SERVFAIL"}, settings) ==
          "no; this server could not look the name up, either: SERVFAIL");
    CHECK(validation_text(problem_of("dns"), Way::tls_alpn_01, "a.test", {}, settings) ==
          "no; the name servers of the domain have to answer the CA");
}

TEST_CASE("another program on the port is not a name that leads elsewhere", "[issuance]") {
    SelfCheckResult found;
    found.verdict = SelfCheckResult::Verdict::occupied;
    CHECK(explain_wrong_answer(found, 80).text == "another program of this machine listens on port 80");
    CHECK_THAT(explain_wrong_answer(found, 80).remedy, Catch::Contains("ss -ltnp 'sport = :80'"));
    found.verdict = SelfCheckResult::Verdict::elsewhere;
    CHECK(explain_wrong_answer(found, 80).text == "the name leads elsewhere");
}

}  // namespace
}  // namespace ferrotunnel::issuance
