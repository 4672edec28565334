#include "net/host_name.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"

using namespace ferrotunnel::net;

namespace {

std::string normal(std::string_view name) {
    auto result = normal_host_name(name);
    return result ? *result : std::string("! ") + result.error();
}

std::string pattern(std::string_view text) {
    auto result = normal_host_pattern(text);
    return result ? *result : std::string("! ") + result.error();
}

}  // namespace

TEST_CASE("host names are brought to one form") {
    CHECK(normal("example.com") == "example.com");
    CHECK(normal("EXAMPLE.Com.") == "example.com");
    CHECK(normal("localhost") == "localhost");
    CHECK(normal("xn--bcher-kva.example") == "xn--bcher-kva.example");
    CHECK(normal("my_app.1.example") == "my_app.1.example");
    CHECK(normal("1password.com") == "1password.com");
    CHECK(normal("a--b.example") == "a--b.example");
}

TEST_CASE("what is not a valid host name is refused with the reason") {
    CHECK(normal("") == "! is empty");
    CHECK(normal(".") == "! has an empty label");
    CHECK(normal("..") == "! has an empty label");
    CHECK(normal("a..b") == "! has an empty label");
    CHECK(normal(".a") == "! has an empty label");
    CHECK(normal("a..") == "! has an empty label");
    CHECK(normal("-a.example") == "! has a label that begins or ends with a hyphen");
    CHECK(normal("a-.example") == "! has a label that begins or ends with a hyphen");
    for (std::string_view bad : {"a b", "a/b", "a:80", "a@b", "*.example.com", "a\tb",
                                 "b\xc3\xbc"
                                 "cher.example",
                                 "[::1]", "::1", "a%2eb", "a,b"}) {
        CHECK(normal(bad) == "! has a character that is not valid in a host name");
    }
    CHECK(normal(std::string_view("a\0.example", 10)) == "! has a character that is not valid in a host name");
}

TEST_CASE("an address is not a valid host name") {
    for (std::string_view address : {"192.0.2.1", "192.0.2.1.", "127.1", "1", "example.123", "999.999.999.999"}) {
        CHECK(normal(address) == "! is an address, or ends like one");
    }
    CHECK(normal("1.2.3.4.example") == "1.2.3.4.example");
}

TEST_CASE("labels have 63 bytes at most, and names 253") {
    const std::string label(63, 'a');
    CHECK(normal(label) == label);
    CHECK(normal(label + "a") == "! has a label of more than 63 bytes");

    const std::string name = label + '.' + label + '.' + label + '.' + std::string(61, 'b');
    REQUIRE(name.size() == ferrotunnel::limits::host_name_max);
    CHECK(normal(name) == name);
    CHECK(normal(name + ".") == name);
    CHECK(normal(name + "b") == "! is longer than 253 bytes");
    CHECK(normal(std::string(100'000, 'a')) == "! is longer than 253 bytes");
}

TEST_CASE("patterns may have a star for their first label alone") {
    CHECK(pattern("*.Example.com.") == "*.example.com");
    CHECK(pattern("example.com") == "example.com");
    CHECK(pattern("*.com") == "*.com");
    for (std::string_view bad : {"*", "*a.example", "a*.example", "a.*.example", "*.*.example", "**.example"}) {
        CHECK(pattern(bad) == "! has a character that is not valid in a host name");
    }
    CHECK(pattern("*.") == "! is empty");
    CHECK(pattern("*.192.0.2.1") == "! is an address, or ends like one");

    const std::string rest =
        std::string(62, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' + std::string(60, 'd');
    REQUIRE(rest.size() + 2 == ferrotunnel::limits::host_name_max);
    CHECK(pattern("*." + rest) == "*." + rest);
    CHECK(pattern("*." + rest + "d") == "! is longer than 253 bytes");
}
