#include "transport/certificate_watch.hpp"

#include <catch2/catch.hpp>

#include "support/bell.hpp"
#include "visitor_client.hpp"

using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using ferrotunnel::test::Bell;

TEST_CASE("a watch reads what has changed, by its clock and when asked") {
    TemporaryDirectory directory;
    VisitorTlsSettings settings;
    settings.certificates.folders = {directory.path()};
    auto tls = make_visitor_tls(settings);
    for (const bool asked : {false, true}) {
        const ferrotunnel::Duration every =
            asked ? ferrotunnel::Duration(std::chrono::hours(1)) : std::chrono::milliseconds(5);
        Bell bell;
        std::size_t hosts = 0;
        CertificateWatch watch(tls, every, [&](const CertificateReport& report) {
            hosts = report.hosts;
            bell.ring();
        });
        const std::string host = asked ? "asked.example" : "clock.example";
        CHECK(!visit(tls, {.name = host}).open);
        put_file(directory.path() / (host + ".pem"), [&] {
            const Made made = make_for(host);
            return certificate_pem(made) + key_pem(made);
        }());
        if (asked) {
            watch.check_now();
        }
        REQUIRE(bell.wait());
        CHECK(hosts > 0);
        CHECK(visit(tls, {.name = host}).open);
    }
}

TEST_CASE("a watch ends at once") {
    TemporaryDirectory directory;
    VisitorTlsSettings settings;
    settings.certificates.folders = {directory.path()};
    for (int i = 0; i < 50; ++i) {
        CertificateWatch watch(make_visitor_tls(settings), std::chrono::hours(1), [](const CertificateReport&) {});
    }
}
