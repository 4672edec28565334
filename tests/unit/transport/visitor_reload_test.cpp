// Certificates are replaced, all the time, while visitors shake hands: none of them may notice.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "support/load.hpp"
#include "support/seeded_random.hpp"
#include "transport/visitor_tls.hpp"
#include "visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

std::string host_of(std::uint64_t number) {
    return "host" + std::to_string(number) + ".example";
}

// One thread replaces pairs, a key apart from its certificate, and reloads; another shakes hands, until the first has
// gone through all hosts `rounds` times.
void reload_under_visitors(std::uint64_t hosts, std::uint64_t rounds) {
    TemporaryDirectory directory;
    VisitorTlsSettings settings;
    settings.certificates.folders = {directory.path()};
    for (std::uint64_t i = 0; i < hosts; ++i) {
        put_pair(directory.path(), host_of(i),
                 make({.alternative_names = "DNS:" + host_of(i), .common_name = host_of(i)}));
    }
    CertificateReport report;
    auto tls = VisitorTls::make(settings, wall_now(), report);
    REQUIRE(report.problems.empty());
    REQUIRE(report.hosts == hosts);

    std::atomic<bool> done{false};
    std::uint64_t published = 0;
    std::uint64_t kept = 0;
    std::thread writer([&] {
        ferrotunnel::test::SeededRandom random(5);
        TimePoint now{};
        for (std::uint64_t round = 0; round < rounds; ++round) {
            for (std::uint64_t i = 0; i < hosts; ++i) {
                const Made made = make({.alternative_names = "DNS:" + host_of(i), .common_name = host_of(i)});
                put_file(directory.path() / (host_of(i) + ".crt"), certificate_pem(made));
                if (hosts < 100 || i % 50 == 0) {
                    if (auto between = tls->reload_if_changed(wall_now())) {
                        kept += between->errors() ? 1 : 0;
                    }
                }
                put_file(directory.path() / (host_of(i) + ".key"), key_pem(made));
                if (hosts < 100 || i % 50 == 0) {
                    published += tls->reload_if_changed(wall_now()) ? 1 : 0;
                }
                tls->rotate_ticket_keys(now += std::chrono::hours(1));
            }
        }
        done = true;
    });
    ferrotunnel::test::SeededRandom random(9);
    std::uint64_t visits = 0;
    std::uint64_t failed = 0;
    while (!done || visits < 50) {
        const std::string host = host_of(random.below(hosts));
        Visit got = visit(tls, {.name = host, .version = random.chance(50) ? TLS1_2_VERSION : TLS1_3_VERSION});
        failed += got.open && got.common_name == host ? 0 : 1;
        ++visits;
    }
    writer.join();
    INFO(hosts << " hosts, " << visits << " handshakes during " << published << " reloads");
    CHECK(failed == 0);
    CHECK(published > 0);
    CHECK(kept > 0);
    auto last = tls->reload_if_changed(wall_now());
    CHECK((!last || last->problems.empty()));
}

}  // namespace

TEST_CASE("no handshake fails while certificates are reloaded") {
    reload_under_visitors(10, ferrotunnel::test::load(10) + 1);
}

TEST_CASE("no handshake fails while 1,000 certificates are reloaded", "[.full]") {
    reload_under_visitors(1'000, 2);
}
