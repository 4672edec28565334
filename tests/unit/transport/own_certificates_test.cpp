// Certificates by the server's own CA among others: they are only for names that nothing else covers.
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "transport/certificate_snapshot.hpp"

using namespace ferrotunnel::transport;

namespace {

using Source = CertificateSnapshot::Source;
using Loaded = std::shared_ptr<const LoadedCertificate>;

const auto at = std::chrono::system_clock::now();

Loaded certificate_of(std::vector<std::string> hosts, std::vector<std::string> addresses = {},
                      std::chrono::hours left = std::chrono::hours(24 * 30)) {
    auto made = std::make_shared<LoadedCertificate>();
    made->hosts = std::move(hosts);
    made->addresses = std::move(addresses);
    made->not_before = at - std::chrono::hours(24 * 60);
    made->not_after = at + left;
    made->key_type = 1;
    return made;
}

Loaded served(const CertificateSnapshot& snapshot, std::string_view host) {
    const ServedCertificates* found = snapshot.find(host);
    return found != nullptr ? found->front() : nullptr;
}

}  // namespace

TEST_CASE("own certificates give way to all others", "[certificates]") {
    const Loaded operators = certificate_of({"a.test", "*.wild.test"}, {}, std::chrono::hours(1));  // about to end
    const Loaded ordered = certificate_of({"b.test"});
    const Loaded own = certificate_of({"a.test", "b.test", "c.test", "x.wild.test", "x.y.wild.test"}, {"127.0.0.1"});
    CertificateSnapshot snapshot;
    snapshot.add(operators, Source::operator_files, at);
    snapshot.add(ordered, Source::ordered, at);
    snapshot.add(own, Source::own, at);
    CHECK(served(snapshot, "a.test") == operators);
    CHECK(served(snapshot, "x.wild.test") == operators);
    CHECK(served(snapshot, "b.test") == ordered);
    CHECK(served(snapshot, "c.test") == own);
    CHECK(served(snapshot, "x.y.wild.test") == own);
    CHECK(served(snapshot, "d.test") == nullptr);
    REQUIRE(snapshot.find_nameless("127.0.0.1") != nullptr);
    CHECK(snapshot.find_nameless("127.0.0.1")->front() == own);
    CHECK_FALSE(snapshot.is_covered("c.test", at));
}

TEST_CASE("an own wildcard serves hosts without a certificate", "[certificates]") {
    const Loaded wildcard = certificate_of({"tunnel.test", "*.tunnel.test"});
    const Loaded single = certificate_of({"a.b.tunnel.test"});
    CertificateSnapshot snapshot;
    snapshot.add(wildcard, Source::own, at);
    snapshot.add(single, Source::own, at);
    CHECK(served(snapshot, "tunnel.test") == wildcard);
    CHECK(served(snapshot, "a.tunnel.test") == wildcard);
    CHECK(served(snapshot, "a.b.tunnel.test") == single);
}
