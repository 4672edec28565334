#include "transport/certificate_file.hpp"

#include <catch2/catch.hpp>

#include "made_certificates.hpp"

using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

CertificatePtr copy_of(const Made& made) {
    return CertificatePtr(X509_dup(made.certificate.get()));
}

}  // namespace

TEST_CASE("Equal intermediate certificates are kept once, for as long as somebody has them", "[transport]") {
    const Made one = make({.common_name = "one"});
    const Made other = make({.common_name = "other"});
    ChainCertificates chains;
    auto first = chains.share(copy_of(one));
    auto second = chains.share(copy_of(one));
    const auto third = chains.share(copy_of(other));
    CHECK(first == second);
    CHECK(first != third);
    CHECK(chains.size() == 2);

    first.reset();
    chains.sweep();
    CHECK(chains.size() == 2);
    second.reset();
    chains.sweep();
    CHECK(chains.size() == 1);
    CHECK(chains.share(copy_of(other)) == third);
}
