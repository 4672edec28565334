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
using LoadedPointer = std::shared_ptr<const LoadedCertificate>;

const auto own_test_time = std::chrono::system_clock::now();

LoadedPointer own_test_certificate(std::vector<std::string> hosts, std::vector<std::string> addresses = {},
                                   std::chrono::hours left = std::chrono::hours(24 * 30)) {
    auto made = std::make_shared<LoadedCertificate>();
    made->hosts = std::move(hosts);
    made->addresses = std::move(addresses);
    made->not_before = own_test_time - std::chrono::hours(24 * 60);
    made->not_after = own_test_time + left;
    made->key_type = 1;
    return made;
}

LoadedPointer served_to(const CertificateSnapshot& snapshot, std::string_view host) {
    const ServedCertificates* found = snapshot.find(host);
    return found != nullptr ? found->front() : nullptr;
}

}  // namespace

TEST_CASE("own certificates give way to all others", "[certificates]") {
    const LoadedPointer operators =
        own_test_certificate({"a.test", "*.wild.test"}, {}, std::chrono::hours(1));  // about to end
    const LoadedPointer ordered = own_test_certificate({"b.test"});
    const LoadedPointer own =
        own_test_certificate({"a.test", "b.test", "c.test", "x.wild.test", "x.y.wild.test"}, {"127.0.0.1"});
    CertificateSnapshot snapshot;
    snapshot.add(operators, Source::operator_files, own_test_time);
    snapshot.add(ordered, Source::ordered, own_test_time);
    snapshot.add(own, Source::own, own_test_time);
    CHECK(served_to(snapshot, "a.test") == operators);
    CHECK(served_to(snapshot, "x.wild.test") == operators);
    CHECK(served_to(snapshot, "b.test") == ordered);
    CHECK(served_to(snapshot, "c.test") == own);
    CHECK(served_to(snapshot, "x.y.wild.test") == own);
    CHECK(served_to(snapshot, "d.test") == nullptr);
    REQUIRE(snapshot.find_nameless("127.0.0.1") != nullptr);
    CHECK(snapshot.find_nameless("127.0.0.1")->front() == own);
    CHECK_FALSE(snapshot.is_covered("c.test", own_test_time));
}

TEST_CASE("an own wildcard serves hosts without a certificate", "[certificates]") {
    const LoadedPointer wildcard = own_test_certificate({"tunnel.test", "*.tunnel.test"});
    const LoadedPointer single = own_test_certificate({"a.b.tunnel.test"});
    CertificateSnapshot snapshot;
    snapshot.add(wildcard, Source::own, own_test_time);
    snapshot.add(single, Source::own, own_test_time);
    CHECK(served_to(snapshot, "tunnel.test") == wildcard);
    CHECK(served_to(snapshot, "a.tunnel.test") == wildcard);
    CHECK(served_to(snapshot, "a.b.tunnel.test") == single);
}
