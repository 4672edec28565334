#include "wire/code.hpp"
#include "wire/http2_code.hpp"

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
    CHECK(name_of(static_cast<Code>(27)) == "unknown");
    CHECK(name_of(static_cast<Code>(65535)) == "unknown");
    CHECK(name_of(static_cast<Code>(0xff)) == "unknown");
    CHECK(name_of(static_cast<Code>(0x10e)) == "unknown");
}

TEST_CASE("codes of HTTP/2 pass as codes of RESET") {
    for (std::uint32_t error = 0; error < http2_codes_count; ++error) {
        CHECK(http2_error_of(code_of_http2(error)) == error);
        CHECK(name_of(code_of_http2(error)) == "http2_reset");
    }
    CHECK(http2_error_of(code_of_http2(http2_codes_count)) == http2_internal_error);
    CHECK(http2_error_of(code_of_http2(UINT32_MAX)) == http2_internal_error);
    CHECK_FALSE(http2_error_of(Code::forbidden));
    CHECK_FALSE(http2_error_of(static_cast<Code>(0xff)));
    CHECK_FALSE(http2_error_of(static_cast<Code>(0x10e)));
}
