#include "fetch/configured_url.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace ferrotunnel::fetch {
namespace {

std::string fault_of_url(std::string_view url) {
    const auto parts = read_configured_url(url);
    return parts ? std::string() : std::string(parts.error());
}

TEST_CASE("a URL of a configuration may name a Unix socket, and a path of its server", "[fetch]") {
    const auto root = read_configured_url("unix:/run/a:b@c.sock");
    REQUIRE(root);
    CHECK(root->socket == "/run/a:b@c.sock");
    CHECK(root->path == "/");
    CHECK(root->authority == "localhost");
    CHECK(root->at == net::HostPort{});
    CHECK_FALSE(root->is_https);

    const auto path = read_configured_url("unix:/run/app.sock:/hook/x:/y?a=http://b/#c");
    REQUIRE(path);
    CHECK(path->socket == "/run/app.sock");
    CHECK(path->path == "/hook/x:/y?a=http://b/");

    const auto docker = read_configured_url("unix:///run/app.sock");  // the same file
    REQUIRE(docker);
    CHECK(docker->socket == "///run/app.sock");

    const auto other = read_configured_url("https://unix/run");
    REQUIRE(other);
    CHECK(other->socket.empty());
    CHECK(other->at == net::HostPort{"unix", 443});
    CHECK(read_configured_url("http://unix:80/")->at == net::HostPort{"unix", 80});
}

TEST_CASE("a Unix socket that cannot be used is refused with the reason", "[fetch]") {
    for (const char* const wrong : {"unix:", "unix:app.sock", "unix:./app.sock", "unix:@app", "unix::/path"}) {
        INFO(wrong);
        CHECK(fault_of_url(wrong) == "is not a unix socket; expected its absolute path, like unix:/run/app.sock");
    }
    CHECK(fault_of_url("unix:/" + std::string(106, 'x')).empty());
    CHECK(fault_of_url("unix:/" + std::string(107, 'x')) == "has a path of more than 107 bytes");
    CHECK(fault_of_url("unix:/run/a\nb") == "has control characters");
    CHECK(fault_of_url("unix:/run/a.sock?b") ==
          "has a query without a path; expected one like unix:/run/app.sock:/?key=value");
    CHECK(fault_of_url("unix:/run/a.sock:/b c") == "has a character that is not allowed in a URL");
    for (const char* const foreign : {"http://unix:/run/app.sock:/hook", "http+unix://%2Frun%2Fapp.sock/hook"}) {
        INFO(foreign);
        CHECK(fault_of_url(foreign) ==
              "is not a URL of a Unix socket; expected unix:/run/app.sock or unix:/run/app.sock:/path");
    }
    CHECK(fault_of_url("ftp://a/") == read_url("ftp://a/").error());
}

}  // namespace
}  // namespace ferrotunnel::fetch
