#include "settings/client.hpp"

#include <stdlib.h>

#include <array>
#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::detail;

namespace {

/// The environment without a word of proxies, before and after.
struct NoWord {
    NoWord() { forget(); }
    ~NoWord() { forget(); }
    static void forget() {
        for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
            ::unsetenv(name);
        }
    }
};

std::string found(const std::string& setting, const net::HostPort& server = {"tunnel.test", 7835}) {
    ClientValues values;
    values.proxy = setting;
    const auto proxy = proxy_of(values, server);
    return !proxy ? proxy.error() : *proxy ? (*proxy)->place.host : "none";
}

}  // namespace

TEST_CASE("the environment's proxy, unless the server is exempt or on this machine") {
    const NoWord before;
    CHECK(ClientValues().proxy == "env");
    CHECK(found("env") == "none");
    ::setenv("ALL_PROXY", "socks5://all.test", 1);
    CHECK(found("env") == "all.test");
    ::setenv("HTTPS_PROXY", "http://https.test", 1);
    CHECK(found("env") == "https.test");
    ::setenv("https_proxy", "", 1);  // as good as not there
    CHECK(found("env") == "https.test");
    CHECK(found("env", {"127.0.0.1", 1}) == "none");
    CHECK(found("env", {"::1", 1}) == "none");
    CHECK(found("env", {"localhost", 1}) == "none");
    CHECK(found("env", {"LocalHost.", 1}) == "none");
    ::setenv("NO_PROXY", "other.test,tunnel.test", 1);
    CHECK(found("env") == "none");
    ::setenv("no_proxy", "other.test", 1);
    CHECK(found("env") == "https.test");
    ::setenv("HTTPS_PROXY", "ftp://hidden", 1);
    CHECK(found("env").starts_with("HTTPS_PROXY in the environment is of a kind that is not supported"));
    CHECK(found("env").find("hidden") == std::string::npos);
}

TEST_CASE("a proxy that is said counts for every server, and `off` is none") {
    const NoWord before;
    ::setenv("HTTPS_PROXY", "http://https.test", 1);
    ::setenv("NO_PROXY", "*", 1);
    CHECK(found("socks5://said.test") == "said.test");
    CHECK(found("socks5://said.test", {"127.0.0.1", 1}) == "said.test");
    CHECK(found("off") == "none");
    CHECK(found("ftp://x").starts_with("is of a kind that is not supported"));
}
