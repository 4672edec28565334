// What is answered at the metrics address.
#include "admin/scrape.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;

namespace {

Answer get(test::FakeSubject& subject, std::string_view path, std::string_view host = "127.0.0.1:7836",
           std::string_view accept = {}) {
    return answer_to_scraper({"GET", path, {}, host, accept}, subject, true);
}

}  // namespace

TEST_CASE("scrape: numbers come in the format that is asked for") {
    test::FakeSubject subject;
    const Answer plain = get(subject, "/metrics");
    CHECK(plain.status == 200);
    CHECK(plain.type.starts_with("text/plain; version=0.0.4"));
    CHECK(plain.text.ends_with("asked_total 1\n"));
    const Answer open = get(subject, "/metrics", "localhost", "application/openmetrics-text; version=1.0.0");
    CHECK(open.type.starts_with("application/openmetrics-text"));
    CHECK(open.text.ends_with("asked_total 1\n# EOF\n"));
}

TEST_CASE("scrape: it says whether the program lives, and whether it is ready") {
    test::FakeSubject subject;
    CHECK(get(subject, "/healthz").status == 200);
    CHECK(get(subject, "/readyz").status == 200);
    subject.why_not = "The client is not connected.";
    CHECK(get(subject, "/healthz").status == 200);
    CHECK(get(subject, "/readyz").status == 503);
    CHECK(get(subject, "/readyz").text == "The client is not connected.\n");
}

TEST_CASE("scrape: nothing is changed, and nothing else is there") {
    test::FakeSubject subject;
    CHECK(answer_to_scraper({"POST", "/metrics", {}, "127.0.0.1", {}}, subject, true).status == 405);
    CHECK(get(subject, "/v1/status").status == 404);
    CHECK(get(subject, "/").status == 404);
}

TEST_CASE("scrape: a name that leads to this machine reads nothing") {
    test::FakeSubject subject;
    for (const char* const host : {"127.0.0.1", "127.0.0.1:7836", "[::1]:7836", "localhost:7836"}) {
        CHECK(get(subject, "/metrics", host).status == 200);
    }
    for (const char* const host : {"evil.test", "evil.test:7836", "127.0.0.1.evil.test", ""}) {
        CHECK(get(subject, "/metrics", host).status == 403);
    }
    CHECK(answer_to_scraper({"GET", "/metrics", {}, "tunnel.example.com:7836", {}}, subject, false).status == 200);
}
