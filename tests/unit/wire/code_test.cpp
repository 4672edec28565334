#include "wire/code.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace ferrotunnel::wire;

TEST_CASE("every code has a name of its own") {
    std::set<std::string> names;
    for (std::uint16_t code = 0; code <= 25; ++code) {
        names.insert(std::string(name_of(static_cast<Code>(code))));
    }
    CHECK(names.size() == 26);
    CHECK(names.count("unknown") == 0);
    CHECK(name_of(Code::none) == "none");
    CHECK(name_of(Code::connection_reset) == "connection_reset");
    CHECK(name_of(Code::rotated) == "rotated");
}

TEST_CASE("a code of a later version has the name unknown") {
    CHECK(name_of(static_cast<Code>(26)) == "unknown");
    CHECK(name_of(static_cast<Code>(65535)) == "unknown");
}
