#include "settings/service.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {
namespace {

Http http(const std::string& host, const std::string& path = {}) {
    Http service(host, ":3000");
    service.path = path;
    return service;
}

const std::string long_label(60, 'a');

}  // namespace

TEST_CASE("a service without a name is called by what it is for", "[settings]") {
    CHECK(default_name(Tcp(2222, ":22")) == "tcp:2222");
    CHECK(default_name(Tcp(0, "[::1]:22")) == "[::1]:22");
    CHECK(default_name(Tcp::private_service("", "127.0.0.1:22")) == "private:127.0.0.1:22");
    CHECK(default_name(Tcp::private_service("", "localhost:22")) == "private:127.0.0.1:22");
    CHECK(default_name(Tcp::private_service("", "localhost.example:22")) == "private:localhost.example:22");
    CHECK(default_name(http("*.example.com", "/api")) == "*.example.com/api");
    CHECK(default_name(http("")) == "http::3000");
    CHECK(default_name(Tls("app.example.com", ":8443")) == "tls:app.example.com");
}

TEST_CASE("a name that had to be cut or changed is a name, and still its own", "[settings]") {
    std::vector<std::string> names;
    for (const char* path : {"~ /v[0-9]+/.*", "~ /v(0-9)+/.*", "= /status", "/~user", "/a%20b", "/a@b", "/api+v1"}) {
        names.push_back(default_name(http("r.example.com", path)));
    }
    names.push_back(default_name(http(long_label + ".example.com")));
    names.push_back(default_name(http(long_label + ".example.net")));
    names.push_back(default_name(http(long_label + ".example.net", "/api")));
    names.push_back(default_name(Tls(long_label + ".example.com", ":8443")));
    names.push_back(default_name(Tcp(0, long_label + ".example.com:22")));
    names.push_back(default_name(Tcp(0, "unix:/run/my app.sock")));
    names.push_back(default_name(Tcp::private_service("", long_label + ".example.com:22")));
    for (const std::string& name : names) {
        INFO(name);
        CHECK(is_name(name));
        CHECK(std::count(names.begin(), names.end(), name) == 1);
    }
    CHECK(names[2] == "r.example.com-/status-221e4e78");
}

TEST_CASE("every host and path that can be registered can stand in a file without a name", "[config]") {
    std::vector<Problem> problems;
    const Config config = Config::try_parse(
        "client:\n"
        "  server: 127.0.0.1\n"
        "  token: a-weak-one-for-this-machine\n"
        "  services:\n"
        "    - {http: r.example.com, path: '~ /v[0-9]+/.*', local: 1}\n"
        "    - {http: r.example.com, path: '= /status', local: 1}\n"
        "    - {http: " +
            long_label + ".example.com, local: 1}\n    - {tls: " + long_label + ".example.com, local: 1}\n",
        "f.yml", problems);
    CHECK(problems.empty());
    Client client = config.client().workers(1).build();
    CHECK(config.offer(client).size() == 4);
}

}  // namespace ferrotunnel::detail
