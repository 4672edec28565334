// How visitors stay with members: hashes of addresses, and the server's cookies.
#include "directory/sticky.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "net/ip_text.hpp"
#include "support/seeded_random.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using ferrotunnel::test::SeededRandom;

namespace {

const ClientId sticky_group{{1, 2, 3}, {4, 5, 6}};
const ClientId other_group{{1, 2, 3}, {4, 5, 7}};

StickyKey sticky_key(std::uint64_t seed) {
    SeededRandom random(seed);
    std::string problem;
    return load_or_make_sticky_key({}, random, problem);
}

}  // namespace

TEST_CASE("an address is the same visitor, and of IPv6 a /64; as bytes and as text", "[groups]") {
    CHECK(address_hash("192.0.2.1") == address_hash(*net::parse_ipv4("192.0.2.1")));
    CHECK(address_hash("192.0.2.1") != address_hash("192.0.2.2"));
    CHECK(address_hash("2001:db8::1") == address_hash(*net::parse_ipv6("2001:db8::ffff:1:2:3")));
    CHECK(address_hash("2001:db8::1") != address_hash("2001:db8:0:1::1"));
    CHECK(address_hash("unknown") == address_hash("unknown"));
    net::Address with_port = *net::parse_ipv4("192.0.2.1");
    with_port.port = 1'234;
    CHECK(address_hash(with_port) == address_hash("192.0.2.1"));
    CHECK(member_hash("a", 0) != member_hash("a", 1));
    CHECK(member_hash("a", 0) != member_hash("b", 0));
}

TEST_CASE("a tag is the group's and the member's alone, and says nobody's name", "[groups]") {
    const StickyKey key = sticky_key(1);
    const std::string tag = key.tag(sticky_group, "laptop", 0);
    CHECK(tag == key.tag(sticky_group, "laptop", 0));
    CHECK(tag.size() == 22);
    CHECK(tag != key.tag(sticky_group, "laptop", 1));
    CHECK(tag != key.tag(sticky_group, "laptop2", 0));
    CHECK(tag != key.tag(other_group, "laptop", 0));
    CHECK(tag != sticky_key(2).tag(sticky_group, "laptop", 0));
    CHECK(key.cookie_name(sticky_group) != key.cookie_name(other_group));
    CHECK(key.cookie_name(sticky_group).starts_with(key.cookie_prefix()));
    CHECK(key.cookie_prefix() != sticky_key(2).cookie_prefix());
    CHECK(key.cookie_prefix().starts_with("ferrotunnel-"));
}

TEST_CASE("the key is kept in the state directory, for its owner alone", "[groups]") {
    const ferrotunnel::test::TemporaryFolder folder;
    const std::filesystem::path directory = std::filesystem::path(folder / "state");
    SeededRandom random(3);
    std::string problem;
    const std::string tag = load_or_make_sticky_key(directory, random, problem).tag(sticky_group, "a", 0);
    CHECK(problem.empty());
    CHECK(load_or_make_sticky_key(directory, random, problem).tag(sticky_group, "a", 0) == tag);
    struct stat facts {};
    REQUIRE(::stat((directory / "sticky-key").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600U);
    CHECK(std::distance(std::filesystem::directory_iterator(directory), {}) == 1);

    SECTION("a damaged one is told, and not replaced") {
        std::ofstream(directory / "sticky-key") << "short";
        const std::string fresh = load_or_make_sticky_key(directory, random, problem).tag(sticky_group, "a", 0);
        CHECK(fresh != tag);
        CHECK(problem.find("is not a key of 32 bytes") != std::string::npos);
        CHECK(std::filesystem::file_size(directory / "sticky-key") == 5);
    }
    SECTION("without a directory it is a new one") {
        CHECK(load_or_make_sticky_key({}, random, problem).tag(sticky_group, "a", 0) != tag);
        CHECK_FALSE(problem.empty());
    }
}

TEST_CASE("the edge's own cookies are taken out of a field, and no others", "[groups]") {
    std::string rest = "old";
    CHECK_FALSE(strip_cookies("a=1; b=2", "ft-", rest));
    CHECK_FALSE(strip_cookies("a=ft-1", "ft-", rest));  // a value
    CHECK(strip_cookies("ft-1=x", "ft-", rest));
    CHECK(rest.empty());
    CHECK(strip_cookies("a=1; ft-1=x; b=2;ft-2=y;; c=\"q;r\"", "ft-", rest));
    CHECK(rest == "a=1; b=2;; c=\"q;r\"");  // to the byte what else there is
    CHECK(strip_cookies("ft-1=x; b=2", "ft-", rest));
    CHECK(rest == "b=2");
    CHECK(cookie_in("a=1; ft-1=x; ft-1=y", "ft-1") == "x");
    CHECK(cookie_in("ft-12=x; ft-1 =y", "ft-1").empty());
    CHECK(cookie_in("", "ft-1").empty());
    CHECK(cookie_in("ft-1=", "ft-1").empty());
}
