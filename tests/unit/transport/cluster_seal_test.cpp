#include "transport/cluster_seal.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "runtime/system_random.hpp"

namespace ferrotunnel::transport {
namespace {

TEST_CASE("texts are sealed by the cluster's key", "[transport][cluster-seal]") {
    runtime::SystemRandom random;
    const ClusterKey first(random, 1);
    const ClusterKey second(random, 2);
    const ClusterSeal seal({first}, "tests");
    const std::string text = GENERATE(as<std::string>{}, "", "a text", std::string(12 << 10, 'x'));
    const std::string sealed = seal.seal(text, "place");
    CHECK(sealed.size() == text.size() + ClusterSeal::overhead);
    CHECK(ClusterSeal::key_id(sealed) == first.id());
    CHECK(seal.first_id() == first.id());
    CHECK(seal.open(sealed, "place") == text);
    CHECK(seal.seal(text, "place") != sealed);
    CHECK(ClusterSeal({second, first}, "tests").open(sealed, "place") == text);

    CHECK_FALSE(seal.open(sealed, "other place"));
    CHECK_FALSE(seal.open(sealed, ""));
    CHECK_FALSE(ClusterSeal({first}, "others").open(sealed, "place"));
    CHECK_FALSE(ClusterSeal({second}, "tests").open(sealed, "place"));
    CHECK_FALSE(seal.open(sealed.substr(0, sealed.size() - 1), "place"));
    CHECK_FALSE(seal.open(sealed + 'x', "place"));
    CHECK_FALSE(seal.open("", "place"));
    for (std::size_t i = 0; i<sealed.size(); i += sealed.size()> 100 ? 97 : 1) {
        std::string altered = sealed;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        CHECK_FALSE(seal.open(altered, "place"));
    }
}

}  // namespace
}  // namespace ferrotunnel::transport
